#!/bin/sh
# Starts User-mode Linux on the host: start.sh FOLDER CPU ARGUMENTS…, behind
#   unshare --mount --pid --net --ipc --uts --fork --kill-child --
# The guest's kernel is a process that traces the guest's programs. When it is killed, they would go on as programs of
# the host's. So they have a pid namespace, which ends with this shell, its first process; and before that they find the
# host's files read-only but for FOLDER, no network, and of root's rights that of reading alone.
set -eu
folder=$1
cpu=$2
shift 2

mount --bind "$folder" "$folder"
while read -r _ _ _ _ target _; do
  # What cannot be made read-only is none of its user's files (a locked mount, one that has just gone).
  mount -o remount,bind,ro "$(printf '%b' "$target")" 2>/dev/null || :
done </proc/self/mountinfo
mount -o remount,bind,rw "$folder"
# The guest's memory: a host's own /dev/shm may be small, or noexec.
mount -t tmpfs -o size=100%,mode=700 tmpfs /dev/shm

unset TMPDIR TMP TEMP
# One CPU: the tracer and the traced take turns, and changing CPUs would make that three times slower. No exec: a first
# process ignores the SIGABRT with which User-mode Linux ends a panic.
setpriv --bounding-set=-all,+dac_read_search --inh-caps=-all taskset --cpu-list "$cpu" linux.uml "$@" || exit
