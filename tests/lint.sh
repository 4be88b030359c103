#!/bin/sh
# Formatter and linters over our files; goes on after a complaint.
# Usage: CC_FLAGS=… lint.sh C_FILE...
# shellcheck disable=SC2016,SC2086,SC2317 # lists of words; try calls all
set -u
worst=0

try() {
	echo "--- $1"
	"$@" || worst=1
}

sources=$(printf '%s\n' "$@" | grep '^src/.*\.c$')

tidy() {
	printf '%s\n' $sources |
		xargs -n 4 -P 2 sh -c 'clang-tidy --quiet "$@" -- $CC_FLAGS' tidy
}

check_flow() {
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -j 2 \
		--enable=warning,performance,portability \
		--suppress=missingIncludeSystem \
		--suppress=comparePointers:src/endpoint/openapi.c \
		--suppress=comparePointers:src/quota/redis_call.c \
		-Iinclude -Isrc $sources
}

# support.py hands on what it imports.
python() {
	! pyflakes3 tests | grep -v 'support\.py:.*imported but unused'
}

try clang-format --dry-run -Werror "$@"
try tidy
try check_flow
try shellcheck .ci/run tests/*.sh tests/*/*.sh debian/slotd.p*
try python
exit $worst
