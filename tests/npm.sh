#!/bin/sh
# Puts the npm packages of FROM's package-lock.json into FOLDER, unless they
# are there. Usage: npm.sh FROM FOLDER
set -u
from=$1 folder=$2

cmp -s "$from/package-lock.json" "$folder/package-lock.json" &&
	[ -e "$folder/ready" ] && exit 0
mkdir -p "$folder"
rm -f "$folder/ready"
cp "$from/package.json" "$from/package-lock.json" "$folder" || exit 1
for try in 1 2 3; do
	npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund \
		--loglevel=error && touch "$folder/ready" && exit 0
	echo "# npm failed, try $try of 3"
	sleep 5
done
exit 1
