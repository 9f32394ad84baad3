#!/bin/sh
# enter-fresh.sh ROOT SECONDS COMMAND: runs a shell command in an unpacked Debian, with the file
# systems that a booted one has. It is started in a mount and a process namespace of its own, as
# their first process: when it ends, the kernel ends what is left and unmounts all.
set -eu
root=$1 seconds=$2 command=$3

mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/run"
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"

# Not as the last word by `exec`: this shell stays the first process, and buries orphans.
timeout --signal=KILL "$seconds" chroot "$root" env -i HOME=/root \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /bin/sh -c ". /root/machine.sh; cd /root; $command" || exit $?
