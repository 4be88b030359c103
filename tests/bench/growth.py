"""A slot costs the same however much there is of everything else."""

import functools
import os
import re

import support
from figures import AT_LEAST, Figure, say
from programs import load, slotd, wrk

# Shorter than other loads, because there are more.
short = functools.partial(load, seconds=1, ready=40000)

GROUP = "Growth, CPU of a slot over that with little"
BOUND = 1.15
MANY = 100
NONCES = 600000
TWO_THREADS = 1.7
PATIENCE = 240


def people(count, stores):
    """Callers and domains, as slot.lua has them, and their stores."""
    config = support.s3_config()
    one = config.pop("storage")
    return {
        **config,
        "callers": [{"id": f"c{n}", "secret": f"{support.SECRET}{n}",
                     "allow_domains": [f"d{n}.example.org"]}
                    for n in range(count)],
        "storages": [{"name": f"s{n}", **one} for n in range(stores)],
        "domains": [{"name": f"d{n}.example.org", "storage": f"s{n % stores}"}
                    for n in range(count)]}


def figure(name, pairs, bound=BOUND):
    """Of (CPU with much, CPU with little)."""
    many, few = (sorted(cpu)[len(cpu) // 2] * 1e6 for cpu in zip(*pairs))
    return Figure(GROUP, name, [a / b for a, b in pairs], bound=bound,
                  note=f"{many:.1f} and {few:.1f} us a slot")


def turns(name, rounds, many, few, what="cpu"):
    """What both loads give, in turns; which is first changes, too."""
    pairs = []
    for number in range(rounds):
        say(f"growth: {name}, round {number + 1}")
        loads = [many, few]
        order = (0, 1) if number % 2 else (1, 0)
        got = {which: loads[which]() for which in order}
        pairs.append((got[0][what], got[1][what]))
    return pairs


def callers(folder, rounds):
    name = f"1 to {MANY} callers and domains"
    with slotd(folder, people(1, 1)) as few, slotd(
            folder, people(MANY, 1)) as many:
        yield figure(name, turns(
            name, rounds, lambda: short(many, callers=MANY),
            lambda: short(few, callers=1)))


def stores(folder, rounds):
    name = f"1 to {MANY} stores"
    with slotd(folder, people(MANY, 1)) as few, slotd(
            folder, people(MANY, MANY)) as many:
        yield figure(name, turns(
            name, rounds, lambda: short(many, callers=MANY),
            lambda: short(few, callers=MANY)))


def connections(folder, rounds):
    name = "32 to 2,000 connections"
    refused = []

    def crowd():
        result = load(one, connections=2000, strict=False)
        refused.append(result["refused"] + result["failed"])
        return result

    with slotd(folder, support.s3_config()) as one:
        yield figure(name, turns(
            name, rounds, crowd, lambda: load(one, connections=32)))
    yield Figure(GROUP, "requests refused of 2,000 connections", refused,
                 bound=0)


def replay_entries(program):
    text = support.request(
        ("127.0.0.1", program.port), "GET", "/metrics").body.decode()
    return sum(map(int, re.findall(
        r"^slotd_replay_entries\{.*\} (\d+)$", text, re.M)))


def nonces(folder, rounds):
    """Each is held for five minutes and more."""
    name = f"an empty replay table to {NONCES:,} nonces"
    with slotd(folder, support.s3_config()) as few, slotd(
            folder, support.s3_config()) as many:
        say(f"growth: {NONCES:,} nonces")
        wrk(many.port, seconds=PATIENCE, ready=0, end=NONCES)
        held = replay_entries(many)
        assert held > 0.99 * NONCES, held
        yield figure(name, turns(
            name, rounds, lambda: short(many), lambda: short(few)))


def threads(folder, rounds):
    """Two need a core each, and so does what asks them."""
    name = "throughput of two threads, of one's"
    cores = len(os.sched_getaffinity(0))
    with slotd(folder, support.s3_config()) as one, slotd(
            folder, support.s3_config(listen={"threads": 2})) as two:
        if cores >= 4:
            pairs = turns(name, rounds, lambda: load(two, threads=2),
                          lambda: load(one, threads=2), "rate")
            yield Figure(GROUP, name, [a / b for a, b in pairs], AT_LEAST,
                         TWO_THREADS)
            return
        yield Figure(
            GROUP, name, [], AT_LEAST, TWO_THREADS,
            note=f"not measured: it takes four cores, here are {cores}")
        name = "CPU of a slot by two threads, over one's"
        yield figure(name, turns(
            name, rounds, lambda: short(two), lambda: short(one)),
            round(2 / TWO_THREADS, 2))


def measure(folder, rounds):
    for part in (callers, connections, nonces, stores, threads):
        yield from part(folder, rounds)
