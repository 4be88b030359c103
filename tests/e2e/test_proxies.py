"""Whose request it is: X-Forwarded-For, and from whom it is believed."""

import json
import re

import pytest

import support
from dial import Line, Lines

A, B = "127.0.0.1", "127.0.0.2"
PROXIES = [A, "10.0.0.0/8", "2001:db8:ffff::/48"]


def asked(slotd, headers, source=None, target="/slot"):
    """The log line of a request without credentials."""
    seen = len(slotd.lines)
    with Lines(slotd.address) as lines:
        line = lines.dial(source)
        head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
        line.send(head.encode() + b"".join(
            header + b"\r\n" for header in headers) + b"\r\n")
        assert line.reply().status == 401
    return json.loads(slotd.wait_line('"status":401', seen))


def forwarded(*values):
    return [b"X-Forwarded-For: " + value.encode() for value in values]


@pytest.fixture(scope="module")
def slotd(start_once):
    return start_once(support.s3_config(
        log={"format": "json"}, trusted_proxies=PROXIES))


@pytest.mark.parametrize("values, client", [
    ([], A),
    (["192.0.2.7"], "192.0.2.7"),
    (["2001:DB8:0::7"], "2001:db8::7"),
    (["::ffff:192.0.2.7"], "192.0.2.7"),
    # Whatever the client itself has sent stands on the left.
    (["203.0.113.9, 192.0.2.7"], "192.0.2.7"),
    (["203.0.113.9, 192.0.2.7, 10.1.2.3"], "192.0.2.7"),
    (["203.0.113.9", "192.0.2.7", "10.1.2.3, 2001:db8:ffff::1"], "192.0.2.7"),
    (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
    (["192.0.2.7:50000, [2001:db8:ffff::1]:443"], "192.0.2.7"),
    (["[2001:db8::7]"], "2001:db8::7"),
    (["192.0.2.7, rubbish"], A),
    (["192.0.2.7, unknown, 10.1.2.3"], "10.1.2.3"),
    (["192.0.2.7", "rubbish"], A),
    (["rubbish, 192.0.2.7"], "192.0.2.7"),
    ([""], A),
    (["192.0.2.7 status=200"], A),
    (['192.0.2.7","x":"'], A),
])
def test_from_a_proxy(slotd, values, client):
    assert asked(slotd, forwarded(*values))["client"] == client


def test_not_from_others(slotd):
    found = asked(slotd, forwarded("192.0.2.7"), B)
    assert found["client"] == B
    found = asked(slotd, forwarded("10.0.0.1"), B)
    assert found["client"] == B


def test_other_names_of_it(slotd):
    """Its name has no case; other headers are not looked at."""
    assert asked(slotd, [b"x-forwarded-FOR: 192.0.2.7"])[
        "client"] == "192.0.2.7"
    assert asked(slotd, [b"Forwarded: for=192.0.2.7", b"X-Real-IP: 192.0.2.7",
                         b"X-Forwarded-For2: 192.0.2.7"])["client"] == A


def test_by_default_from_the_machine_itself(start):
    slotd = start(support.s3_config(log={"format": "json"}))
    assert asked(slotd, forwarded("192.0.2.7"))["client"] == "192.0.2.7"
    assert asked(slotd, forwarded("192.0.2.7"), B)["client"] == B


def test_from_nobody(start):
    slotd = start(support.s3_config(
        log={"format": "json"}, trusted_proxies=()))
    assert asked(slotd, forwarded("192.0.2.7"))["client"] == A


def test_from_a_unix_socket(start, tmp_path):
    config = support.s3_config(log={"format": "json"}, trusted_proxies=(),
                               listen=None)
    config["listen"] = {"unix": str(tmp_path / "slotd.sock")}
    slotd = start(config)
    assert asked(slotd, forwarded("203.0.113.9, 192.0.2.7"))[
        "client"] == "192.0.2.7"
    assert "client" not in asked(slotd, [])
    assert "client" not in asked(slotd, forwarded("rubbish"))


def test_nothing_of_it_is_written_down(slotd):
    """Neither its words nor what they would do to a line."""
    seen = len(slotd.lines)
    for value in (b"evil", b"evil\t1.2.3.4", b'evil" msg="x', b"evil\\u000a",
                  b"\xff\xfeevil", b"1.2.3.4%evil", b"evil=1", b"x" * 2500):
        asked(slotd, [b"X-Forwarded-For: " + value])
        asked(slotd, [b"X-Forwarded-For: " + value], B)
    for line in slotd.lines[seen:]:
        assert "evil" not in line and "xxxx" not in line
        assert json.loads(line)["client"] in (A, B)


def test_who_uploads_and_downloads_is_not_written_down(start, tmp_path):
    fs = start(support.fs_config(tmp_path / "store"))
    headers = [("X-Forwarded-For", "192.0.2.7")]
    seen = len(fs.lines)
    slot = fs.slot(size=3)
    assert support.fetch("PUT", slot["put"], b"abc", headers).status == 201
    assert support.fetch("PUT", slot["put"], b"abc", headers).status == 409
    assert support.fetch("GET", slot["get"], None, headers).status == 200
    assert support.fetch(
        "GET", slot["get"][:-1], None, headers).status == 404
    fs.wait_line("route=/f/.*status=404", seen)
    assert "client" not in "\n".join(fs.lines[seen:])
    # Who tries to get in, or is lost, is.
    forged = slot["put"].replace("/u/", "/u/x")
    assert support.fetch("PUT", forged, b"abc", headers).status == 403
    assert "client=192.0.2.7" in fs.wait_line("code=slot-invalid", seen)
    fs.ask("POST", "/wp-login.php", b"", headers)
    assert "client=192.0.2.7" in fs.wait_line("target=/wp-login.php", seen)


def test_a_proxy_for_many(start):
    """The clients behind it are not limited here: it is for the proxy."""
    slotd = start(support.s3_config(limits={"connections_per_address": 1}))
    lines = [Line(slotd.address) for _ in range(3)]
    request = (b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
               b"X-Forwarded-For: 192.0.2.7\r\n\r\n")
    for line in lines:
        assert line.ask(request).status == 200
        line.close()


def test_check_names_the_wrong_one(tmp_path):
    path = support.write_config(tmp_path, support.s3_config(
        trusted_proxies=["10.0.0.0/8", "proxy.example.org"]))
    done = support.run("check", "-c", path)
    assert done.returncode == 1
    assert re.search(rb":\d+: trusted_proxies\[1\]: ", done.stderr), done
