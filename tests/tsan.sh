#!/bin/sh
# Whether programs with ThreadSanitizer run here: before gcc 14 some of them
# end at once where the kernel spreads addresses far (vm.mmap_rnd_bits).
# Usage: tsan.sh CC FOLDER
set -e
mkdir -p "$2"
echo 'int main(void) { return 0; }' |
	$1 -fsanitize=thread -x c -o "$2/nothing" -
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
	"$2/nothing"
done
