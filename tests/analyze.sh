#!/bin/sh
# gcc's analyzer over our sources, as TAP. gcc 14 or newer: those before get
# more wrong. Without optimization, after which it takes for unset what has
# moved to registers.
# Usage: CC=… CC_FLAGS=… analyze.sh C_FILE...
# shellcheck disable=SC2086 # lists of words
set -u

# What it gets wrong. Everywhere: it loses sight of memory that is kept in a
# member of what it did not see allocated; the sanitizers of check-asan do not.
wrong=-Wno-analyzer-malloc-leak
if [ "$1" = one ]; then
	case $2 in
	# They open what is to stay open.
	src/main.c | src/conf/parse.c)
		wrong="$wrong -Wno-analyzer-fd-leak"
		;;
	# There are two targets, and read_user gives 1 or 2.
	src/quota/memory.c) wrong="$wrong -Wno-analyzer-out-of-bounds" ;;
	# A span of NULL is empty, and no byte of it is read.
	src/slot/key_reading.c)
		wrong="$wrong -Wno-analyzer-null-dereference"
		;;
	esac
	exec $CC $CC_FLAGS -U_FORTIFY_SOURCE -O0 -fanalyzer -Werror $wrong \
		-fdiagnostics-plain-output -c -o /dev/null "$2"
fi

version=$($CC -dumpversion)
if ! $CC --version | grep -q 'Free Software' || [ "${version%%.*}" -lt 14 ]
then
	echo "ok 1 - the analyzer # SKIP $CC is not gcc 14 or newer"
elif printf '%s\n' "$@" | xargs -n 1 -P 2 "$0" one; then
	echo "ok 1 - the analyzer of gcc $version finds nothing"
else
	echo "not ok 1 - the analyzer of gcc $version finds nothing"
	exit 1
fi
