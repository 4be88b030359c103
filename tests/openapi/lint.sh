#!/bin/sh
# Spectral over api/openapi.yaml, as TAP. Its version, and that of all that it
# stands on, is the one in package-lock.json here. Usage: lint.sh FOLDER
set -u
folder=$1
here=$(dirname "$0")
spectral=$folder/node_modules/.bin/spectral

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number);
	process.exit(a > 18 || (a === 18 && b >= 18) ? 0 : 1)'; then
	echo "ok 1 - api/openapi.yaml # SKIP it takes Node.js 18.18 or newer"
	exit 0
fi
if ! tests/npm.sh "$here" "$folder"; then
	echo "not ok 1 - the linter cannot be installed"
	exit 1
fi
if "$spectral" lint --ruleset "$here/spectral.yaml" --fail-severity hint \
	api/openapi.yaml; then
	echo "ok 1 - api/openapi.yaml passes Spectral"
else
	echo "not ok 1 - api/openapi.yaml passes Spectral"
	exit 1
fi
