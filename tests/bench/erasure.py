"""What it costs to look for one user's files among many."""

import many_keys
from figures import Figure, say

GROUP = "Erasure of a user's files among 1,000,000"
FEW, MANY = 10_000, 1_000_000
CPU = 3         # microseconds a key
GROWTH = 1      # MiB: about a byte for each key more


def one_round(folder):
    few = many_keys.erase(folder, FEW)
    many = many_keys.erase(folder, MANY)
    return many.cpu / MANY * 1e6, many.peak / 1024, few.peak / 1024


def measure(folder, rounds):
    results = []
    for number in range(rounds):
        say(f"erasure, round {number + 1}")
        results.append(one_round(folder))
    cpu, many, few = zip(*results)
    return [
        Figure(GROUP, "CPU of a key", cpu, bound=CPU, unit="us"),
        Figure(GROUP, "peak of memory, less that with 10,000 keys",
               [a - b for a, b in zip(many, few)], bound=GROWTH, unit="MiB",
               note=f"{max(many):.1f} and {max(few):.1f} MiB")]
