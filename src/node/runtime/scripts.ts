/**
 * The shell texts that make a container, start a program in it and stay with it. They are constants: every value travels in the
 * environment or as an argument, so no name or text of an object is ever read as shell. They lie in files, so that `ps` on the host
 * shows what runs and not how it was started.
 *
 * A container's mount namespace has two trees. The base (`/`) is read-only and holds the host's `/usr` alone; the
 * container (`/container`) is the overlay its program sees. Whatever runs with full rights runs from the base, which no program
 * of the container can change: its capabilities are dropped first (setpriv), then chroot enters the container, then
 * `env -i` sets the container's own environment (an LD_PRELOAD in it must not reach a privileged tool). A program that
 * breaks out of the chroot finds the base: the host's programs, read-only, and nothing else. The host's own tree is detached.
 */

/**
 * Starts `"$@"` in the container; it is `/start` of the base. Environment: `PODWIRE_CAPABILITIES` for setpriv (empty: keeps all), `PODWIRE_USER`
 * `uid:gid` or empty, `PODWIRE_GROUPS` the user's further groups, `PODWIRE_NO_NEW_PRIVILEGES` non-empty when nothing may add rights, `PODWIRE_DIRECTORY` or empty, `PODWIRE_TTY` non-empty when standard input is a terminal to own,
 * `PODWIRE_ENV_COUNT` and `PODWIRE_ENV_0…` with one `NAME=value` each.
 */
export const START_SCRIPT = `set -eu
i=$PODWIRE_ENV_COUNT
while [ "$i" -gt 0 ]; do
  i=$((i - 1))
  eval "set -- \\"\\$PODWIRE_ENV_$i\\" \\"\\$@\\""
done
set -- env -i \${PODWIRE_DIRECTORY:+"--chdir=$PODWIRE_DIRECTORY"} -- "$@"
set -- chroot \${PODWIRE_USER:+"--userspec=$PODWIRE_USER" "--groups=$PODWIRE_GROUPS"} /container "$@"
[ -z "$PODWIRE_NO_NEW_PRIVILEGES" ] || set -- setpriv --no-new-privs "$@"
[ -z "$PODWIRE_CAPABILITIES" ] || set -- setpriv --bounding-set "$PODWIRE_CAPABILITIES" "$@"
[ -z "$PODWIRE_TTY" ] || set -- setsid --ctty "$@"
exec "$@"
`;

/**
 * The shim: runs `"$@"` (the tools that make the container and its program), writes the code it ended with into the container's
 * directory, and ends with the same. It stays when the daemon dies, and holds at descriptors 5 to 8 the daemon's ends of the pipes
 * (`HELD`), so that the program's output finds no closed pipe: it waits there, as much as a pipe takes, for the next daemon. Whoever
 * reads from the other end of descriptor 9 learns when the shim ends.
 * In braces, so that it is read whole before it runs.
 */
export const SHIM_SCRIPT = `{
  (exec 5<&- 6<&- 7<&- 8<&- 9<&- && exec "$@")
  code=$?
  echo "$code" >"$PODWIRE_TABLES/exit"
  exit "$code"
}
`;

/**
 * Makes the container, then starts its program as PID 1. It runs in new mount, PID, UTS and IPC namespaces. Besides the
 * environment of START_SCRIPT: `PODWIRE_ROOT` the empty directory to mount on, `PODWIRE_TABLES` a directory with the mount
 * tables `base` and `container`, device and inode of mounts that must be what they were in `identities`, and the container's own files in `layer`, `PODWIRE_SKELETON` the files all containers have,
 * `PODWIRE_HOSTNAME`, `PODWIRE_READ_ONLY` the fresh directories of a container that may not write to its root, else empty. Writes a line to descriptor 3 when the container stands. With `PODWIRE_TTY` it then reads from descriptor 4
 * which of the container's terminals is its own, and writes another line when it has it.
 *
 * A subPath is mounted by its path, which a program that runs may have replaced by a link; so it is looked at again when it is mounted, and
 * nothing of the pod runs here before.
 * The files are copied into the upper layer: as lower layers they would lie within the lowest one, `/`, which overlayfs refuses.
 */
export const INIT_SCRIPT = `set -eu
mount -a -T "$PODWIRE_TABLES/base"
mkdir "$PODWIRE_ROOT/old/upper" "$PODWIRE_ROOT/old/work" "$PODWIRE_ROOT/old/put"
cp -a "$PODWIRE_SKELETON/." "$PODWIRE_TABLES/layer/." "$PODWIRE_ROOT/old/upper"
mount -a -T "$PODWIRE_TABLES/container"
while read -r identity target; do
  [ "$(stat -c %d:%i "$PODWIRE_ROOT/container$target")" = "$identity" ] || { echo "what $target was to show has been replaced" >&2; exit 1; }
done <"$PODWIRE_TABLES/identities"
if [ -n "$PODWIRE_READ_ONLY" ]; then
  for directory in "" $PODWIRE_READ_ONLY; do mount -o remount,bind,ro "$PODWIRE_ROOT/container/$directory"; done
fi
printf %s "$PODWIRE_HOSTNAME" >/proc/sys/kernel/hostname
cd "$PODWIRE_ROOT"
pivot_root . old/put
cd /
umount -l /old
echo stands >&3
if [ -n "$PODWIRE_TTY" ]; then
  read -r terminal <&4
  exec 4<&- <>"/container/dev/pts/$terminal" >&0 2>&0
  echo terminal >&3
fi
exec 3>&-
. /start
`;
