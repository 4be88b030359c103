"""How much memory a running slotd takes, and what it is for."""

import contextlib
import os
import re
import resource
import socket

import pytest

import support

CONNECTIONS = 1000
MIB = 1024

pytestmark = [
    pytest.mark.skipif(support.SANITIZED,
                       reason="sanitizers take memory of their own"),
    pytest.mark.skipif(os.sysconf("SC_PAGESIZE") != 4096,
                       reason="larger pages are touched for less"),
]


@pytest.fixture
def slotd(start):
    # Opening them may take a while; none is to be closed meanwhile.
    return start(support.s3_config(limits={"idle_timeout": 3600}))


@pytest.fixture
def sockets():
    """Room for the connections of a test, that are closed behind it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS * 2 + 500
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"needs {wanted} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    with contextlib.ExitStack() as stack:
        yield stack
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def resident(slotd):
    """VmRSS in KiB."""
    with open(f"/proc/{slotd.process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])


def has_other_libraries(slotd):
    """Than Debian 12, for which the bound of all together is."""
    text = slotd.ask("GET", "/metrics").body.decode()
    return not re.search(r'libmicrohttpd="0\.', text)


def ask(sock, headers=""):
    """The first line of the answer to a request for a slot."""
    body = support.slot_body()
    line = support.authorization("POST", "/slot", body)
    sock.sendall(
        (f"POST /slot HTTP/1.1\r\nHost: x\r\nAuthorization: {line}\r\n"
         f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
         f"{headers}\r\n").encode() + body)
    answer = b""
    while b"\r\n" not in answer:
        piece = sock.recv(65536)
        assert piece, "no answer"
        answer += piece
    return answer.partition(b"\r\n")[0]


def open_all(slotd, sockets):
    """Connections that have each got a slot."""
    opened = []
    for _ in range(CONNECTIONS):
        sock = socket.create_connection(slotd.address, support.PATIENCE)
        sockets.enter_context(sock)
        assert ask(sock) == b"HTTP/1.1 200 OK"
        opened.append(sock)
    return opened


def test_a_thousand_connections(slotd, sockets):
    other = has_other_libraries(slotd)
    idle = resident(slotd)
    open_all(slotd, sockets)
    used = resident(slotd)
    assert used - idle <= 4.75 * CONNECTIONS
    assert used <= 14 * MIB or other


def test_memory_is_given_back(slotd, sockets):
    """Also what lies below the memory of those that stay."""
    opened = open_all(slotd, sockets)
    before = resident(slotd)
    for number, sock in enumerate(opened):
        if number % 100:
            sock.close()
    support.wait_for("3 MiB less",
                     lambda: resident(slotd) <= before - 3 * MIB)
    assert ask(opened[0]) == b"HTTP/1.1 200 OK"


# libmicrohttpd keeps a cookie twice.
LONGER = {
    "one long": "X-Forwarded-For: " + "203.0.113.195, " * 160 + "::1\r\n",
    "cookie": "Cookie: a=" + "b" * 1200 + "\r\n",
    "many": "".join(f"X-Proxy-{n}: 203.0.113.{n}\r\n" for n in range(25)),
}


@pytest.mark.parametrize("which", LONGER)
def test_heads_that_proxies_made_longer(slotd, which):
    headers = LONGER[which]
    with socket.create_connection(slotd.address, support.PATIENCE) as sock:
        for _ in range(3):
            assert ask(sock, headers) == b"HTTP/1.1 200 OK"
