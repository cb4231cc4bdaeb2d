#!/bin/sh
# The first process inside User-mode Linux. Its root is the host's, read-only (hostfs): it goes over to an overlay whose
# upper layer is in memory, mounts what a machine has, and runs the file `run` of the folder it shares with the host,
# which it finds in /run/host. Ends the machine when that ends. A process costs 10 ms and more here: there are few.
set -eu

# An ordinary user's guest sees root's files as nobody's: its setuid programs (mount) would become nobody.
suid=suid
if [ ! -O /bin/sh ]; then
  suid=nosuid
  busybox mount -t hostfs -o remount,ro,nosuid root /
fi
# On a folder that every host has, and that the new root gets anew.
mount -t tmpfs tmpfs /sys
mkdir /sys/layer /sys/upper /sys/work /sys/root
mount -t hostfs -o "$PODWIRE_FOLDER/layer" layer /sys/layer
for module in /usr/lib/uml/modules/*/kernel/fs/overlayfs/overlay.ko; do
  busybox insmod "$module" 2>/dev/null && break
done
mount -t overlay -o $suid,lowerdir=/sys/layer:/,upperdir=/sys/upper,workdir=/sys/work overlay /sys/root
cd /sys/root
pivot_root . .
busybox umount -l .
cd /
mount --all --fstab "${0%/*}/fstab"
# Containers have mounts of their own, without nosuid.
[ "$suid" = suid ] || chmod u-s "$(command -v mount)" "$(command -v umount)"
# The kernel loads modules itself, when they are first asked for.
command -v modprobe >/proc/sys/kernel/modprobe
ip link set lo up
mount -t hostfs -o "$PODWIRE_FOLDER" host /run/host
(set +e; . /run/host/run) || :
# What was written there must be on the host before the machine stops.
sync
busybox poweroff -f
