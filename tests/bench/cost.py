"""What a slot costs by itself: its instructions, and its signature beside the
hashes that are in it."""

import os
import subprocess

import callgrind
import support
from figures import Figure, say
from programs import BOUND, BUILD

GROUP = "Work"
INSTRUCTIONS = 110000
PRESIGN = 1.25


def instructions(folder):
    """The same in each round: one is enough."""
    say("instructions")
    count, cleared = callgrind.slot_instructions(folder, pinned=False)
    return Figure(GROUP, "user instructions of a slot", [count],
                  bound=INSTRUCTIONS,
                  note=f"and {cleared:,.0f} in which libmicrohttpd clears its "
                  "memory")


def presign(rounds):
    """With Nettle's code for any processor. Where one has instructions for
    SHA-256, hashes take a quarter of the time, and our own part stays."""
    say("presigned URLs")
    done = subprocess.run(
        [*BOUND, BUILD / "tests/bench/presign", str(rounds)], check=True,
        env=dict(os.environ, NETTLE_FAT_OVERRIDE="none"),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        timeout=support.PATIENCE * rounds)
    return list(zip(*(map(float, line.split())
                      for line in done.stdout.splitlines())))


def measure(folder, rounds):
    ours, hashes, allocations = presign(rounds)
    return [
        instructions(folder),
        Figure(GROUP, "CPU of a presigned URL, over its hashes alone",
               [a / b for a, b in zip(ours, hashes)], bound=PRESIGN,
               note="%.2f and %.2f us" % tuple(
                   sorted(times)[rounds // 2] / 1000
                   for times in (ours, hashes))),
        Figure(GROUP, "allocations of a presigned URL", allocations, bound=0)]
