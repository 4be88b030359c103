#!/bin/sh
# Formatter and linters over our files, as TAP; goes on after a complaint.
# "quick" leaves out clang's analyzer, which takes minutes: gcc's runs instead
# (analyze.sh). It is a part of `make check`, and what these programs say is
# kept clean as Debian 12 has them; of other versions it is not asked there.
# Usage: CC_FLAGS=… lint.sh [quick] C_FILE...
# shellcheck disable=SC2016,SC2086,SC2317 # lists of words; try calls all
set -u
worst=0 number=0 without=

try() {
	number=$((number + 1))
	if "$@"; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		worst=1
	fi
}

if [ "$1" = quick ]; then
	shift
	without='--checks=-clang-analyzer-*'
	if ! grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
		echo "ok 1 - linters # SKIP this is not Debian 12"
		exit 0
	fi
fi
sources=$(printf '%s\n' "$@" | grep '^src/.*\.c$')

# Each has a filter of its own: two at once write into each other's lines.
tidy() {
	! printf '%s\n' $sources | without=$without xargs -n 4 -P 2 sh -c \
		'clang-tidy --quiet $without "$@" -- $CC_FLAGS 2>&1 |
		grep -v "^[0-9]* warnings\? .*generated\.$"' tidy | grep .
}

# What it gets wrong: pointers to both ends of what the assembler includes,
# and an address for a use of what is there.
wrong="--suppress=comparePointers:src/endpoint/openapi.c
	--suppress=comparePointers:src/quota/redis_call.c
	--suppress=ctuuninitvar:src/core/hash.c"

check_flow() {
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -j 2 \
		--enable=warning,performance,portability \
		--suppress=missingIncludeSystem $wrong \
		-Iinclude -Isrc $sources 2>&1
}

# support.py hands on what it imports.
python() {
	! pyflakes3 tests | grep -v 'support\.py:.*imported but unused'
}

try clang-format --dry-run -Werror "$@"
try tidy
try check_flow
try shellcheck .ci/run tests/*.sh tests/*/*.sh deploy/*/*.sh debian/slotd.p*
try python
exit $worst
