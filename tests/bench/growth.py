"""A slot costs the same however much there is of everything else."""

import concurrent.futures
import os
import re
import time

import support
from figures import AT_LEAST, Figure, say
from programs import READY, cpu, load, slotd, wrk

GROUP = "Growth, CPU of a slot over that with little"
BOUND = 1.15
TURNS = 2   # with much and with little, a round
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
    for number in range(rounds * TURNS):
        say(f"growth: {name}, turn {number + 1} of {rounds * TURNS}")
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
            name, rounds, lambda: load(many, callers=MANY),
            lambda: load(few, callers=1)))


def stores(folder, rounds):
    name = f"1 to {MANY} stores"
    with slotd(folder, people(MANY, 1)) as few, slotd(
            folder, people(MANY, MANY)) as many:
        yield figure(name, turns(
            name, rounds, lambda: load(many, callers=MANY),
            lambda: load(few, callers=MANY)))


def metric(program, pattern):
    """The sum of what /metrics has under such names."""
    text = support.request(
        ("127.0.0.1", program.port), "GET", "/metrics").body.decode()
    return sum(map(int, re.findall(rf"^{pattern} (\d+)$", text, re.M)))


def replay_entries(program):
    return metric(program, r"slotd_replay_entries\{.*\}")


def now(program):
    return cpu(program.pid), replay_entries(program)


def steady(program, connections):
    """A load's result, with the CPU of a slot while all connections are
    open: what it takes to open them is no part of a slot."""
    held = replay_entries(program)

    def under_way():
        open_now = metric(program, r"slotd_connections\{.*\}")
        return open_now >= connections and replay_entries(program) > held

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        result = pool.submit(wrk, program.port, connections, seconds=2)
        support.wait_for("the connections", lambda: (
            result.done() and result.result()) or under_way())
        before = now(program)
        time.sleep(1)
        after = now(program)
        used, slots = (b - a for a, b in zip(before, after))
        return {**result.result(), "cpu": used / slots}


def connections(folder, rounds):
    name = "32 to 2,000 connections"
    refused = []

    def load_with(count):
        with slotd(folder, support.s3_config()) as one:
            return steady(one, count)

    def crowd():
        result = load_with(2000)
        refused.append(result["refused"] + result["failed"])
        return result

    yield figure(name, turns(name, rounds, crowd, lambda: load_with(32)))
    yield Figure(GROUP, "requests refused of 2,000 connections", refused,
                 bound=0)


def nonces(folder, rounds):
    """Each is held for five minutes and more. So are those of the load: an
    empty table is empty at the beginning of each turn."""
    config = {"auth": {"replay_max": NONCES + 20 * READY}}

    def empty():
        with slotd(folder, support.s3_config(**config)) as few:
            return load(few)

    name = f"an empty replay table to {NONCES:,} nonces"
    with slotd(folder, support.s3_config(**config)) as many:
        say(f"growth: {NONCES:,} nonces")
        wrk(many.port, seconds=PATIENCE, ready=0, end=NONCES)
        held = replay_entries(many)
        assert held > 0.99 * NONCES, held
        yield figure(name, turns(
            name, rounds, lambda: load(many), empty))


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
            name, rounds, lambda: load(two), lambda: load(one)),
            round(2 / TWO_THREADS, 2))


def measure(folder, rounds):
    for part in (callers, connections, nonces, stores, threads):
        yield from part(folder, rounds)
