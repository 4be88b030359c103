"""A process that may open few files."""

import contextlib
import re
import resource

import pytest

import recorder
import support
from dial import Lines

FEW = 256
SAID = "limits.connections is 4096, but the limit is 128: "


class Poor(support.Slotd):
    def spawn(self, command, **options):
        return super().spawn(
            ["prlimit", f"--nofile={FEW}:{FEW}", *command], **options)


@contextlib.contextmanager
def poor(folder, config):
    slotd = Poor(folder, config)
    try:
        yield slotd
    finally:
        slotd.stop()


class Watched(support.Slotd):
    """With a log of its accept4 calls, each with the seconds since the one
    before."""

    def __init__(self, folder, config):
        self.log = folder / "accepts"
        super().__init__(folder, config)

    def spawn(self, command, **options):
        return super().spawn(
            ["strace", "-D", "-f", "-q", "-r", "-e", "signal=none",
             "-e", "trace=accept4", "-o", str(self.log), *command], **options)

    def pauses(self):
        """Before each that failed after one that had failed."""
        calls = re.findall(r"(?m)^\d+ +([\d.]+) accept4.* = (-?\d+)",
                           self.log.read_text())
        return [float(pause) for (_, before), (pause, result)
                in zip(calls, calls[1:]) if before == result == "-1"]


def most(slotd):
    text = slotd.ask("GET", "/metrics").body.decode()
    return int(re.search(r"(?m)^slotd_connections_max (\d+)$", text)[1])


def test_the_limit_that_holds_is_told(tmp_path):
    """Half of the descriptors; the first line is that it is ready."""
    with poor(tmp_path, support.s3_config()) as slotd:
        assert "level=warn" in slotd.wait_line(SAID)
        assert "msg=ready" in slotd.lines[0]
        assert most(slotd) == 128


def test_nothing_is_told_when_they_are_enough(tmp_path):
    config = support.s3_config(limits={"connections": 128})
    with poor(tmp_path, config) as slotd:
        assert most(slotd) == 128
    assert not any("at the most" in line for line in slotd.lines)


def test_refused_strangers_do_not_take_them(tmp_path):
    """Their last answers are kept for them, but not with all descriptors."""
    data = b"0123456789"
    with poor(tmp_path, support.fs_config(
            tmp_path / "store", limits={"connections_per_address": 4},
    )) as slotd, Lines(slotd.address) as lines:
        for _ in range(400):
            lines.dial("127.0.0.2")
        # The last of these has been accepted.
        assert lines.served(1, "127.0.0.3") == 1
        slot = slotd.slot(size=len(data))
        assert support.fetch("PUT", slot["put"], data).status == 201
        assert support.fetch("GET", slot["get"]).body == data
    assert not any("no descriptors" in line for line in slotd.lines)


@pytest.mark.skipif(support.SANITIZED or not recorder.works(),
                    reason="slotd may not be traced here")
def test_it_looks_for_one_often_but_does_not_spin(tmp_path):
    """However fast this machine is, 5 ms have to pass between two tries; and
    however slow, some two are less than 20 ms apart."""
    slotd = Watched(tmp_path, support.s3_config())
    try:
        limit = slotd.process.pid, resource.RLIMIT_NOFILE
        before = resource.prlimit(*limit)
        resource.prlimit(*limit, (3, before[1]))
        with Lines(slotd.address) as lines:
            waiting = lines.dial()
            slotd.wait_line("no descriptors are left")
            support.wait_for("forty tries", lambda: len(
                slotd.pauses()) >= 40 and min(slotd.pauses()) < 0.02)
            resource.prlimit(*limit, before)
            assert waiting.served()
        assert min(slotd.pauses()) >= 0.005, slotd.pauses()
    finally:
        slotd.stop()
    # One line a second, which says no number: nobody knows how many wait.
    said = [line for line in slotd.lines if "cannot accept" in line]
    assert len(said) <= 1 + sum(slotd.pauses()), said
    assert not any("connections=" in line for line in said), said
