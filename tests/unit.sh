#!/bin/sh
# Runs unit-test programs one after the other, as TAP.
# Usage: unit.sh PROGRAM...
export CMOCKA_MESSAGE_OUTPUT=TAP
worst=0
for program; do
	echo "# $program"
	"$program"
	status=$?
	if [ "$status" -ne 0 ]; then
		echo "# $program ended with $status"
		# A crash leaves no line of its own.
		[ "$status" -lt 126 ] || echo "not ok $program crashed"
		worst=1
	fi
done
exit $worst
