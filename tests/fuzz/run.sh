#!/bin/sh
# Runs the fuzz targets, or one of them, as many at once as there are
# processors, and shows what each reached.
# Usage: run.sh FOLDER SECONDS [TARGET]
set -u
folder=$1 seconds=$2 wanted=${3-}

# Memory is bounded: the largest buffer is that of what a stream waits to send.
run() {
	name=$1 longest=$2
	log=$folder/$name.log
	dict=tests/fuzz/$name.dict
	[ -e "$dict" ] || dict=
	mkdir -p "$folder/corpus/$name" "tests/fuzz/corpus/$name"
	FUZZ_TARGET=$name "$folder/fuzz" -max_total_time="$seconds" \
		-max_len="$longest" -timeout=25 -malloc_limit_mb=32 \
		-rss_limit_mb=1024 -print_final_stats=1 ${dict:+-dict="$dict"} \
		-artifact_prefix="$folder/$name-" "$folder/corpus/$name" \
		"tests/fuzz/corpus/$name" >"$log" 2>&1
	status=$?
	if [ "$status" -ne 0 ]; then
		tail -n 40 "$log"
		echo "$name: ended with $status; all of it is in $log"
		return 1
	fi
	awk -v name="$name" '
		/^stat::number_of_executed_units:/ { runs = $2 }
		/ cov: / {
			for (i = 1; i < NF; i++) {
				if ($i == "cov:")
					edges = $(i + 1)
				if ($i == "ft:")
					features = $(i + 1)
				if ($i == "corp:")
					split($(i + 1), inputs, "/")
			}
		}
		END {
			printf "%-16s %12d %10d %8d %8d\n", name, runs,
				features, edges, inputs[1]
		}' "$log"
}

if [ "$wanted" = --one ]; then
	run "$4" "$5"
	exit
fi
targets=$("$folder/fuzz" | awk -v wanted="$wanted" '
	wanted == "" || $1 == wanted')
if [ -z "$targets" ]; then
	echo "There is no target $wanted, only:" \
		"$("$folder/fuzz" | awk '{ print $1 }' | xargs)" >&2
	exit 2
fi
printf '%-16s %12s %10s %8s %8s\n' target executions features edges inputs
echo "$targets" | xargs -n 2 -P "$(nproc)" "$0" "$folder" "$seconds" --one
