#!/bin/sh
# Makes the kept inputs anew: of those and of what `make fuzz` has found, the
# fewest and shortest that reach as much. What was written by hand, and has
# another name than a hash, stays. Usage: keep.sh FOLDER [TARGET]
set -eu
folder=$1 wanted=${2-}
"$folder/fuzz" | while read -r name longest; do
	[ -z "$wanted" ] || [ "$wanted" = "$name" ] || continue
	kept=tests/fuzz/corpus/$name
	mkdir -p "$kept" "$folder/corpus/$name"
	rm -rf "$folder/kept"
	mkdir "$folder/kept"
	FUZZ_TARGET=$name "$folder/fuzz" -merge=1 -max_len="$longest" "$folder/kept" \
		"$kept" "$folder/corpus/$name" >"$folder/$name.log" 2>&1
	find "$kept" -type f ! -name '????????????????????????????????????????' \
		-exec cp {} "$folder/kept/" \;
	rm -rf "$kept"
	mv "$folder/kept" "$kept"
	echo "$name: $(find "$kept" -type f | wc -l) inputs"
done
du -sb tests/fuzz/corpus
