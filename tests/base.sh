#!/bin/sh
# Makes a minimal Debian of a release in FOLDER by debootstrap, and keeps it
# for the next time: whoever wants to change it takes a copy. Several may ask
# at once. Exits with 0 when it is there, or says on stdout why it cannot be:
# with 77 when this machine is not made for it, with 1 when it failed.
# Usage: base.sh RELEASE FOLDER
set -u
release=$1 folder=$2

cannot() {
	echo "$1"
	exit 77
}

# shellcheck disable=SC2016 # this is apt's own notation
mirror() {
	apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null |
		sed -n 's/^Debian //p' | grep -v -e -security | head -n 1
}

[ "$(id -u)" -eq 0 ] || cannot "only root can make a Debian in a folder"
command -v debootstrap >/dev/null || cannot "there is no debootstrap"
unshare --mount true 2>/dev/null || cannot "mounting is not allowed"
mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
flock 9
[ -e "$folder/.complete" ] && exit 0
[ -n "$(mirror)" ] || cannot "apt knows no Debian mirror"

for _ in 1 2; do
	rm -rf "$folder"
	mkdir -p "$folder"
	debootstrap --variant=minbase "$release" "$folder" "$(mirror)" \
		>"$folder.log" 2>&1 9>&- || continue
	echo "127.0.0.1 localhost" >"$folder/etc/hosts"
	# No service is started by what is installed there.
	printf '#!/bin/sh\nexit 101\n' >"$folder/usr/sbin/policy-rc.d"
	chmod 755 "$folder/usr/sbin/policy-rc.d"
	rm -f "$folder"/var/cache/apt/archives/*.deb
	touch "$folder/.complete"
	exit 0
done
echo "debootstrap $release failed: $(tail -n 1 "$folder.log")"
exit 1
