"""Limits and deadlines hold on a TLS listener as they do on others."""

import re
import socket
import ssl

import pytest

import support
from dial import HEALTH, Line, Lines
from test_tls import certificate
from upload import Upload

FILE = b"0123456789abcdef" * 2**16 * 24
LONG = 3600
# How a ClientHello begins.
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"), "first")


def config(pair, **over):
    listen = {"tls_cert": pair[0], "tls_key": pair[1]}
    return support.s3_config(listen=listen, **over)


@pytest.fixture(scope="module")
def secure(start_once, pair):
    """Patient in all but heads."""
    return start_once(config(pair, limits={
        "header_timeout": 1, "body_timeout": LONG, "idle_timeout": LONG}))


class Secure(Line):
    def __init__(self, address, cert, buffer=None):
        plain = socket.socket()
        plain.settimeout(support.PATIENCE)
        if buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        plain.connect(address)
        context = ssl.create_default_context(cafile=str(cert))
        self.sock = context.wrap_socket(
            plain, server_hostname="127.0.0.1",
            suppress_ragged_eofs=True)


@pytest.mark.parametrize("data, drip", [
    (b"", None), (HELLO, None), (HELLO, b"\0")])
def test_a_handshake(secure, data, drip):
    upload = Upload.__new__(Upload)
    upload.sock = socket.create_connection(secure.address, support.PATIENCE)
    upload.send(data)
    upload.wait_closed(drip)
    upload.close()


def test_a_head(secure, pair):
    def answered():
        """Unless this process took longer than its head may."""
        try:
            line = Secure(secure.address, pair[0])
        except OSError:
            return None
        return line.served() and line

    line = support.wait_for("an answer", answered)
    line.send(b"GET /healthz HTTP/1.1\r\nX: ")
    line.sock.settimeout(0.05)

    def ended():
        try:
            line.send(b"a")
            return line.sock.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True
    support.wait_for("its end", ended)
    line.close()


def breaks_off(slotd, pair):
    Line(slotd.address).reset()


def breaks_off_in_its_hello(slotd, pair):
    line = Line(slotd.address)
    line.send(HELLO)
    line.close()


def sends_rubbish(slotd, pair):
    line = Line(slotd.address)
    line.send(HEALTH)
    line.rest()
    line.close()


def is_served(slotd, pair):
    support.wait_for("its turn", lambda: free(slotd, pair))


@pytest.fixture(scope="module")
def two(start_once, pair):
    return start_once(config(
        pair, trusted_proxies=(), limits={"connections_per_address": 2}))


@pytest.mark.parametrize("end", [
    breaks_off, breaks_off_in_its_hello, sends_rubbish, is_served])
def test_no_place_is_lost(two, pair, end):
    def room():
        with Lines(two.address) as lines:
            try:
                for _ in range(2):
                    lines.open.append(Secure(two.address, pair[0]))
            except OSError:
                return False
            # Before a handshake there are no words: it is just closed.
            assert lines.dial().rest() == b""
            return all(line.served() for line in lines.open[:2])
    support.wait_for("both places", room)
    support.wait_for("the end of both", lambda: free(two, pair))
    end(two, pair)
    support.wait_for("both places", room)


def free(slotd, pair):
    """Whether one more is served."""
    try:
        line = Secure(slotd.address, pair[0])
    except OSError:
        return False
    with Lines(slotd.address) as lines:
        lines.open.append(line)
        return line.served()


def test_a_download(start, tmp_path, pair):
    """As test_deadlines.py has it."""
    config = support.fs_config(tmp_path / "store", limits={
        "idle_timeout": LONG})
    fs = start(config)
    slot = fs.slot(size=len(FILE))
    assert support.fetch("PUT", slot["put"], FILE).status == 201
    fs.stop()
    config["listen"] |= {"tls_cert": pair[0], "tls_key": pair[1]}
    config["limits"] |= {"body_timeout": 1, "min_rate": 2**31 - 1}
    support.write_config(fs.path.parent, config)
    fs.start()
    seen = len(fs.lines)
    slow = Secure(fs.address, pair[0], buffer=4096)
    target = support.split_url(slot["get"])[1]
    slow.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    found = fs.wait_line("route=/f/.*ended=early", seen)
    assert re.search("status=200 .*the client was too slow", found)
    slow.close()
