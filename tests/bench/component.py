"""Slots over a component's connection (XEP-0114) beside those over HTTP, and
what a Redis that stalls does to it."""

import contextlib
import re
import select
import signal
import threading
import time

import support
from component_server import Server, iq, ping
from figures import Figure, say
from programs import cpu, load, redis, resident, slotd

GROUP = "Component"
PIPELINED = 20000
OVER_HTTP = 1.5
RATE = 200          # slots a second, and as many pings
SECONDS = 2
STALL = 0.05
BETWEEN = 50        # slots from one stall's beginning to the next's
DELAY = 10          # ms
WAITING = 1000
GROWTH = 4          # MiB


def slot(number):
    """As slot.lua has it."""
    return iq(number, "<request xmlns='urn:xmpp:http:upload:0' "
              "filename='très cool.jpg' size='23456' "
              "content-type='image/jpeg'/>",
              sender="juliet@example.org/balcony")


@contextlib.contextmanager
def connected(folder, **over):
    """slotd and its component's connection."""
    with Server() as server:
        config = support.s3_config(components=[server.component(
            allow_domains=["example.org"])], **over)
        with slotd(folder, config) as program, server.accept() as link:
            link.open()
            yield program, link


def granted(link, count):
    """Reads the answers to that many slots."""
    text = bytearray()
    found = 0
    while found < count:
        piece = link.sock.recv(1 << 18)
        assert piece, "the stream has ended"
        before = max(0, len(text) - len("</iq>") + 1)
        text += piece
        found += text.count(b"</iq>", before)
    assert text.count(b" type='result' ") == count, text[-2000:]


def pipelined(program, link):
    """Seconds of CPU for each slot; all are sent without waiting."""
    text = "".join(map(slot, range(PIPELINED)))
    before = cpu(program.pid)
    sender = threading.Thread(target=link.send, args=(text,), daemon=True)
    sender.start()
    granted(link, PIPELINED)
    sender.join()
    return (cpu(program.pid) - before) / PIPELINED


def cost(folder, rounds):
    pairs = []
    with connected(folder) as (program, link):
        for number in range(rounds):
            say(f"component, round {number + 1}")
            pairs.append((pipelined(program, link), load(
                program, seconds=1, ready=40000)["cpu"]))
    ours, http = (sorted(times)[rounds // 2] * 1e6 for times in zip(*pairs))
    return Figure(
        GROUP, f"CPU of {PIPELINED:,} slots, over POST /slot's",
        [a / b for a, b in pairs], bound=OVER_HTTP,
        note=f"{ours:.1f} and {http:.1f} us a slot")


# --- a Redis that stalls -----------------------------------------------------

class Clock:
    """How long each answer took, by its id."""

    def __init__(self, link):
        self.link = link
        self.sent = {}
        self.took = {}
        self.data = b""     # the beginning of a stanza

    def ask(self, number):
        now = time.monotonic()
        self.sent[f"slot{number}"] = self.sent[f"ping{number}"] = now
        self.link.send(slot(f"slot{number}") + ping(f"ping{number}"))

    def read(self, until):
        """What comes until then."""
        while (left := until - time.monotonic()) > 0:
            if not select.select([self.link.sock], [], [], left)[0]:
                break
            piece = self.link.sock.recv(1 << 16)
            assert piece, "the stream has ended"
            now = time.monotonic()
            self.data += piece
            for name in re.findall(
                    rb"<iq type='result' id='(\w+)'", self.data):
                name = name.decode()
                self.took.setdefault(name, now - self.sent[name])
            self.data = self.data[self.data.rfind(b"<"):]

    def longest(self, what):
        """ms."""
        return max(took for name, took in self.took.items()
                   if name.startswith(what)) * 1000


def asked(link, server, stalls):
    """The longest ping and the longest slot, ms."""
    clock = Clock(link)
    count = RATE * SECONDS
    begun = time.monotonic()
    for number in range(count):
        place = number % BETWEEN
        if stalls and place == 0:
            server.process.send_signal(signal.SIGSTOP)
        if stalls and place == STALL * RATE:
            server.process.send_signal(signal.SIGCONT)
        clock.ask(number)
        clock.read(begun + (number + 1) / RATE)
    end = time.monotonic() + support.PATIENCE
    while len(clock.took) < 2 * count:
        assert time.monotonic() < end, "an answer is missing"
        clock.read(time.monotonic() + 0.1)
    return clock.longest("ping"), clock.longest("slot")


def waiting(program, link, server):
    """MiB more while so many slots wait."""
    before = resident(program.pid)
    server.process.send_signal(signal.SIGSTOP)
    link.send("".join(map(slot, range(WAITING))) + ping("ping"))
    # The first answer: nothing that was sent before has one.
    assert " id='ping'" in link.read()
    more = resident(program.pid) - before
    server.process.send_signal(signal.SIGCONT)
    granted(link, WAITING)
    return more


def stalled(folder, rounds):
    delays, memory = [], []
    for number in range(rounds):
        say(f"component and Redis, round {number + 1}")
        with redis(folder) as server, connected(
                folder, policy={"bytes_per_day": "1 TiB"},
                quota={"type": "redis", "port": server.port,
                       "timeout": 10000}) as (program, link):
            link.send(slot("first"))
            granted(link, 1)
            memory.append(waiting(program, link, server))
            delays.append((*asked(link, server, False),
                           *asked(link, server, True)))
    return delays, memory


def measure(folder, rounds):
    yield cost(folder, rounds)
    delays, memory = stalled(folder, rounds)
    quiet, _, ping_ms, slot_ms = (
        sorted(times)[rounds // 2] for times in zip(*delays))
    assert slot_ms > STALL * 1000 / 2, "Redis has not stalled"
    yield Figure(
        GROUP, "longest ping, less that with a Redis at work",
        [late[2] - late[0] for late in delays], bound=DELAY, unit="ms",
        note=f"{ping_ms:.1f} and {quiet:.1f} ms; {RATE} slots a second, of "
        f"which the slowest took {slot_ms:.0f} ms, and Redis stalled for "
        f"{STALL * 1000:.0f} ms every {BETWEEN / RATE * 1000:.0f}")
    yield Figure(
        GROUP, f"memory while {WAITING:,} slots wait for Redis", memory,
        bound=GROWTH, unit="MiB", note="more than before they came")
