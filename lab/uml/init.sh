#!/bin/sh
# The first process inside User-mode Linux. Its root is the host's, read-only (hostfs): it goes over to an overlay whose
# upper layer is in memory, mounts what a machine has, and runs the file `run` of the folder it shares with the host,
# which it finds in /run/host. Ends the machine when that ends.
set -eu
modules=/usr/lib/uml/modules/$(uname -r)

mount -t tmpfs tmpfs /tmp
mkdir /tmp/upper /tmp/work /tmp/root
busybox insmod "$modules/kernel/fs/overlayfs/overlay.ko"
mount -t overlay -o lowerdir=/,upperdir=/tmp/upper,workdir=/tmp/work overlay /tmp/root
cd /tmp/root
mkdir -p .former proc sys dev run
pivot_root . .former
cd /
mount -t proc proc /proc
umount -l /.former
rmdir /.former
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run

# The kernel loads modules itself, when they are first asked for.
mkdir -p /lib/modules
ln -sfn "$modules" "/lib/modules/$(uname -r)"
command -v modprobe >/dev/null || ln -s "$(command -v busybox)" /sbin/modprobe
command -v modprobe >/proc/sys/kernel/modprobe

# This kernel's nf_tables has no family ip: `iptables` is the legacy one here, whichever the host has chosen.
for tool in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -sfn "$(command -v xtables-legacy-multi)" "$(command -v "$tool")"
done

ip link set lo up
mkdir /run/host
mount -t hostfs -o "$PODWIRE_FOLDER" host /run/host
sh /run/host/run || :
# What was written there must be on the host before the machine stops.
umount -l /run/host
sync
busybox poweroff -f
