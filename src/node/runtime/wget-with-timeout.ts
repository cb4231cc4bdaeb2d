/**
 * `wget` for hosts whose busybox ends with a segmentation fault when it is given a timeout (Debian's 1.35 does, on `-T` and on
 * `--timeout`, which Kubernetes' own examples use): takes the option out and keeps the time itself. The applet's limit is on
 * waiting for the network, this one is on the whole.
 */
export const WGET_WITH_TIMEOUT = `#!/bin/sh
seconds=
count=$#
# Each argument is taken from the front and, unless it is of the timeout, put back at the end.
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  count=$((count - 1))
  case $word in
    --) set -- "$@" -- && break ;;
    --timeout=*) seconds=\${word#*=} && continue ;;
    --timeout) seconds=$1 && shift && count=$((count - 1)) && continue ;;
    --*) set -- "$@" "$word" && continue ;;
    -?*) ;;
    *) set -- "$@" "$word" && continue ;;
  esac
  # Letters that stand together; the first that takes a value has the rest of the word, or the next.
  letters=\${word#-}
  before=
  while [ -n "$letters" ]; do
    letter=\${letters%"\${letters#?}"}
    letters=\${letters#?}
    case $letter in
      T)
        [ -n "$letters" ] || { letters=$1 && shift && count=$((count - 1)); }
        seconds=$letters
        letters=
        ;;
      [OoPUtY])
        before=$before$letter$letters
        [ -n "$letters" ] || { set -- "$@" "-$before" && before= && set -- "$@" "$1" && shift && count=$((count - 1)); }
        letters=
        ;;
      *) before=$before$letter ;;
    esac
  done
  [ -z "$before" ] || set -- "$@" "-$before"
done
while [ "$count" -gt 0 ]; do
  set -- "$@" "$1"
  shift
  count=$((count - 1))
done
[ -n "$seconds" ] || exec busybox wget "$@"
# SIGPIPE is the one signal of which the shell says nothing when a program ends by it.
busybox timeout -s PIPE "$seconds" busybox wget "$@"
code=$?
[ "$code" -ne 141 ] || { echo 'wget: download timed out' >&2 && code=1; }
exit "$code"
`;
