"""How many connections there may be, in all and of one address."""

import contextlib
import os
import re
import resource
import signal
import time

import pytest

import support
from dial import HEALTH, Line, Lines
from upload import Upload

A, B = "127.0.0.1", "127.0.0.2"
POST = b"POST /slot HTTP/1.1\r\nHost: 127.0.0.1\r\n"
REASON = "limits.connections_per_address reached"
# Who holds connections here may be slow to take the last of them.
PATIENT = {"header_timeout": 600}


def config(most, proxies=(), **over):
    limits = {"connections_per_address": most, **PATIENT,
              **over.pop("limits", {})}
    return support.s3_config(limits=limits, trusted_proxies=proxies, **over)


def assert_refused(answer):
    """A whole 503 of ours, and then the end."""
    head, body = answer.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 "), answer
    assert re.search(rb"(?m)^Retry-After: \d+\r?$", head), answer
    assert re.search(rb"(?m)^Connection: close\r?$", head), answer
    assert b"Content-Type: application/problem+json" in head
    assert b'"code":"unavailable"' in body.replace(b" ", b""), answer


# --- of one address -------------------------------------------------------


def test_of_an_address(start):
    slotd = start(config(3))
    with Lines(slotd.address) as lines:
        held = [lines.dial() for _ in range(3)]
        assert_refused(lines.dial().rest())
        assert all(line.served() for line in held)
        assert lines.served(4, B) == 3
        found = slotd.wait_line(REASON)
        assert "level=warn" in found and "client=127.0.0.1" in found
        held[0].close()
        support.wait_for("a free place", lambda: lines.served(1) == 1)
        assert lines.served(1) == 0


def test_64_by_default(start):
    slotd = start(support.s3_config(limits=PATIENT))
    with Lines(slotd.address) as lines:
        for _ in range(64):
            lines.dial(B)
        assert_refused(lines.dial(B).rest())
        assert lines.served(1, "127.0.0.3") == 1
        # This one is a trusted proxy by default.
        assert lines.served(70, A) == 70


def test_zero_is_no_limit(start):
    slotd = start(config(0))
    with Lines(slotd.address) as lines:
        assert lines.served(70) == 70


def test_trusted_proxies_are_exempt(start):
    slotd = start(config(1, ["127.0.0.2/31"]))
    with Lines(slotd.address) as lines:
        assert lines.served(5, "127.0.0.2") == 5
        assert lines.served(5, "127.0.0.3") == 5
        assert lines.served(5, "127.0.0.4") == 1
        assert lines.served(5, "127.0.0.1") == 1


def test_unix_sockets_are_exempt(start, tmp_path):
    path = str(tmp_path / "slotd.sock")
    slotd = start(config(1, listen=None) | {"listen": {"unix": path}})
    with Lines(slotd.address) as lines:
        assert lines.served(5) == 5


def test_mapped_addresses_are_ipv4(start):
    """One listener for both: each IPv4 address is one of its own."""
    if not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("this machine has no IPv6")
    slotd = start(config(2, [B], listen={"address": "::"}))
    with Lines((A, slotd.address[1])) as lines:
        assert lines.served(3, A) == 2
        assert lines.served(3, B) == 3
        assert lines.served(3, "127.0.0.3") == 2
        assert "client=127.0.0.1" in slotd.wait_line(REASON)


def test_on_each_listener(start, tmp_path):
    public = (A, support.free_port())
    slotd = start(config(
        2, public={"address": public[0], "port": public[1]}))
    with Lines(slotd.address) as inner, Lines(public) as outer:
        assert outer.served(1, B) == 1
        assert inner.served(1, B) == 1
        assert outer.served(1, B) == 0
        assert inner.served(1, B) == 0
        assert outer.served(2, A) == 2


def test_one_log_line_a_second(start):
    slotd = start(config(1))
    began = time.monotonic()
    with Lines(slotd.address) as lines:
        lines.dial()
        for _ in range(100):
            assert_refused(lines.dial().rest())
    took = time.monotonic() - began
    slotd.stop()
    found = [x for x in slotd.lines if REASON in x]
    assert 1 <= len(found) <= took + 1, (took, found)


def test_a_reload_changes_it(start):
    slotd = start(config(1))
    with Lines(slotd.address) as lines:
        assert lines.served(1) == 1
        assert lines.served(1) == 0
        slotd.config["limits"]["connections_per_address"] = 3
        support.write_config(slotd.path.parent, slotd.config)
        slotd.process.send_signal(signal.SIGHUP)
        support.wait_for("the new limit", lambda: lines.served(1) == 1)
        # Those before count, too.
        assert lines.served(3) == 1
        slotd.config["trusted_proxies"] = [A]
        support.write_config(slotd.path.parent, slotd.config)
        slotd.process.send_signal(signal.SIGHUP)
        support.wait_for("the exemption", lambda: lines.served(3) == 3)


# --- every end gives its place back ---------------------------------------


def says_nothing(slotd):
    Line(slotd.address).close()


def is_reset(slotd):
    line = Line(slotd.address)
    line.send(b"GET /hea")
    line.reset()


def asks_and_closes(slotd):
    assert slotd.healthy()


def closes_after_its_last_byte(slotd):
    line = Line(slotd.address)
    line.send(b"GET /healthz HTTP/1.0\r\n\r\n")
    line.close()


def sends_rubbish(slotd):
    line = Line(slotd.address)
    line.send(b"\0\1\2\3 /\r\n\r\n")
    line.rest()
    line.close()


def goes_in_its_body(slotd):
    line = Line(slotd.address)
    line.send(POST + b"Content-Length: 100\r\n\r\n{")
    line.reset()


def is_late_with_its_head(slotd):
    line = Line(slotd.address)
    line.send(b"GET /healthz HTT")
    line.rest()
    line.close()


def is_late_with_its_body(slotd):
    line = Line(slotd.address)
    line.send(POST + b"Content-Length: 100\r\n\r\n{")
    line.rest()
    line.close()


def is_refused_with_its_body_unread(slotd):
    line = Line(slotd.address)
    line.send(b"PUT /u/x/y HTTP/1.1\r\nHost: x\r\n"
              b"Content-Length: 1000000\r\n\r\n" + b"x" * 1000000)
    assert support.statuses(line.rest()) == [403]
    line.close()


def is_refused_itself(slotd):
    with Lines(slotd.address) as lines:
        for _ in range(7):
            lines.dial()
        lines.open[-1].rest()


def four_places(store, **limits):
    return support.fs_config(store, trusted_proxies=(), limits={
        "connections_per_address": 4, **PATIENT, **limits})


@pytest.fixture(scope="module")
def four(start_once, tmp_path_factory):
    return start_once(four_places(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def hasty(start_once, tmp_path_factory):
    return start_once(four_places(
        tmp_path_factory.mktemp("store"), header_timeout=1, body_timeout=1))


def connections(slotd):
    """How many there are, that which asks included."""
    with Lines(slotd.address) as lines:
        text = lines.dial("127.0.0.3").ask(
            HEALTH.replace(b"/healthz", b"/metrics")).body.decode()
    return int(re.search(
        r'(?m)^slotd_connections\{listener="listen"\} (\d+)$', text)[1])


def wait_for_all_places(slotd):
    def room():
        with Lines(slotd.address) as lines:
            return lines.served(5) == 4
    support.wait_for("all places", room)
    # These have to be given back first.
    support.wait_for("quiet", lambda: connections(slotd) == 1)


@pytest.mark.parametrize("end", [
    says_nothing, is_reset, asks_and_closes, closes_after_its_last_byte,
    goes_in_its_body, is_refused_with_its_body_unread, is_refused_itself])
def test_no_place_is_lost(four, end):
    wait_for_all_places(four)
    end(four)
    wait_for_all_places(four)


@pytest.mark.parametrize("end", [
    sends_rubbish, is_late_with_its_head, is_late_with_its_body])
def test_no_place_is_lost_by_the_slow(hasty, end):
    wait_for_all_places(hasty)
    end(hasty)
    wait_for_all_places(hasty)


def breaks_an_upload_off(slotd, kept):
    slot = slotd.slot(size=9)
    wait_for_all_places(slotd)
    Upload.begun(slot["put"], b"123456789", 3).close()


def breaks_a_download_off(slotd, kept):
    reader = Upload(kept["get"], None, method="GET")
    reader.sock.recv(10)
    reader.close()


def takes_a_download(slotd, kept):
    assert support.fetch("GET", kept["get"]).status == 200


@pytest.fixture(scope="module")
def kept(four):
    """A file that no socket's buffers hold."""
    data = b"x" * 2**24
    slot = four.slot(size=len(data))
    wait_for_all_places(four)
    assert support.fetch("PUT", slot["put"], data).status == 201
    return slot


@pytest.mark.parametrize("end", [
    breaks_an_upload_off, breaks_a_download_off, takes_a_download])
def test_no_place_is_lost_by_files(four, kept, end):
    wait_for_all_places(four)
    end(four, kept)
    wait_for_all_places(four)


# --- in all ---------------------------------------------------------------


def test_in_all(start):
    slotd = start(support.s3_config(limits={"connections": 8, **PATIENT}))
    with Lines(slotd.address) as lines:
        held = [lines.dial() for _ in range(8)]
        assert_refused(lines.dial(B).rest())
        assert all(line.served() for line in held)
        assert "client" not in slotd.wait_line("limits.connections reached")

    def room():
        with Lines(slotd.address) as lines:
            return lines.served(9) == 8
    # With all of them gone there is room for as many.
    support.wait_for("all the places", room)


def test_both_reasons_are_told(start):
    """The many of one address do not hide that there is no room at all."""
    trusted = "127.0.0.3"
    slotd = start(config(2, [trusted], limits={"connections": 3}))
    with Lines(slotd.address) as lines:
        assert lines.served(3, A) == 2
        slotd.wait_line(REASON)
    with Lines(slotd.address) as lines:
        for _ in range(3):
            support.wait_for(
                "a place", lambda: lines.served(1, trusted) == 1)
        assert lines.served(2, B) == 0
        slotd.wait_line("refused.*limits.connections reached")


@pytest.fixture
def many_sockets():
    """As many as this process may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def stopped(slotd):
    """None of its threads runs meanwhile."""
    os.kill(slotd.process.pid, signal.SIGSTOP)
    try:
        _, status = os.waitpid(slotd.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), status
        yield
    finally:
        os.kill(slotd.process.pid, signal.SIGCONT)


def test_a_burst_on_one_loop(start, many_sockets):
    """However many come at once: the loop takes them when it can."""
    slotd = start(config(0, listen={"threads": 1}))
    with Lines(slotd.address) as lines:
        assert lines.served(1) == 1
        for _ in range(3):
            with stopped(slotd):
                burst = [lines.dial() for _ in range(1000)]
                for line in burst:
                    line.send(HEALTH)
            assert [line.reply().status for line in burst] == [200] * 1000
            for line in burst:
                line.close()


def is_open(line):
    """Nothing has come, no end either."""
    line.sock.setblocking(False)
    try:
        return line.sock.recv(1) is None
    except BlockingIOError:
        return True
    finally:
        line.sock.settimeout(support.PATIENCE)


def test_who_was_stopped_hears_what_came(start, many_sockets):
    """Deadlines that went by meanwhile are nobody's fault; where they had
    gone by before, this process was late, and it shows nothing."""
    slotd = start(config(
        0, limits={"header_timeout": 2}, listen={"threads": 1}))

    def heard():
        with Lines(slotd.address) as lines:
            with stopped(slotd):
                held = [lines.dial() for _ in range(1000)]
            # The last is taken, and so are those before it.
            if not lines.served(1):
                return False
            with stopped(slotd):
                there = all(map(is_open, held))
                for line in held:
                    line.send(HEALTH)
                end = time.monotonic() + 2
                support.wait_for(
                    "their end", lambda: time.monotonic() > end)
            return all([line.served() for line in held]) and there

    assert any(heard() for _ in range(3))
