#!/bin/sh
# Installs the Debian packages that are missing; does nothing when all are
# there. Usage: packages.sh LIST, one of those of the case below;
# packages.sh deb ARCHITECTURE: to build for that one.
# shellcheck disable=SC2086 # lists of packages are to be split
set -eu

build="gcc libc6-dev make pkg-config libmicrohttpd-dev libjansson-dev
	nettle-dev libconfig-dev libcurl4-openssl-dev
	libhiredis-dev libgnutls28-dev libidn2-dev
	libexpat1-dev"
demo="$build curl openssl"
demo_xmpp="$demo prosody go-sendxmpp"
linters="clang-format clang-tidy cppcheck shellcheck pyflakes3"
lint="$build libcmocka-dev $linters"
check="$demo $linters ca-certificates binutils dpkg-dev mandoc strace nginx
	debootstrap libcmocka-dev valgrind libc6-dbg
	python3-pytest python3-boto3 python3-yaml python3-jsonschema
	python3-requests ceph-mon ceph-osd ceph-common radosgw s3cmd
	python3-swift memcached
	chromium libfaketime ejabberd erlang-dev prosody prosody-modules
	lua-unbound lua-check jabberd2 go-sendxmpp python3-slixmpp
	python3-aiohttp python3-gi gir1.2-soup-3.0 apache2 caddy haproxy
	zsh fish systemd prometheus fail2ban iproute2 podman runc
	podman-compose netavark aardvark-dns redis-server"
bench="$demo libcmocka-dev nginx wrk valgrind libc6-dbg redis-server python3"
bench_sweep="$demo python3-pytest python3-boto3 s3cmd awscli
	ceph-mon ceph-osd ceph-common radosgw"
fuzz="$build clang llvm libclang-rt-dev"
soak="$build iproute2 redis-server python3"
deb="$build build-essential debhelper libcmocka-dev"
sbom="$build binutils python3"

# What builds the package for another architecture: its libraries, and tools.
cross() {
	if ! dpkg --print-foreign-architectures | grep -qx "$1"; then
		echo "As root, please: dpkg --add-architecture $1" >&2
		exit 1
	fi
	wanted="make build-essential debhelper pkg-config
		crossbuild-essential-$1"
	for package in $build; do
		case $package in
		libc6-dev) ;;
		*-dev) wanted="$wanted $package:$1" ;;
		esac
	done
}

case ${1-} in
demo) wanted=$demo ;;
demo-xmpp) wanted=$demo_xmpp ;;
check) wanted=$check ;;
bench) wanted=$bench ;;
bench-sweep) wanted=$bench_sweep ;;
deb)
	wanted=$deb
	if [ -n "${2-}" ] && [ "$2" != "$(dpkg --print-architecture)" ]; then
		cross "$2"
	fi
	;;
sbom) wanted=$sbom ;;
fuzz) wanted=$fuzz ;;
soak) wanted=$soak ;;
lint) wanted=$lint ;;
*)
	echo "usage: $0 demo|demo-xmpp|check|bench|bench-sweep|deb|fuzz|lint|sbom|soak" >&2
	exit 2
	;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "This is neither Debian nor Ubuntu; what is needed here is called"
	echo "there:" $wanted
	exit 0
fi

installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
		grep -qx installed
}

missing=
for package in $wanted; do
	installed "$package" || missing="$missing $package"
done
# Node.js has other sources than Debian, whose packages exclude each other.
if [ "$1" = check ] && ! command -v npm >/dev/null; then
	missing="$missing nodejs npm"
fi
# Not in Ubuntu, and Google has its own package of it.
perhaps=
if [ "$1" = check ] && ! command -v kubectl >/dev/null; then
	perhaps=kubernetes-client
fi
[ -n "$missing$perhaps" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	as_root=sudo
	if ! command -v sudo >/dev/null; then
		echo "As root, please: apt-get install$missing $perhaps" >&2
		exit 1
	fi
fi
echo "Installing Debian packages that are missing:$missing $perhaps"

# No service is started: neither now nor at the next boot.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap '$as_root rm -f $policy' EXIT
	trap 'exit 1' INT TERM HUP
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 755 $policy
fi

apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq \
		-o DPkg::Lock::Timeout=300 -o Acquire::Retries=5 "$@" </dev/null
}

# Whoever has these already may need their services.
ceph_is_ours=yes epmd_is_ours=yes
! installed ceph-base || ceph_is_ours=no
! installed erlang-base || epmd_is_ours=no

apt update || echo "apt-get update failed; trying with the lists as they are"
if [ -n "$perhaps" ] && apt-cache show "$perhaps" >/dev/null 2>&1; then
	missing="$missing $perhaps"
fi
[ -n "$missing" ] || exit 0
apt install -y --no-install-recommends $missing >/dev/null ||
	apt install -y --no-install-recommends --fix-missing $missing
# What starts at boot, as an init script or as a unit, if it is there at all.
disable() {
	for name; do
		if [ -e "/etc/init.d/$name" ] && command -v update-rc.d >/dev/null
		then
			$as_root update-rc.d "$name" disable >/dev/null ||
				echo "$name stays enabled (update-rc.d)"
		fi
	done
	for name; do
		for unit in "$name.service" "$name.socket" "$name.target" \
			"$name.timer"; do
			[ -e "/lib/systemd/system/$unit" ] || continue
			command -v systemctl >/dev/null || continue
			$as_root systemctl disable -q "$unit" ||
				echo "$unit stays enabled (systemctl)"
		done
	done
}

services="nginx ejabberd prosody apache2 caddy haproxy prometheus fail2ban
	redis-server memcached"
for service in $services; do
	case " $missing " in
	*" $service "*) disable $service ;;
	esac
done
case " $missing " in
*" podman "*) disable podman podman-restart podman-auto-update ;;
esac
case " $missing " in
*" jabberd2 "*)
	disable jabberd2 jabberd jabberd-router jabberd-sm jabberd-s2s \
		jabberd-c2s
	;;
esac
if [ $epmd_is_ours = yes ] && installed erlang-base; then
	disable epmd
fi
if [ $ceph_is_ours = yes ] && installed ceph-base; then
	disable radosgw ceph ceph-mon ceph-osd ceph-radosgw ceph-crash
fi
