"""When limits.connections is reached, whoever waits makes room for others."""

import re

import pytest

import support
from dial import HEALTH, Lines
from upload import Upload

ENDED = "msg=ended .*limits.connections reached"
FULL = "msg=refused .*limits.connections reached"
TRUSTED = "127.0.0.1"
# 28 of them are for strangers.
MOST = 32
SILENT = {
    "nothing": b"",
    "half a line": b"GET /heal",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: 127.",
    "half a body": b"POST /slot HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                   b"Content-Type: application/json\r\n"
                   b"Content-Length: 100\r\n\r\n{",
}


def stranger(number):
    """Four of them have one address."""
    return "127.0.1.%d" % (1 + number // 4)


def config(**over):
    limits = {"connections": MOST, "connections_per_address": 4,
              "header_timeout": 600, "body_timeout": 600}
    return support.s3_config(limits=limits, **over)


def metric(slotd, name):
    text = slotd.ask("GET", "/metrics").body.decode()
    return int(re.search(rf"(?m)^{re.escape(name)} (\d+)$", text)[1])


@pytest.mark.parametrize("words", SILENT)
def test_strangers_who_wait(start, words):
    slotd = start(config(listen={"threads": 1}))
    with Lines(slotd.address) as lines:
        silent = [lines.dial(stranger(n)) for n in range(28)]
        for line in silent:
            line.send(SILENT[words])
        support.wait_for("all of them", lambda: metric(
            slotd, 'slotd_connections{listener="listen"}') == 29)
        assert lines.served(4, "127.0.2.1") == 4
        # Who came last had the shortest wait.
        assert [line.rest() for line in silent[:4]] == [b""] * 4
        assert "client=127.0.1.1" in slotd.wait_line(ENDED)
        if words != "half a body":
            line = silent[-1]
            line.send(HEALTH[len(SILENT[words]):])
            assert line.reply().status == 200
    assert metric(slotd, "slotd_connections_ended_total") == 4
    assert metric(
        slotd, 'slotd_connections_refused_total{reason="connections"}') == 0


def test_an_eighth_for_trusted_proxies(start):
    """On `listen`, too; and nobody is ended for them meanwhile."""
    slotd = start(config())
    with Lines(slotd.address) as lines:
        silent = [lines.dial(stranger(n)) for n in range(28)]
        assert lines.served(4, TRUSTED) == 4
        assert all(line.served() for line in silent)
        assert not any(re.search(ENDED, line) for line in slotd.lines)


def test_trusted_proxies_are_not_ended(start):
    slotd = start(config())
    with Lines(slotd.address) as lines:
        held = [lines.dial(TRUSTED) for _ in range(MOST)]
        for number in range(3):
            assert lines.served(1, stranger(number)) == 0
        assert all(line.served() for line in held)
        slotd.wait_line(FULL)


def test_keep_alive_is_a_way_to_wait(start):
    """One request each does not hold a place for as long as that lasts."""
    slotd = start(config())
    with Lines(slotd.address) as lines:
        silent = [lines.dial(stranger(n)) for n in range(28)]
        assert all(line.served() for line in silent)
        support.wait_for(
            "room", lambda: lines.served(1, "127.0.2.1") == 1)
        slotd.wait_line(ENDED)


def test_uploads_are_not_ended(start, tmp_path):
    """Strangers find no room while everybody is at work."""
    slotd = start(support.fs_config(
        tmp_path / "store", trusted_proxies=["127.0.0.9"],
        limits={"connections": 8}))
    uploads = []
    slots = [slotd.slot(size=100) for _ in range(7)]
    try:
        for slot in slots:
            uploads.append(Upload.begun(slot["put"], b"x" * 100, 10))
        with Lines(slotd.address) as lines:
            for _ in range(3):
                assert lines.served(1, "127.0.2.1") == 0
            # The eighth place is not for strangers, on `listen` either.
            assert lines.served(1, "127.0.0.9") == 1
        slotd.wait_line(FULL)
        for upload in uploads:
            upload.send(b"x" * 90)
            assert upload.reply().status == 201
    finally:
        for upload in uploads:
            upload.close()


def test_whole_heads_that_come_at_once(start):
    """They are answered, or refused; none that was sent whole is cut."""
    slotd = start(config(trusted_proxies=[], listen={"threads": 1}))
    answers = []
    with Lines(slotd.address) as lines:
        for number in range(300):
            line = lines.dial(stranger(number % 112))
            line.send(HEALTH.replace(b"1.1\r\n", b"1.0\r\n"))
        for line in lines.open:
            answers += support.statuses(line.rest())
    assert len(answers) == 300
    assert set(answers) <= {200, 503}
