#!/bin/sh
# Builds without a warning and runs the unit tests on Debian 13, in a folder
# made by debootstrap and kept for the next time, and its gcc's analyzer; then
# drives that program, with the libraries it was built for, by the end-to-end
# tests from here, and puts it behind the XMPP servers of Debian 13, in the
# folder. Needs root and a machine whose apt knows a Debian mirror; elsewhere
# it is skipped. TAP.
# Usage: debian13.sh FOLDER
# shellcheck disable=SC2086 # lists of packages, and $PYTEST, are to be split
set -u
folder=$1
root=$folder/root net=
packages=gcc,libc6-dev,make,pkg-config,libmicrohttpd-dev,libjansson-dev
packages=$packages,nettle-dev,libconfig-dev,libcurl4-openssl-dev
packages=$packages,libcmocka-dev,libhiredis-dev,libgnutls28-dev,libidn2-dev
packages=$packages,libexpat1-dev
# debootstrap does not know which of these to take first; apt does.
xmpp="prosody prosody-modules lua-unbound lua-check ejabberd erlang-dev"
xmpp="$xmpp jabberd2 go-sendxmpp python3-slixmpp python3-aiohttp python3-pytest"
xmpp="$xmpp python3-requests python3-yaml nginx openssl curl"
xmpp="$xmpp valkey-server"

skip() {
	echo "ok 1 - Debian 13 # SKIP $1"
	exit 0
}

# A mount namespace of its own: what is mounted there goes with it.
# shellcheck disable=SC2016 # the other shell expands it
inside() {
	unshare --mount $net sh -c 'ip link set lo up 2>/dev/null
		mount --bind "$0" "$0" &&
		mount -t proc proc "$0/proc" &&
		exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin \
			HOME=/root LC_ALL=C.UTF-8 "$@"' "$root" "$@"
}

# shellcheck disable=SC2016 # and this is apt's own notation
mirror() {
	apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null |
		sed -n 's/^Debian //p' | grep -v -e -security | head -n 1
}

# No service is started in the folder, and localhost has its address there.
add_xmpp() {
	echo "127.0.0.1 localhost" >"$root/etc/hosts"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	inside DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		--no-install-recommends -o APT::Sandbox::User=root \
		-o Acquire::Retries=5 install $xmpp \
		>"$folder/apt.log" 2>&1 </dev/null && return
	tail -n 5 "$folder/apt.log" | sed 's/^/# /'
	return 1
}

bootstrap() {
	for try in 1 2; do
		rm -rf "$root"
		mkdir -p "$root"
		debootstrap --variant=minbase --include="$packages" trixie \
			"$root" "$(mirror)" >"$folder/debootstrap.log" 2>&1 &&
			add_xmpp && echo "$packages $xmpp" >"$folder/ready" &&
			return
		echo "# debootstrap failed, try $try of 2"
	done
	tail -n 5 "$folder/debootstrap.log" | sed 's/^/# /'
	return 1
}

[ "$(id -u)" -eq 0 ] || skip "only root can make it"
command -v debootstrap >/dev/null || skip "there is no debootstrap"
[ -n "$(mirror)" ] || skip "apt knows no Debian mirror"
mkdir -p "$folder"
# Made for another list of packages it is made anew.
if [ "$(cat "$folder/ready" 2>/dev/null)" != "$packages $xmpp" ]; then
	unshare --mount true 2>/dev/null || skip "mounting is not allowed"
	bootstrap || skip "debootstrap does not work here"
fi

rm -rf "$root/slotd"
mkdir "$root/slotd"
# Python writes its own beside the tests that run meanwhile.
tar -cf "$folder/source.tar" --exclude=__pycache__ Makefile src include api \
	doc tests deploy debian &&
	tar -xf "$folder/source.tar" -C "$root/slotd" || exit 1
if inside make -C /slotd -j2 EXTRA=-Werror all memory-store unit-programs \
	>/dev/null; then
	echo "ok 1 - it builds without a warning on Debian 13"
else
	echo "not ok 1 - it builds without a warning on Debian 13"
	exit 1
fi
inside make -C /slotd --no-print-directory check-unit
worst=$?
inside make -C /slotd --no-print-directory analyze || worst=1

# A network of their own: these do not know which ports those outside have.
! unshare --net ip link set lo up 2>/dev/null || net=--net
# Ceph would be another gigabyte; tests/xmpp says what it left out.
inside SLOTD=/slotd/build/slotd SLOTD_CEPH=no $PYTEST /slotd/tests/xmpp ||
	worst=1

# The one of both that Debian 12 has not.
inside SLOTD=/slotd/build/slotd SLOTD_REDIS=valkey-server $PYTEST \
	/slotd/tests/quota || worst=1

set -- "$root"/lib*/ld-linux-*.so.*
for program in slotd slotd-memory; do
	cat >"$folder/$program" <<END
#!/bin/sh
exec "$1" --library-path "$(echo "$root"/usr/lib/*-linux-gnu)" \\
	"$root/slotd/build/$program" "\$@"
END
	chmod 755 "$folder/$program"
done
SLOTD=$folder/slotd $PYTEST tests/e2e && [ $worst -eq 0 ]
