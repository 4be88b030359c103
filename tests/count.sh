#!/bin/sh
# Runs one suite and writes "passed failed skipped" to FOLDER/NAME. Reads the
# TAP of unit tests and of scripts, and the last line of each pytest.
# Usage: count.sh FOLDER NAME COMMAND...
set -u
folder=$1 name=$2
shift 2
mkdir -p "$folder"
echo "--- $name"
{ "$@" 2>&1; echo $? >"$folder/$name.status"; } | tee "$folder/$name.log"
status=$(cat "$folder/$name.status")

awk -v status="$status" '
	# cmocka 1.1.5 writes "not ok" in front of what it skips.
	/^(not )?ok .*# SKIP/ { skipped++; next }
	/^ok / { passed++ }
	/^not ok / { failed++ }
	/^[0-9]+ [a-z]+(, [0-9]+ [a-z]+)* in [0-9.]+s/ {
		words = split($0, word, /[ ,]+/)
		for (i = 2; i <= words; i++) {
			if (word[i] == "passed")
				passed += word[i - 1]
			if (word[i] ~ /^(failed|errors?)$/)
				failed += word[i - 1]
			if (word[i] == "skipped")
				skipped += word[i - 1]
		}
	}
	END {
		# What ends badly without a word has failed as well.
		if (status != 0 && !failed)
			failed = 1
		print passed + 0, failed + 0, skipped + 0
	}' "$folder/$name.log" >"$folder/$name"
exit "$status"
