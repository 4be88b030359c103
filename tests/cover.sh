#!/bin/sh
# How much of each source the tests have reached, the least first.
# Usage: cover.sh FOLDER
set -eu
cd "$1"
find . -name '*.gcda' ! -path './tests/*' | while read -r data; do
	gcov -n -o "$(dirname "$data")" "$data" 2>/dev/null |
		grep -A 1 "^File 'src/.*\.c'"
done |
	sed -n "s/^File '\(.*\)'/\1/p; s/^Lines executed:\(.*\)% of \(.*\)/\1 \2/p" |
	paste - - |
	awk '{ hit += $2 * $3 / 100; all += $3
		printf "%6.1f %% of %4d  %s\n", $2, $3, $1 | "sort -n" }
		END { close("sort -n")
		printf "%6.1f %% of %4d  in all\n", 100 * hit / all, all }'
