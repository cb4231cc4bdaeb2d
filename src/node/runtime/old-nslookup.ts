/**
 * `nslookup` as busybox had it up to 1.28, as a shell script: it asked the C library, and so honoured the search path and ndots of
 * resolv.conf (`nslookup kubernetes.default` finds the Service), where the applet written anew for 1.29 sends a name with a dot as
 * it stands. Output, stderr and exit code are the old applet's; every value is an argument or a line of getent's.
 */
export const OLD_NSLOOKUP = `#!/bin/sh
# The old applet took a server too: the newer one does that well.
[ $# -eq 1 ] || exec busybox nslookup "$@"

# header, name or address: its addresses, each with its name where it has one
show() {
  addresses=$(getent ahosts "$2" | while read -r address kind _; do [ "$kind" != STREAM ] || echo "$address"; done)
  [ -n "$addresses" ] || return 1
  printf '%-10s %s\\n' "$1" "$2"
  index=0
  for address in $addresses; do
    index=$((index + 1))
    name=$(getent hosts "$address" | while read -r _ name _; do echo "$name"; break; done)
    echo "Address $index: $address\${name:+ $name}"
  done
}

server=$(while read -r word value _; do
  [ "$word" != nameserver ] || { echo "$value"; break; }
done </etc/resolv.conf)
show Server: "$server"
echo
show Name: "$1" && exit
echo "nslookup: can't resolve '$1'" >&2
exit 1
`;
