#!/bin/sh
# Builds the Debian package from a source tarball, in FOLDER/deb.
# Usage: build.sh FOLDER
set -eu
tarball=$(tests/dist.sh "$1")
folder=$1/deb
rm -rf "$folder"
mkdir -p "$folder"
tar -xzf "$tarball" -C "$folder"
cd "$folder/$(basename "$tarball" .tar.gz)"
if ! dpkg-buildpackage -b -us -uc >../build.log 2>&1; then
	tail -n 30 ../build.log
	exit 1
fi
cd ..
for package in "$PWD"/*.deb; do
	echo "$package"
done
