"""The edge, by raw sockets: what no honest client sends."""

import socket

import pytest

import support


@pytest.fixture(autouse=True)
def survives(fs):
    yield
    assert fs.process.poll() is None
    assert fs.healthy()


def head(line, *headers):
    return line + b"\r\n" + b"".join(h + b"\r\n" for h in headers) + b"\r\n"


POST = b"POST /slot HTTP/1.1"
GET = b"GET /healthz HTTP/1.1"
H = b"Host: 127.0.0.1"
CLOSE = b"Connection: close"
SMUGGLED = head(GET, H, CLOSE)


@pytest.mark.parametrize("data", [
    head(POST, H, b"Content-Length: 2", b"Content-Length: 40") + b"{}",
    head(POST, H, b"Content-Length: 2", b"Content-Length: 2") + b"{}",
    head(POST, H, b"Content-Length: 2, 40") + b"{}",
    head(POST, H, b"Content-Length: 5", b"Transfer-Encoding: chunked")
    + b"0\r\n\r\n",
    head(POST, H, b"Transfer-Encoding: chunked", b"Content-Length: 5")
    + b"0\r\n\r\n",
    head(POST, H, b"Transfer-Encoding: gzip") + b"{}",
    head(POST, H, b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
    head(POST, H, b"Transfer-Encoding: chunked, identity") + b"0\r\n\r\n",
    head(POST, H, b"Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    head(POST, H, b"Transfer-Encoding: chunked",
         b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    head(POST, H, b"Content-Length: -1"),
    head(POST, H, b"Content-Length: +2") + b"{}",
    head(POST, H, b"Content-Length: 0x2") + b"{}",
    head(POST, H, b"Content-Length: 99999999999999999999999"),
    head(POST, H, b"Content-Length: two"),
    head(POST, H, b"Transfer-Encoding: chunked") + b"zz\r\n\r\n",
    head(POST, H, b"Transfer-Encoding: chunked")
    + b"ffffffffffffffffff\r\n",
    head(GET, H, H),
    head(GET, H, b"Host: evil.example"),
    head(GET),
    head(GET, H, b"Bad Name: x"),
    head(GET, H, b"Bad[Name]: x"),
    head(GET, H, b"Transfer-Encoding : chunked"),
    head(GET, H, b"no colon at all"),
    head(GET, b" " + H),
    head(b"GET /healthz HTTP/3.0", H),
    head(b"GET /healthz HTTX/1.1", H),
    head(b"GET /" + b"a" * 70000 + b" HTTP/1.1", H),
    head(GET, H, b"X-Huge: " + b"a" * 70000),
    head(GET, H, *[b"X-%d: y" % n for n in range(5000)]),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500
    + b"\r\n\r\n",
])
def test_refused_and_closed(fs, data):
    """A 4xx or 5xx, and then the end: nothing behind it is read.

    (libmicrohttpd 0.9.75 writes the head of its own error pages twice.)
    """
    try:
        answer = support.raw(fs.address, data + SMUGGLED)
    except ConnectionError:
        return  # closed with our bytes unread: nothing was served
    found = support.statuses(answer)
    assert len(found) <= 2 and len(set(found)) <= 1, answer
    assert all(400 <= status <= 505 for status in found), answer


@pytest.mark.parametrize("headers", [
    (H, b"Content-Length: 2", b"Content-Length: 40"),
    (H, b"Content-Length: 2", b"Transfer-Encoding: chunked"),
    (H, b"Transfer-Encoding: gzip", ),
    (H, b"Host: evil.example", b"Content-Length: 0"),
    (H, b"Bad[Name]: x", b"Content-Length: 0"),
])
def test_refused_with_400(fs, headers):
    """The status itself arrives when there is nothing left to read."""
    answer = support.raw(fs.address, head(POST, *headers))
    assert support.statuses(answer) == [400], answer


# CTL of RFC 5234 without the tab, and without NUL, CR and LF, which end lines.
CONTROLS = [*range(0x01, 0x09), 0x0b, 0x0c, *range(0x0e, 0x20), 0x7f]


@pytest.mark.parametrize("byte", CONTROLS, ids="{:02x}".format)
def test_controls_in_values(fs, byte):
    """RFC 9110, section 5.5: wherever in the value it stands."""
    for size in (1, 8, 19):
        for at in range(size):
            value = b"~" * at + bytes([byte]) + b"~" * (size - 1 - at)
            answer = support.raw(fs.address, head(GET, H, b"X: a" + value))
            assert support.statuses(answer) == [400], (value, answer)


def test_all_other_bytes_in_values(fs):
    others = bytes(sorted({*range(0x20, 0x100), 0x09} - {0x7f}))
    values = [others, others[::-1], *(
        b"a" * (n % 16) + bytes([byte]) * 9 + b"a"
        for n, byte in enumerate(others))]
    answer = support.raw(fs.address, b"".join(
        head(GET, H, b"X: a" + value) for value in values)
        + head(GET, H, CLOSE))
    assert support.statuses(answer) == [200] * (len(values) + 1)


TWICE = (b"Authorization: Slot-HMAC-SHA256 id=prosody",
         b"Authorization: Basic Og==")


@pytest.mark.parametrize("wrong", [
    TWICE, (b"Host: evil.example",), (b"X-A: a\x01b",),
    (b"Bad[Name]: x",)], ids=["authorization", "host", "control", "name"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "behind"])
@pytest.mark.parametrize("framing, body", [
    ((b"Content-Length: 2", b"Content-Length: 40"), b"{}"),
    ((b"Content-Length: 2", b"Transfer-Encoding: chunked"), b"0\r\n\r\n"),
    ((b"Transfer-Encoding: gzip, chunked",), b"0\r\n\r\n"),
    ((b"Content-Length: 0", b"Content-Length: %d" % len(SMUGGLED)), b""),
])
def test_framing_is_judged_whatever_else_is_wrong(
        fs, framing, body, before, wrong):
    """RFC 9112, section 6.3: one answer, 400, and the end."""
    headers = wrong + framing if before else framing + wrong
    answer = support.raw(
        fs.address, head(POST, H, *headers) + body + SMUGGLED)
    assert support.statuses(answer) == [400], answer
    assert b"\r\nConnection: close\r\n" in answer


def test_two_credentials_alone_are_unauthorized(fs):
    answer = support.raw(fs.address, head(
        POST, H, CLOSE, b"Content-Length: 2", *TWICE) + b"{}")
    assert support.statuses(answer) == [401], answer


HOST = H + b"\r\n"
LINE = POST + b"\r\n"


@pytest.mark.parametrize("data", [
    POST + b"\n" + HOST + b"Content-Length: 0\r\n\r\n",
    LINE + H + b"\nContent-Length: 0\r\n\r\n",
    LINE + HOST + b"X: a\nContent-Length: 5\r\n\r\nhello",
    LINE + HOST + b"Content-Length: 0\n\r\n",
    LINE + HOST + b"Content-Length: 5\r\n\nhello",
    LINE + HOST + b"Content-Length: 5\n\nhello",
    LINE + HOST + b"X:\nContent-Length: 0\r\n\r\n",
    LINE + HOST + b"X: a\rContent-Length: 5\r\n\r\nhello",
    LINE + HOST + b"X: a\r\r\nContent-Length: 0\r\n\r\n",
    LINE + b"X: a\0b\r\n" + HOST + b"Content-Length: 0\r\n\r\n",
    b"GET /healthz\rX HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /healthz HTTP/1.0\n" + HOST + b"\r\n",
    b"GET /healthz HTTP/1.1\n" + HOST + b"\r\n",
    b"GET /healthz HTTP/1.1\r\n" + HOST + b"\n",
    head(GET, H) + b"GET /healthz HTTP/1.1\r\n" + H + b"\n\r\n",
])
def test_lines_end_in_crlf(fs, data):
    """Where a line ends no two readers may differ (RFC 9112, 2.2)."""
    found = support.statuses(support.raw(fs.address, data + SMUGGLED))
    # (libmicrohttpd 0.9.75 writes the head of its own error pages twice.)
    assert found in ([400], [400, 400], [200, 400]), found


@pytest.mark.parametrize("data", [
    LINE + HOST + b"Content-Length: %d\0\r\n\r\n" % len(SMUGGLED),
    LINE + HOST + b"Content-Length: 0\0\r\n\r\n",
    LINE + HOST + b"Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n",
    LINE + HOST + b"X: a\0\0\r\n\r\n",
    LINE + HOST + b"X: a\0b\r\n\r\n",
    LINE + HOST + b"X\0: a\r\n\r\n",
    LINE + HOST + b"\0Content-Length: 5\r\n\r\n",
    LINE + HOST + b"\0\0Content-Length: 5\r\n\r\n",
    LINE + HOST + b"\0\0\0\r\n",
    LINE + b"\0\0\r\n" + HOST + b"\r\n",
    b"GET /healthz HTTP/1.0\r\n\0\0" + HOST + b"\r\n",
    b"GET /healthz\0 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /healthz\0X HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /healthz?a\0b HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET \0/healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET\0 /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    b"G\0ET /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    b"\0GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /healthz HTTP/1.1\0\r\n" + HOST + b"\r\n",
])
def test_a_nul_stands_nowhere(fs, data):
    """RFC 9110, 5.5, and RFC 9112, 3: it is refused wherever it stands, and
    nothing behind it is read."""
    found = support.statuses(support.raw(fs.address, data + SMUGGLED))
    # (libmicrohttpd 0.9.75 writes the head of its own error pages twice.)
    assert found in ([400], [400, 400], []), found


def test_a_first_line_with_all_that_may_be_in_it(fs):
    for line in (b"GET /healthz?a=b&c&d= HTTP/1.1", b"GET /healthz? HTTP/1.1",
                 b"GET http://127.0.0.1/healthz?x HTTP/1.1"):
        answer = support.raw(fs.address, head(line, H) + SMUGGLED)
        assert support.statuses(answer) == [200, 200], line


@pytest.mark.parametrize("line", [
    b"GET  /healthz HTTP/1.1", b"\r\nGET /healthz HTTP/1.1"])
def test_a_first_line_with_more(fs, line):
    """RFC 9112, 2.2 and 3, leaves it to the server, and so do we to
    libmicrohttpd."""
    answer = support.raw(fs.address, head(line, H) + SMUGGLED)
    assert support.statuses(answer) in ([200, 200], [400], []), answer


@pytest.mark.parametrize("body", [
    b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n",
    b"5;a\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\n\r\n",
    b"5\r\nhello\r\n0\r\n\n", b"5\rhello\r\n0\r\n\r\n"])
def test_lines_between_chunks(fs, body):
    """Nothing is read behind a body whose end others may see elsewhere."""
    answer = support.raw(fs.address, head(
        POST, H, b"Transfer-Encoding: chunked") + body + SMUGGLED)
    # (libmicrohttpd 0.9.75 writes the head of its own error pages twice.)
    assert support.statuses(answer) in ([401], [400], [400, 400]), answer


@pytest.mark.parametrize("data", [
    head(GET, b"X-A: 1\r\n folded", H),
    head(POST, H, b"Transfer-Encoding:\r\n chunked", b"Content-Length: 5")
    + b"0\r\n\r\n",
    head(GET, H, b"X-A: a\0b"),
    head(GET, b"Host: 127.0.0.1\0evil"),
    head(b"GET /healthz\0 HTTP/1.1", H),
])
def test_odd_but_never_split(fs, data):
    """Refused, or read as one request: never as two."""
    try:
        answer = support.raw(
            fs.address, data.replace(H, H + b"\r\nConnection: close"))
    except ConnectionError:
        return
    assert len(support.statuses(answer)) <= 1


@pytest.mark.parametrize("target, expected", [
    (b"http://127.0.0.1/healthz", {200, 400, 404}),
    (b"*", {400, 404}), (b"healthz", {400, 404}),
    (b"/healthz/", {404}), (b"//healthz", {400, 404}),
    (b"/health%7a", {200, 404}), (b"/./healthz", {400, 404}),
    (b"/%00", {400, 404}), (b"/healthz%00", {400, 404}),
    (b"/%zz", {400, 404}), (b"/", {404}), (b"/healthz?x=1", {200}),
    (b"/\xff\xfe", {400, 404}), (b"/a\"b<c>", {400, 404}),
])
def test_targets(fs, target, expected):
    answer = support.raw(
        fs.address, head(b"GET " + target + b" HTTP/1.1", H, CLOSE))
    assert len(support.statuses(answer)) == 1
    assert support.statuses(answer)[0] in expected, answer


def test_http10(fs):
    answer = support.raw(fs.address, head(b"GET /healthz HTTP/1.0"))
    assert support.statuses(answer) == [200]
    answer = support.raw(fs.address, head(b"GET /nothing HTTP/1.0", H))
    assert support.statuses(answer) == [404]


def test_pipelining(fs):
    data = 5 * head(GET, H) + head(b"GET /no HTTP/1.1", H, CLOSE)
    answer = support.raw(fs.address, data)
    assert support.statuses(answer) == [200] * 5 + [404]


def test_keep_alive(fs):
    connection = support.Connection(fs.address)
    assert connection.ask("GET", "/healthz").status == 200
    sock = connection.sock
    for _ in range(3):
        body = support.slot_body()
        for secret, status in ((support.SECRET, 200), ("wrong" * 5, 401)):
            reply = connection.ask("POST", "/slot", body, {
                "Authorization": support.authorization(
                    body=body, secret=secret),
                "Content-Type": "application/json"})
            assert reply.status == status
            assert connection.sock is sock
    connection.close()


def test_byte_by_byte(start):
    """Which takes as long as it takes."""
    slotd = start(support.s3_config(limits={"header_timeout": 600}))
    body = support.slot_body()
    data = head(POST, H, CLOSE, b"Content-Type: application/json",
                b"Content-Length: %d" % len(body),
                b"Authorization: " + support.authorization(
                    body=body).encode()) + body
    with socket.create_connection(slotd.address, support.PATIENCE) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for n in range(len(data)):
            sock.sendall(data[n:n + 1])
        answer = sock.makefile("rb").read()
    assert support.statuses(answer) == [200]


def test_gone_at_once(fs):
    """Clients that leave at any point of a request."""
    data = head(POST, H, b"Content-Length: 100") + b"{" * 50
    for n in range(0, len(data), 7):
        with socket.create_connection(fs.address, support.PATIENCE) as sock:
            sock.sendall(data[:n])


def test_head(fs):
    answer = support.raw(fs.address, head(b"HEAD /healthz HTTP/1.1", H, CLOSE))
    assert support.statuses(answer)[0] in (200, 405)
    assert answer.endswith(b"\r\n\r\n")


def test_small_routes(fs):
    assert fs.ask("GET", "/healthz").status == 200
    assert fs.ask("GET", "/readyz").status == 200
    reply = fs.ask("GET", "/openapi.yaml")
    assert reply.status == 200
    assert reply.body == (support.ROOT / "api/openapi.yaml").read_bytes()
    for target in ("/", "/nothing", "/u", "/f", "/slot/x", "/slotx"):
        reply = fs.ask("GET", target)
        support.assert_problem(reply, "not-found")
