#!/bin/sh
# Spectral over api/openapi.yaml, as TAP. Its version, and that of all that it
# stands on, is the one in package-lock.json here. Usage: lint.sh FOLDER
set -u
folder=$1
here=$(dirname "$0")
spectral=$folder/node_modules/.bin/spectral

install() {
	mkdir -p "$folder"
	cp "$here/package.json" "$here/package-lock.json" "$folder" || return
	for try in 1 2 3; do
		npm ci --prefix "$folder" --ignore-scripts --no-audit \
			--no-fund --loglevel=error && return
		echo "# npm failed, try $try of 3"
		sleep 5
	done
	return 1
}

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number);
	process.exit(a > 18 || (a === 18 && b >= 18) ? 0 : 1)'; then
	echo "ok 1 - api/openapi.yaml # SKIP it takes Node.js 18.18 or newer"
	exit 0
fi
if ! cmp -s "$here/package-lock.json" "$folder/package-lock.json" ||
	[ ! -x "$spectral" ]; then
	if ! install; then
		rm -f "$folder/package-lock.json"
		echo "not ok 1 - the linter cannot be installed"
		exit 1
	fi
fi
if "$spectral" lint --ruleset "$here/spectral.yaml" --fail-severity hint \
	api/openapi.yaml; then
	echo "ok 1 - api/openapi.yaml passes Spectral"
else
	echo "not ok 1 - api/openapi.yaml passes Spectral"
	exit 1
fi
