#!/bin/sh
# Starts systemd as the first process of a machine of its own: this system in
# an overlay, with FILES laid over it, of which nothing stays.
#
#	unshare --mount boot.sh FOLDER FILES
#
# FOLDER is an empty one. Where the kernel does not allow it the status is 77.
set -eu

over=$1 files=$2 step=${3-outside}
root=$over/root

cannot() {
	echo "cannot $*" >&2
	exit 77
}

device() {
	touch "$root/dev/$1"
	mount --bind "/dev/$1" "$root/dev/$1"
}

if [ "$step" = outside ]; then
	mount --make-rprivate / || cannot mount
	mount -t tmpfs tmpfs "$over"
	mkdir "$over/up" "$over/work" "$root" "$over/groups"
	mount -t overlay overlay "$root" \
		-o "lowerdir=/,upperdir=$over/up,workdir=$over/work" ||
		cannot "mount an overlay"
	mount -t cgroup2 cgroup2 "$over/groups" || cannot "mount cgroups"
	group=$over/groups$(sed -n 's/^0:://p' /proc/self/cgroup)/slotd-test-$$
	mkdir "$group" || cannot "make a cgroup"
	status=0
	# shellcheck disable=SC2016 # $$ is the inner one's
	sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" \
		setpriv --pdeathsig KILL \
		unshare --mount --pid --fork --kill-child --uts --ipc \
		--cgroup sh "$0" "$over" "$files" inside || status=$?
	find "$group" -depth -type d -exec rmdir {} +
	exit $status
fi

# None of this machine's services, and no modules for its kernel.
rm -rf "$root/etc/systemd/system"
mkdir "$root/etc/systemd/system"
ln -s /dev/null "$root/etc/systemd/system/modprobe@.service"
: >"$root/etc/fstab"
cp -R "$files/." "$root/"

mount -t proc proc "$root/proc" || cannot "mount /proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys" || cannot "mount /sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for name in run tmp dev; do
	mount -t tmpfs -o mode=755 tmpfs "$root/$name"
done
chmod 1777 "$root/tmp"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for name in null zero full random urandom tty; do
	device $name
done

cd "$root"
mkdir -p before
pivot_root . before
umount -l /before
mount --make-rshared /
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --system --unit=basic.target --show-status=no
