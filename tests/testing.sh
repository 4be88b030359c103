#!/bin/sh
# Builds without a warning and runs the unit tests on Debian testing as apt's
# mirror has it now, in a folder that is kept and brought up to date. What
# breaks there is often testing's own, so it is no part of `make check`.
# Usage: testing.sh FOLDER
set -eu
folder=$1

# A mount namespace of its own: what is mounted there goes with it.
# shellcheck disable=SC2016 # the other shell expands it
inside() {
	unshare --mount sh -c 'mount --bind "$0" "$0" &&
		mount -t proc proc "$0/proc" &&
		exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin \
			HOME=/root LC_ALL=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive "$@"' "$folder" "$@"
}

if ! why=$(tests/base.sh testing "$folder"); then
	echo "$why" >&2
	exit 1
fi
rm -rf "$folder/slotd"
mkdir "$folder/slotd"
tar -cf "$folder.tar" --exclude=__pycache__ Makefile src include api doc \
	tests deploy debian
tar -xf "$folder.tar" -C "$folder/slotd"
# A mirror that is behind has what it has.
cat >"$folder/etc/apt/apt.conf.d/90slotd" <<'END'
APT::Sandbox::User "root";
Acquire::Check-Valid-Until "false";
END
inside apt-get -qq -o Acquire::Retries=5 update
inside apt-get -qq -y dist-upgrade >"$folder.log"
inside env --chdir=/slotd tests/packages.sh deb >>"$folder.log"
inside gcc --version | head -n 1
inside make -C /slotd -j2 EXTRA=-Werror all unit-programs >>"$folder.log"
inside make -C /slotd --no-print-directory check-unit
