"""The module in a real ejabberd, when slotd is down, slow or talks rubbish."""

import pytest

import ejabberd
import stub as stubs
from ejabberd import Ejabberd, slotd_options
from stanza import Client, parse_error, parse_slot, slot_request
from support import SECRET, wait_for

TIMEOUT = 3
SLOT = stubs.slot()

slotd, alice = ejabberd.slotd, ejabberd.alice


@pytest.fixture(scope="module")
def server(slotd, tmp_path_factory):
    options = slotd_options(slotd.url, timeout=TIMEOUT)
    with Ejabberd(tmp_path_factory.mktemp("ejabberd"),
                  {"mod_http_upload_slotd": options}) as running:
        yield running
        assert SECRET not in running.log()
        assert "CRASH" not in running.log().upper()


@pytest.fixture
def stub(slotd):
    slotd.requests.clear()
    slotd.refused.clear()
    slotd.script.clear()
    yield slotd
    slotd.secret = SECRET


class Log:
    """The lines that come from now on."""

    def __init__(self, server):
        self.server = server
        self.before = self.lines()

    def lines(self):
        text = (self.server.folder / "logs/ejabberd.log").read_text()
        return [line for line in text.splitlines()
                if "No slot from slotd" in line and "times more" not in line]

    def one(self, words):
        """Waits for one line with these words: a new one, or one that was
        written before, for the same is said once a minute."""
        def find():
            return [line for line in self.lines() if words in line]
        found = wait_for("a line of the log", find)
        new = [line for line in self.lines()[len(self.before):]
               if words in line]
        assert len(new) <= 1, new
        assert self.server.slotd.url in found[-1]


@pytest.fixture
def log(server, slotd):
    server.slotd = slotd
    return Log(server)


def send(client, server, filename="cat.jpg"):
    return client.send_iq("get", server.upload, slot_request(filename, 1234))


def unavailable(client, server):
    """Asks for a slot, gets this error, without anything from inside."""
    error = parse_error(client.read_iq(send(client, server)))
    assert error[:2] == ("service-unavailable", "wait"), error
    assert error.text == "The upload service cannot answer just now"
    assert error.max_file_size is error.retry is None
    return error


# --- answers that are no slot ---------------------------------------------


@pytest.mark.parametrize("given, words", [
    (stubs.answer(200, b"<html>hello</html>", content_type="text/html"),
     "without a slot"),
    (stubs.answer(200, b""), "without a slot"),
    (stubs.answer(200, b"\xff\xfe"), "without a slot"),
    (stubs.answer(200, []), "without a slot"),
    (stubs.answer(200, {}), "without a slot"),
    (stubs.answer(200, {"get": stubs.GET}), "without a slot"),
    (stubs.answer(200, {"put": stubs.PUT, "get": None}), "malformed"),
    (stubs.slot(put="http://s3.example.org/cat.jpg"), "public_url"),
    (stubs.slot(get="http://s3.example.org/cat.jpg"), "bucket_url"),
    (stubs.slot(get="http://127.0.0.1.example.org/cat.jpg"), "https"),
    (stubs.slot(get="http://localhost@example.org/cat.jpg"), "https"),
    (stubs.slot(get="http://192.0.2.1/cat.jpg"), "https"),
    (stubs.slot(get="http://[2001:db8::1]/cat.jpg"), "https"),
    (stubs.slot(get="ftp://example.org/cat.jpg"), "neither https nor http"),
    (stubs.slot(put=stubs.PUT + "\n"), "malformed"),
    (stubs.slot(put="https://example.org/a\r\nb"), "malformed"),
    (stubs.slot(put="https://example.org/a b"), "malformed"),
    (stubs.slot(get="https://example.org/ä"), "malformed"),
    (stubs.slot(get="https://example.org/\u0001"), "malformed"),
    (stubs.slot(get="https:///cat.jpg"), "malformed"),
    (stubs.slot(get="/cat.jpg"), "malformed"),
    (stubs.answer(302, b"", [("Location", "https://example.org/")]),
     "redirect"),
    (stubs.answer(404, b"<html>", content_type="text/html"), "'url'"),
    (stubs.answer(502, b"<html>", content_type="text/html"), "status 502"),
    (stubs.answer(500, b"{"), "status 500"),
    (stubs.problem(401, "unauthorized"), "'secret'"),
    (stubs.problem(401, "clock-skew"), "clocks"),
    (stubs.problem(401, "replayed"), "twice"),
    (stubs.problem(404, "not-found"), "without /slot"),
    (stubs.problem(415, "unsupported-media-type"),
     "status 415, unsupported-media-type"),
    # slotd's own header; a client that heeds it would ask with an old nonce.
    (stubs.problem(503, "unavailable", headers=[("Retry-After", "1")]),
     "status 503"),
    (stubs.problem(403, "forbidden", "teapot", "wait"), "does not know"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "Content-Length"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "in the middle"),
    (b"HTTP/1.1 200 OK\r\nContent-Le", "in the middle"),
    (stubs.Reset(b"HTTP/1.1 200 OK\r\n\r\n" + SLOT.body), "in the middle"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: %d\r\n\r\n"
     % len(SLOT.body) + SLOT.body, "two Content-Length"),
    (b"HTTP/1.1 99 OK\r\nContent-Length: 0\r\n\r\n", "does not speak HTTP"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     + b"".join(b"1\r\n%c\r\n" % c for c in SLOT.body) + b"0\r\n\r\n",
     "chunks"),
    (b"HTTP/1.1 200 OK\r\n\r\n{" + 200000 * b" ", "longer"),
    (b"HTTP/1.1 200 OK\r\nX: " + 200000 * b"x", "longer"),
])
def test_an_answer_of_no_use(stub, server, alice, log, given, words):
    stub.then(given)
    unavailable(alice, server)
    log.one(words)
    # An answer was there: nothing is asked again.
    assert len(stub.requests) == 1


def test_the_wrong_secret(stub, server, alice, log):
    stub.secret = SECRET + "-another"
    unavailable(alice, server)
    log.one("compare the options 'caller' and 'secret'")
    assert stub.requests == []


@pytest.mark.parametrize("head", [
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"])
def test_every_way_to_send_a_body(stub, server, alice, head):
    body = SLOT.body
    if b"chunked" in head:
        body = b"7\r\n%b\r\n%X;a=b\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (
            body[:7], len(body) - 7, body[7:])
    stub.then((head % len(body) if b"%d" in head else head) + body)
    assert parse_slot(alice.read_iq(send(alice, server))) == (
        stubs.PUT, stubs.GET, {})


# --- no answer ------------------------------------------------------------


def test_closed_without_an_answer_is_asked_again(stub, server, alice):
    stub.then(stubs.CLOSE, SLOT)
    parse_slot(alice.read_iq(send(alice, server)))
    first, second = stub.requests
    assert first.body == second.body
    assert first.nonce != second.nonce
    # The stub verified both.
    assert stub.refused == []


def test_but_only_once(stub, server, alice, log):
    stub.then(stubs.CLOSE, stubs.CLOSE, SLOT)
    unavailable(alice, server)
    log.one("closes the connection without an answer")
    assert len(stub.requests) == 2


def test_down(stub, server, alice, log):
    stub.refuse()
    try:
        number = send(alice, server)
        error = parse_error(alice.read_iq(number))
        assert error[:2] == ("service-unavailable", "wait")
        # It was tried a second time, a quarter of a second later.
        assert alice.took(number) >= 0.25
        log.one("connection refused")
    finally:
        stub.listen()
    parse_slot(alice.read_iq(send(alice, server)))


def test_slow(stub, server, alice, log):
    """The time limit is kept, and nobody else waits."""
    event = stub.hold()
    slow = send(alice, server, "slow.jpg")
    stub.wait_requests(1)
    others = [send(alice, server) for _ in range(20)]
    for number in others:
        parse_slot(alice.read_iq(number))
    assert slow not in alice.answers
    error = parse_error(alice.read_iq(slow))
    assert error[:2] == ("service-unavailable", "wait")
    assert TIMEOUT - 0.1 < alice.took(slow) < TIMEOUT + 10
    log.one("'timeout'")
    assert len(stub.requests) == 21
    event.set()


def test_many_slow_ones(stub, server, alice):
    """More than are asked at once: all get an answer in time."""
    events = [stub.hold() for _ in range(300)]
    numbers = [send(alice, server) for _ in range(300)]
    try:
        for number in numbers:
            error = parse_error(alice.read_iq(number))
            assert error.condition == "service-unavailable"
            assert alice.took(number) < TIMEOUT + 10
    finally:
        for event in events:
            event.set()
        stub.script.clear()
    parse_slot(alice.read_iq(send(alice, server)))


def test_the_same_complaint_is_said_once(alice, server, stub, log):
    """Users decide how often it would be, else."""
    stub.then(*[stubs.answer(418, b"a teapot")] * 20)
    for _ in range(20):
        unavailable(alice, server)
    log.one("status 418")
    assert len([x for x in log.lines() if "status 418" in x]) == 1


def test_one_user_does_not_hold_all_places(alice, server, stub):
    with Client(server.port, "bob@localhost", "secret") as bob:
        events = [stub.hold() for _ in range(16)]
        numbers = [send(alice, server) for _ in range(40)]
        stub.wait_requests(16)
        # All that she may have are under way; he is served.
        parse_slot(bob.read_iq(send(bob, server)))
        assert len(stub.requests) == 17
        for event in events:
            event.set()
        for number in numbers:
            alice.read_iq(number)
