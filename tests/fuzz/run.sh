#!/bin/sh
# Runs the fuzz target of the component's stream and shows what it reached.
# Usage: run.sh FOLDER SECONDS
set -u
folder=$1 seconds=$2
log=$folder/stream.log
mkdir -p "$folder/corpus"
# Memory is bounded: the largest buffer is that of what waits to be sent.
"$folder/stream" -max_total_time="$seconds" -max_len=1024 -timeout=25 \
	-malloc_limit_mb=32 -rss_limit_mb=1024 -print_final_stats=1 \
	-dict=tests/fuzz/stream.dict -artifact_prefix="$folder/" \
	"$folder/corpus" tests/fuzz/corpus/stream >"$log" 2>&1
status=$?
if [ "$status" -ne 0 ]; then
	tail -n 40 "$log"
	echo "stream: ended with $status; all of it is in $log"
	exit 1
fi
awk '
	/^stat::number_of_executed_units:/ { runs = $2 }
	/ cov: / {
		for (i = 1; i < NF; i++) {
			if ($i == "cov:")
				edges = $(i + 1)
			if ($i == "ft:")
				features = $(i + 1)
		}
	}
	END {
		print "stream: " runs " executions, " features " features, " \
			edges " edges covered"
	}' "$log"
