"""A process that may open few files."""

import contextlib
import re

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
