#!/bin/sh
# Shows the tables of tests/xmpp and adds up what count.sh wrote. A suite
# without a result has failed.
# Usage: sum.sh FOLDER NAME...
set -u
folder=$1
shift
for name; do
	sed -n '/^Who can send a file/,/^$/p' "$folder/$name.log" 2>/dev/null
done
passed=0 failed=0 skipped=0
for name; do
	if [ -s "$folder/$name" ]; then
		read -r p f s <"$folder/$name"
		echo "$name: $p passed, $f failed, $s skipped"
	else
		p=0 f=1 s=0
		echo "$name: it did not run"
	fi
	[ "$f" -eq 0 ] || grep -e '^FAILED ' -e '^ERROR ' -e '^not ok ' \
		"$folder/$name.log" 2>/dev/null | grep -v '# SKIP' | cut -c -160
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo
if [ "$skipped" -eq 0 ]; then
	echo "$passed passed, $failed failed"
else
	echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
