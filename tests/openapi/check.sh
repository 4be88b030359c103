#!/bin/sh
# api/openapi.yaml: Spectral over it, as TAP, then the tests of the clients
# that are generated from it. The versions of all that comes from npm are
# those in the package-lock.json files here.
# Usage: check.sh FOLDER PYTEST...
set -u
folder=$1
shift
here=$(dirname "$0")
spectral=$folder/node_modules/.bin/spectral

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number);
	process.exit(a > 18 || (a === 18 && b >= 18) ? 0 : 1)'; then
	echo "ok 1 - api/openapi.yaml # SKIP it takes Node.js 18.18 or newer"
	exit 0
fi
worst=0
if ! tests/npm.sh "$here" "$folder"; then
	echo "not ok 1 - the linter cannot be installed"
	worst=1
elif "$spectral" lint --ruleset "$here/spectral.yaml" --fail-severity hint \
	api/openapi.yaml; then
	echo "ok 1 - api/openapi.yaml passes Spectral"
else
	echo "not ok 1 - api/openapi.yaml passes Spectral"
	worst=1
fi
"$@" || worst=1
exit $worst
