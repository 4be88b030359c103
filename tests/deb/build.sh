#!/bin/sh
# Builds the Debian package from a source tarball, in FOLDER/deb; for another
# architecture with the compiler that Debian has for it, without unit tests.
# Usage: build.sh FOLDER [ARCHITECTURE]
set -eu
tarball=$(tests/dist.sh "$1")
folder=$1/deb arch=${2-}
if [ -n "$arch" ] && [ "$arch" != "$(dpkg --print-architecture)" ]; then
	export DEB_BUILD_OPTIONS="nocheck ${DEB_BUILD_OPTIONS-}"
	set -- "-a$arch" -Pcross,nocheck
else
	set --
fi
rm -rf "$folder"
mkdir -p "$folder"
tar -xzf "$tarball" -C "$folder"
cd "$folder/$(basename "$tarball" .tar.gz)"
if ! dpkg-buildpackage -b -us -uc "$@" >../build.log 2>&1; then
	tail -n 30 ../build.log
	exit 1
fi
cd ..
for package in "$PWD"/*.deb; do
	echo "$package"
done
