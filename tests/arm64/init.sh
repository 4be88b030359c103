#!/bin/sh
# The first process of the arm64 machine: runs each unit test below
# /slotd/build/tests, and then tests/e2e/test_sandbox.py. Says "=== NAME STATUS"
# after the text of each, and turns the machine off.
busybox mount -t proc proc /proc
busybox --install -s /bin
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
ip link set lo up
export CMOCKA_MESSAGE_OUTPUT=TAP HOME=/root SLOTD=/slotd/build/slotd
export SLOTD_PATIENCE=120
cd /slotd || exit
uname -sm
for program in build/tests/*/test_*; do
	timeout 120 "$program" 2>&1
	echo "=== ${program#build/tests/} $?"
done
timeout 400 python3.13 -m pytest -v --color=no -p no:cacheprovider \
	tests/e2e/test_sandbox.py 2>&1
echo "=== e2e/test_sandbox $?"
poweroff -f
