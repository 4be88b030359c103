"""Whoever reads the log may stop: slotd goes on, and says what is missing."""

import fcntl
import os
import re
import subprocess
import threading

import pytest

import support
from scrape import scrape

# About 800 bytes a line: 2000 of them are five times what is kept.
DOMAIN = ".".join(["d" * 60] * 4)
JID = "j" * 250 + "@" + DOMAIN
REQUESTS = 2000


class Stalled(support.Slotd):
    """Nobody reads stderr after the first line until `go_on` is set."""

    def __init__(self, folder, config, blocking=True):
        self.blocking = blocking
        self.go_on = threading.Event()
        super().__init__(folder, config)

    def spawn(self, command, **options):
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(write, self.blocking)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=write, **options)
        os.close(write)
        process.stderr = os.fdopen(read, "rb")
        return process

    def _read(self):
        line = self.process.stderr.readline()
        with self.changed:
            self.lines.append(line.decode().rstrip("\n"))
            self.changed.notify_all()
        self.go_on.wait()
        if not self.process.stderr.closed:
            super()._read()

    def stop(self):
        self.go_on.set()
        super().stop()


@pytest.fixture
def stalled(tmp_path):
    running = []

    def begin(**options):
        running.append(Stalled(tmp_path, support.s3_config(
            log={"jids": True}), **options))
        return running[-1]
    yield begin
    for slotd in running:
        slotd.stop()


def ask(slotd, numbers):
    """Each request of these is granted."""
    connection = support.Connection(slotd.address)
    for n in numbers:
        body = support.slot_body(jid=JID)
        reply = connection.ask("POST", "/slot", body, {
            "Authorization": support.authorization(body=body),
            "Content-Type": "application/json",
            "X-Request-Id": f"{n:064}"})
        assert reply.status == 200, reply
    connection.close()


def numbers(lines):
    return [int(found[1]) for found in
            (re.search(r" id=(\d{64}) ", line) for line in lines) if found]


@pytest.mark.parametrize("blocking", [True, False])
def test_who_reads_stands_still(stalled, blocking):
    """Requests go on; then the lines are there in order, with one gap."""
    slotd = stalled(blocking=blocking)
    ask(slotd, range(REQUESTS))
    assert slotd.healthy()
    dropped = scrape(slotd).value("slotd_log_dropped_total")
    assert 0 < dropped < REQUESTS
    slotd.go_on.set()
    told = slotd.wait_line("log lines dropped")
    ask(slotd, range(REQUESTS, REQUESTS + 10))
    slotd.stop()
    assert " level=warn " in told and "stderr was not read in time" in told
    told = [int(found[1]) for found in (re.search(
        r'msg="log lines dropped" lines=(\d+) ', line)
        for line in slotd.lines) if found]
    kept = numbers(slotd.lines)
    missing = REQUESTS + 10 - len(kept)
    # The last line of the first ones may have come after the scrape.
    assert missing in (dropped, dropped + 1)
    scrapes = len([x for x in slotd.lines if " route=/metrics " in x])
    assert sum(told) == missing + 1 - scrapes
    assert kept == [*range(REQUESTS - missing),
                    *range(REQUESTS, REQUESTS + 10)]


def test_it_ends_all_the_same(stalled):
    slotd = stalled()
    ask(slotd, range(REQUESTS))
    slotd.terminate()
    # Its status is 0; nobody reads meanwhile.
    assert slotd.process.wait(support.PATIENCE) == 0


def test_all_is_written_at_the_end(stalled):
    """What waits in the queue, when somebody reads again."""
    slotd = stalled()
    ask(slotd, range(250))
    slotd.terminate()
    slotd.go_on.set()
    slotd.wait()
    assert numbers(slotd.lines) == list(range(250))
    assert [x for x in slotd.lines if "msg=stopping" in x]


def test_nobody_is_left_to_read(stalled):
    slotd = stalled()
    slotd.process.stderr.close()
    ask(slotd, range(100))
    support.wait_for("the count", lambda: scrape(slotd).value(
        "slotd_log_dropped_total") >= 100)
    assert slotd.healthy()


def run_with(tmp_path, stderr):
    """slotd, from a shell that has done this to stderr."""
    config = support.s3_config()
    path = support.write_config(tmp_path, config)
    process = subprocess.Popen(
        ["sh", "-c", f'exec "$0" serve -c "$1" {stderr}', support.SLOTD,
         path], stdin=subprocess.DEVNULL)
    slotd = support.Slotd.__new__(support.Slotd)
    slotd.process, slotd.lines = process, []
    slotd.address = (config["listen"]["address"], config["listen"]["port"])
    return slotd


def is_there(slotd):
    try:
        return slotd.healthy()
    except OSError:
        return False


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full", "<&- >&- 2>&-"])
def test_nowhere_to_write(tmp_path, stderr):
    """Each line is counted, and none gets into another descriptor."""
    slotd = run_with(tmp_path, stderr)
    try:
        support.wait_for("slotd", lambda: is_there(slotd))
        ask(slotd, range(20))
        # With the one that says that it is ready.
        support.wait_for("the count", lambda: scrape(slotd).value(
            "slotd_log_dropped_total") >= 21)
        slotd.terminate()
        assert slotd.process.wait(support.PATIENCE) == 0
    finally:
        if slotd.process.poll() is None:
            slotd.process.kill()
            slotd.process.wait()
