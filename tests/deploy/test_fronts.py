"""A slot and its file through each web server of deploy/."""

import socket
import ssl

import pytest

import support
from authority import Authority
from fronts import FRONTS
from upload import tree

DATA = bytes(range(256)) * (20 << 10)  # 5 MiB


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module", params=FRONTS, ids=lambda kind: kind.name)
def site(request, authority, start_once, tmp_path_factory):
    """slotd on the embedded store, with `public` behind the web server."""
    kind = request.param
    store = tmp_path_factory.mktemp("store")
    behind = support.free_port()
    front = kind(tmp_path_factory.mktemp(kind.name), authority, behind)
    slotd = start_once(support.fs_config(
        store, public={"address": "127.0.0.1", "port": behind},
        public_url=front.url, policy={"max_size": "2 GiB"}))
    slotd.store = store
    slotd.front = front
    front.context = ssl.create_default_context(
        cafile=str(authority.certificate))
    front.start()
    yield slotd
    front.stop()


def connect(site, source=None):
    sock = socket.create_connection(
        ("127.0.0.1", site.front.port), support.PATIENCE,
        (source, 0) if source else None)
    return site.front.context.wrap_socket(sock, server_hostname="localhost")


class Client(support.Connection):
    def __init__(self, site, source):
        super().__init__(("localhost", site.front.port))
        self.site = site
        self.source = source

    def connect(self):
        self.sock = connect(self.site, self.source)


def ask(site, method, target, body=None, headers=(), source=None):
    client = Client(site, source)
    try:
        return client.ask(method, target, body, headers)
    finally:
        client.close()


def targets(answer):
    return (support.split_url(answer["put"])[1],
            support.split_url(answer["get"])[1])


def test_the_whole_way(site):
    answer = site.slot(size=len(DATA), content_type="image/png")
    put, get = targets(answer)
    assert answer["put"].startswith(site.front.url + "/u/")
    assert ask(site, "PUT", put, DATA).status == 201
    reply = ask(site, "GET", get)
    assert reply.status == 200
    assert reply.body == DATA
    assert reply.headers["Content-Type"] == "image/png"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    head = ask(site, "HEAD", get)
    assert head.status == 200
    assert head.headers["Content-Length"] == str(len(DATA))
    part = ask(site, "GET", get, headers=[("Range", "bytes=1000-1999")])
    assert part.status == 206
    assert part.body == DATA[1000:2000]


def test_preflight(site):
    put, _ = targets(site.slot(size=3))
    reply = ask(site, "OPTIONS", put, headers=[
        ("Origin", "https://chat.example.org"),
        ("Access-Control-Request-Method", "PUT")])
    assert reply.status in (200, 204), reply
    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["*"]
    assert "PUT" in reply.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("name", [
    "très cool.jpg", "a%2Fb.txt", "a%2e%2e.txt", "x+y&z=1;2.bin",
    "日本語 [1] (2).pdf", "semi;colon,comma.txt"])
def test_names(site, name):
    """They arrive as they were sent, whatever is escaped in them."""
    put, get = targets(site.slot(size=3, filename=name))
    assert ask(site, "PUT", put, b"abc").status == 201
    assert ask(site, "GET", get).body == b"abc"
    assert any(path.endswith("/" + name) for path in tree(site.store))


def begin(site, target, size):
    """The head of a PUT that waits for its 100; what comes instead."""
    with connect(site) as sock:
        sock.sendall(f"PUT {target} HTTP/1.1\r\nHost: localhost\r\n"
                     f"Content-Length: {size}\r\n"
                     "Expect: 100-continue\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = sock.recv(65536)
            if not piece:
                break
            answer += piece
    return answer


def test_refused_with_its_answer(site):
    """A body that is not read to its end, and the answer arrives."""
    put, _ = targets(site.slot(size=3))
    if site.front.name == "caddy":
        # It ends the connection after its answer: who writes all before it
        # reads does not see that.
        assert support.statuses(begin(site, put, len(DATA)))[-1] in (100, 413)
        return
    reply = ask(site, "PUT", put, DATA)
    support.assert_problem(reply, "length-mismatch")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    reply = ask(site, "PUT", "/u/forged/abc/cat.jpg", DATA)
    support.assert_problem(reply, "slot-invalid")


def test_refused_after_a_short_body(site):
    put, _ = targets(site.slot(size=3))
    reply = ask(site, "PUT", put, b"abcd")
    support.assert_problem(reply, "length-mismatch")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_too_large(site):
    """Above the web server's own limit: 413, of whomever."""
    size = (1 << 30) + 1
    put, _ = targets(site.slot(size=size))
    answer = begin(site, put, size)
    if site.front.name == "caddy":
        # It finds out when it has read so much.
        assert support.statuses(answer) == [100], answer
    else:
        assert support.statuses(answer) == [413], answer


@pytest.mark.parametrize("target", [
    "/", "/slot", "/limits?domain=example.org", "/metrics", "/readyz",
    "/openapi.yaml", "/healthz", "//slot", "/u/../slot", "/f/../metrics",
    "/f/..%2fmetrics", "/u/%2e%2e/slot", "/%73lot"])
def test_nothing_else(site, target):
    body = support.slot_body()
    headers = [("Authorization", support.authorization(
        body=body, target=target)), ("Content-Type", "application/json")]
    for method, content in (("GET", None), ("POST", body)):
        reply = ask(site, method, target, content,
                    headers if content else ())
        assert reply.status in (400, 403, 404, 405), (method, reply)
        assert b"slotd_" not in reply.body
        assert b'"put"' not in reply.body


def test_the_clients_address(site):
    """What the web server says of it is believed; what the client says of
    itself is not."""
    seen = len(site.lines)
    reply = ask(site, "PUT", "/u/forged/who/cat.jpg", b"abc", [
        ("X-Forwarded-For", "203.0.113.9"),
        ("Forwarded", "for=203.0.113.9")], source="127.0.0.2")
    support.assert_problem(reply, "slot-invalid")
    line = site.wait_line("code=slot-invalid", seen)
    assert " client=127.0.0.2 " in line
    assert "203.0.113.9" not in line
