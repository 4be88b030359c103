#!/bin/sh
# Packs the source into FOLDER/slotd-VERSION.tar.gz and prints that name: in a
# git checkout what git tracks or would, elsewhere all but what is built. The
# same source makes the same bytes, with the date of debian/changelog or
# SOURCE_DATE_EPOCH.
# Usage: dist.sh FOLDER
set -eu
folder=$1
version=$(sed -n 's/^#define SLOTD_VERSION "\(.*\)"/\1/p' \
	include/slotd/version.h)
name=slotd-$version
date=${SOURCE_DATE_EPOCH:-$(dpkg-parsechangelog -S Timestamp 2>/dev/null ||
	echo 0)}

if [ -e .git ] && command -v git >/dev/null; then
	list="git ls-files -z --cached --others --exclude-standard"
else
	list="find . -path ./deploy/compose/secrets -prune -o -type f -not -path ./build* -not -path ./deploy/compose/.env -not -name *.pyc -print0"
fi
mkdir -p "$folder"
# shellcheck disable=SC2086 # a command and its words
set -f && $list | sed -z 's,^\./,,' | LC_ALL=C sort -z >"$folder/$name.list"
tar --create --file="$folder/$name.tar" --no-recursion --sort=name \
	--mtime="@$date" --owner=0 --group=0 --numeric-owner \
	--mode=go=rX,u+rw --transform="s,^,$name/," \
	--null --files-from="$folder/$name.list"
gzip -nf9 "$folder/$name.tar"
rm "$folder/$name.list"
echo "$folder/$name.tar.gz"
