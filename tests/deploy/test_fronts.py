"""A slot and its file through each web server of deploy/."""

import contextlib
import json
import os
import socket
import ssl
import subprocess

import pytest

import dialects
import support
from authority import Authority
from fronts import FRONTS, NginxForCallers
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
        public_url=front.url, policy={"max_size": "2 GiB"},
        callers=[{"id": "prosody", "secret": support.SECRET},
                 dialects.caller("external-v2", "share")]))
    slotd.store = store
    slotd.front = front
    front.context = context(authority)
    front.start()
    yield slotd
    front.stop()


def context(authority):
    return ssl.create_default_context(cafile=str(authority.certificate))


def connect(front, source=None):
    sock = socket.create_connection(
        ("127.0.0.1", front.port), support.PATIENCE,
        (source, 0) if source else None)
    return front.context.wrap_socket(sock, server_hostname="localhost")


class Client(support.Connection):
    def __init__(self, front, source):
        super().__init__(("localhost", front.port))
        self.front = front
        self.source = source

    def connect(self):
        self.sock = connect(self.front, self.source)


def ask_front(front, method, target, body=None, headers=(), source=None):
    client = Client(front, source)
    try:
        return client.ask(method, target, body, headers)
    finally:
        client.close()


def ask(site, *request, **options):
    return ask_front(site.front, *request, **options)


def targets(answer):
    return (support.split_url(answer["put"])[1],
            support.split_url(answer["get"])[1])


def doctor(path, front):
    """The verdicts, and what was seen of public_url."""
    env = {name: value for name, value in os.environ.items()
           if not name.lower().endswith("_proxy")}
    done = support.run("doctor", "-c", path, "--json",
                       env=dict(env, SSL_CERT_FILE=str(front.authority)))
    [store] = json.loads(done.stdout)
    checks = {check["check"]: check for check in store["checks"]}
    return ({name: check["verdict"] for name, check in checks.items()},
            checks["public_url"]["seen"])


@contextlib.contextmanager
def based(site, folder, authority):
    """The same, with what the sample's comment says of callers' bases."""
    front = type(site.front)(
        folder, authority, site.front.behind, based=True)
    front.context = site.front.context
    front.start()
    try:
        yield front
    finally:
        front.stop()


def test_the_doctor(site, authority, tmp_path):
    """Content when all that clients need is passed on, and not before."""
    well = dict.fromkeys(("folder", "room", "public_url", "clients"), "ok")

    def examine(front, max_size):
        text = site.path.read_text()
        assert text.count("2 GiB") == 1
        path = support.write_config(tmp_path, text.replace(
            site.front.url, front.url).replace("2 GiB", max_size))
        return doctor(path, front)

    verdicts, seen = examine(site.front, "1 GiB")
    assert verdicts == {**well, "public_url": "failure"}
    assert seen.startswith(
        site.front.url + "/share/slotd-doctor/probe.txt: this is not slotd's")
    with based(site, tmp_path, authority) as front:
        assert examine(front, "1 GiB")[0] == well
        # More than the samples let pass.
        verdicts, seen = examine(front, "1025 MiB")
        assert verdicts == {**well, "public_url": "failure"}
        assert seen == (
            front.url + "/u/slotd-doctor: the proxy refuses a PUT of "
            "1074790400 bytes, which max_size allows: 413")


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


def begin(site, target, size, headers=""):
    """What comes to a PUT of which no more than its head is sent."""
    with connect(site.front) as sock:
        send_head(sock, target, size, headers)
        return sock.recv(65536)


def send_head(sock, target, size, headers=""):
    sock.sendall(f"PUT {target} HTTP/1.1\r\nHost: localhost\r\n"
                 f"Content-Length: {size}\r\n{headers}\r\n".encode())


def test_compresses_nothing(site):
    data = b"<p>" * 10000
    put, get = targets(site.slot(size=len(data), filename="a.html"))
    assert ask(site, "PUT", put, data).status == 201
    reply = ask(site, "GET", get, headers=[("Accept-Encoding", "gzip, br")])
    assert "Content-Encoding" not in reply.headers
    assert reply.body == data


def test_refused_before_its_end(site):
    """slotd has its say long before the file is through."""
    if site.front.name == "apache":
        # It looks for an answer behind the file, but for who asks before.
        answer = begin(site, "/u/forged/abc/cat.jpg", len(DATA),
                       "Expect: 100-continue\r\n")
        assert support.statuses(answer) == [403], answer
        return
    with connect(site.front) as sock:
        send_head(sock, "/u/forged/abc/cat.jpg", len(DATA))
        sock.sendall(DATA[:100000])
        sock.settimeout(0.1)

        def answered():
            try:
                return sock.recv(65536)
            except TimeoutError:
                # Caddy looks up from its reading when there is some. The
                # answer may have come meanwhile, and no more be taken.
                with contextlib.suppress(OSError):
                    sock.sendall(b"x")
                return None
        answer = support.wait_for("an answer", answered)
    assert support.statuses(answer) == [403], answer


def test_refused_with_its_answer(site):
    """A body that is not read to its end, and the answer arrives."""
    # Caddy ends the connection with more than 256 KiB left: who writes all
    # before it reads may not see the answer.
    data = DATA[:200 << 10] if site.front.name == "caddy" else DATA
    put, _ = targets(site.slot(size=3))
    reply = ask(site, "PUT", put, data)
    support.assert_problem(reply, "length-mismatch")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    reply = ask(site, "PUT", "/u/forged/abc/cat.jpg", data)
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
    answer = begin(site, put, size, "Expect: 100-continue\r\n")
    assert support.statuses(answer) == [413], answer


def test_curl(site, tmp_path):
    """A usual client, by HTTP/2 where that is offered."""
    answer = site.slot(size=len(DATA))
    file, copy = tmp_path / "file", tmp_path / "copy"
    file.write_bytes(DATA)
    for more in (["-T", file, answer["put"]], ["-o", copy, answer["get"]]):
        done = subprocess.run(
            ["curl", "-sS", "--cacert", site.front.authority,
             "-w", "%{http_code} %{http_version}", *more],
            capture_output=True, text=True, timeout=support.PATIENCE)
        assert done.returncode == 0, done.stderr
        status, version = done.stdout.split()
        assert status in ("201", "200")
        assert version == ("2" if site.front.name == "caddy" else "1.1")
    assert copy.read_bytes() == DATA


def test_base(site, authority, tmp_path):
    """With what the sample's comment says of it; not without."""
    ticket = dialects.Pass("external-v2", "id/a b", 3, name="share")
    assert ask(site, "PUT", ticket.put, b"abc").status == 404
    with based(site, tmp_path, authority) as front:
        for method, target, body, status in (
                ("PUT", ticket.put, b"abc", 201),
                ("GET", ticket.get, None, 200), ("GET", "/slot", None, 404)):
            reply = ask_front(front, method, target, body)
            assert reply.status == status, reply


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


@pytest.mark.parametrize("below", [False, True])
def test_for_callers(start, authority, tmp_path, below):
    """nginx in front of `listen`: for those who are let in."""
    prefix = "/up" if below else ""
    slotd = start(support.s3_config(listen={"base_path": prefix} if below
                                    else {}))
    front = NginxForCallers(tmp_path, authority, slotd.address[1])
    front.below = below
    front.context = context(authority)
    front.start()
    body = support.slot_body()
    try:
        for source, status in (("127.0.0.1", 200), ("127.0.0.2", 403)):
            line = support.authorization(target=prefix + "/slot", body=body)
            reply = ask_front(
                front, "POST", prefix + "/slot", body,
                {"Authorization": line, "Content-Type": "application/json"},
                source=source)
            assert reply.status == status, reply
        seen = len(slotd.lines)
        reply = ask_front(front, "POST", prefix + "/slot", body,
                          {"X-Forwarded-For": "203.0.113.9"})
        support.assert_problem(reply, "unauthorized")
        assert " client=127.0.0.1 " in slotd.wait_line(
            "code=unauthorized", seen)
        # However it is spelt, slotd is not asked.
        for target in ("/metrics", "/metrics?a=b", "//metrics", "/%6detrics"):
            assert ask_front(front, "GET", prefix + target).status == 404
        assert "route=/metrics" not in "".join(slotd.lines)
    finally:
        front.stop()
