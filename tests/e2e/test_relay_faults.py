"""The relay when the store, or the client, does what it should not."""

import re
import secrets

import pytest

import flood
import relayed
import stub_store
import support
import test_tls
from upload import Upload

DATA = secrets.token_bytes(100000)
BIG = secrets.token_bytes(2**20) * 12
store, slotd, hasty = relayed.store, relayed.slotd, relayed.hasty
line_of = relayed.line_of


def slot(slotd, data=DATA):
    return slotd.slot(size=len(data))


def put(answer, data=DATA):
    return relayed.put(answer, data)


def works(slotd, store):
    """It does again, once the store does."""
    store.script = stub_store.take
    answer = slot(slotd)
    assert put(answer).status == 201
    assert store.peers[-1].body == DATA


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 O", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nETag: \"a",
    b"HTTP/1.1 200 OK\r\nETag: \"a\"\r\n", b"HTTP/1.0 200 OK\r\nX: y\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
], ids=["line", "no header", "in a header", "headers", "1.0", "body"])
def test_half_an_answer_is_none(slotd, store, answer):
    """Whether it is stored nobody knows (RFC 9112, section 8)."""
    def script(peer):
        peer.proceed()
        peer.read()
        peer.sock.sendall(answer)
        peer.close()

    store.script = script
    support.assert_problem(put(slot(slotd)), "unavailable")
    assert "after the whole file was sent: it may have kept it" in line_of(slotd)
    works(slotd, store)


# --- the store says no ----------------------------------------------------


REFUSALS = [
    (400, "MalformedXML", "internal"), (403, "AccessDenied", "internal"),
    (404, "NoSuchBucket", "internal"), (307, None, "internal"),
    (403, "QuotaExceeded", "insufficient-storage"),
    (507, None, "insufficient-storage"), (500, "InternalError", "unavailable"),
    (503, "SlowDown", "unavailable"), (429, None, "unavailable"),
    (400, "RequestTimeout", "unavailable"),
    (409, "ConditionalRequestConflict", "unavailable"),
]


def assert_refused(reply, code):
    if code != "internal":
        support.assert_problem(reply, code)
    assert reply.json["code"] == code
    assert reply.status == {"internal": 500}.get(code, reply.status)
    text = reply.body.decode()
    assert "store" not in reply.json.get("detail", "") or code != "internal"
    for inside in ("AccessDenied", "bucket", "127.0.0.1", "SlowDown"):
        assert inside not in text


@pytest.mark.parametrize("status, word, code", REFUSALS)
@pytest.mark.parametrize("when", ["at once", "after", "half"])
def test_refusals(slotd, store, status, word, code, when):
    def script(peer):
        if when != "at once":
            peer.proceed()
            peer.read(None if when == "after" else len(DATA) // 2)
        peer.answer(status, word)
        if when == "half":
            peer.linger()
    store.script = script
    reply = put(slot(slotd))
    assert_refused(reply, code)
    line = line_of(slotd)
    assert f"code={code}" in line
    assert f"the store answered {status}" in line
    if word:
        assert word in line
    works(slotd, store)


def test_refused_before_the_client_has_sent_anything(slotd, store):
    """A client that asks first keeps its body."""
    store.script = lambda peer: peer.answer(403, "AccessDenied")
    upload = Upload(slot(slotd)["put"], len(DATA),
                    [("Expect", "100-continue")])
    reply = upload.reply()
    assert_refused(reply, "internal")
    assert store.peers[0].received == 0
    upload.close()


def test_refused_while_the_client_pauses(slotd, store):
    """What the store says is heard, whether or not bytes come."""
    def script(peer):
        peer.proceed()
        peer.read(1000)
        peer.answer(503, "SlowDown")
    store.script = script
    upload = Upload.begun(slot(slotd)["put"], DATA, 1000)
    store.wait_finished(1)
    # The connection to the store is given up although the client is silent.
    store.wait("the end", lambda: not store.open)
    upload.send(DATA[1000:])
    support.assert_problem(upload.reply(), "unavailable")
    upload.close()


def test_refused_before_the_client_has_sent_all(slotd, store):
    """It hears of it at once, and not at the end of its body."""
    def script(peer):
        peer.proceed()
        peer.read(1000)
        peer.answer(503, "SlowDown")
        peer.linger()
    store.script = script
    upload = Upload.begun(slot(slotd)["put"], DATA, 1000)
    store.wait("the end", lambda: not store.open)
    upload.send(DATA[1000:2000])
    reply = upload.reply()
    support.assert_problem(reply, "unavailable")
    assert reply.headers["Connection"] == "close"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert re.fullmatch("[A-Za-z0-9._-]+", reply.headers["X-Request-Id"])
    # Who sends on all the same is read to the end, and answered once.
    upload.send(DATA[2000:])
    assert upload.sock.recv(1) == b""
    upload.close()
    line = line_of(slotd)
    assert "status=503 code=unavailable" in line and "SlowDown" in line
    assert "ended=early" not in line
    works(slotd, store)


def test_refused_under_way_with_tls(start, store, tmp_path):
    """There the answer comes at the end of the body."""
    certificate, key = test_tls.certificate(tmp_path, "front")
    config = stub_store.config(store, tmp_path)
    port = support.free_port()
    config["public"] = {"address": "127.0.0.1", "port": port,
                        "tls_cert": certificate, "tls_key": key}
    config["public_url"] = f"https://127.0.0.1:{port}"
    slotd = start(config)
    store.script = lambda peer: (peer.proceed(), peer.read(1000),
                                 peer.answer(503, "SlowDown"), peer.linger())
    url = slot(slotd)["put"]
    client = test_tls.Client(("127.0.0.1", port), certificate)
    reply = client.ask("PUT", support.split_url(url)[1], DATA)
    support.assert_problem(reply, "unavailable")
    client.close()


def test_answered_before_it_has_all(slotd, store):
    def script(peer):
        peer.proceed()
        peer.read(1000)
        peer.answer(200)
    store.script = script
    upload = Upload.begun(slot(slotd)["put"], DATA, 1000)
    store.wait_finished(1)
    upload.send(DATA[1000:])
    support.assert_problem(upload.reply(), "unavailable")
    assert "before it had the whole file" in line_of(slotd)
    upload.close()


def test_a_condition_that_the_store_does_not_know(slotd, store):
    def script(peer):
        if "if-none-match" in peer.headers:
            peer.answer(501, "NotImplemented")
        else:
            stub_store.take(peer)
    store.script = script
    answer = slot(slotd)
    assert put(answer).status == 201
    assert [p.body for p in store.peers] == [b"", DATA]
    assert store.peers[1].target == store.peers[0].target


def test_501_to_everything(slotd, store):
    store.script = lambda peer: peer.answer(501, "NotImplemented")
    support.assert_problem(put(slot(slotd)), "unavailable")
    assert len(store.peers) == 2


def test_no_expectations(slotd, store):
    """417: an ancient proxy on the way."""
    def script(peer):
        if "expect" in peer.headers:
            peer.answer(417)
        else:
            stub_store.take(peer)
    store.script = script
    assert put(slot(slotd)).status == 201
    assert [p.body for p in store.peers] == [b"", DATA]


def test_417_to_everything(slotd, store):
    store.script = lambda peer: peer.answer(417)
    reply = put(slot(slotd))
    assert (reply.status, reply.json["code"]) == (500, "internal"), reply
    assert len(store.peers) == 2


def test_no_100(slotd, store):
    """A store that never says 100 gets the body all the same."""
    def script(peer):
        peer.read()
        peer.answer(200)
    store.script = script
    assert put(slot(slotd)).status == 201
    assert store.peers[0].body == DATA


# --- the store is not there -----------------------------------------------


def test_down(start, tmp_path):
    port = support.free_port()
    slotd = start(stub_store.config(
        f"http://127.0.0.1:{port}/bucket", tmp_path))
    support.assert_problem(put(slot(slotd)), "unavailable")
    assert "the store: " in line_of(slotd)


def test_no_such_name(start, tmp_path):
    slotd = start(stub_store.config(
        "http://no-such-host.invalid:9/bucket", tmp_path))
    support.assert_problem(put(slot(slotd)), "unavailable")
    assert "the store: " in line_of(slotd)


def test_it_is_no_http(slotd, store):
    def script(peer):
        peer.sock.sendall(b"SSH-2.0-x\r\n\r\n")
        peer.close()
    store.script = script
    support.assert_problem(put(slot(slotd)), "unavailable")


@pytest.mark.parametrize("shape", flood.SHAPES)
def test_headers_without_an_end(slotd, store, shape):
    whole = []

    def script(peer):
        peer.proceed()
        peer.read()
        whole.append(flood.pour(peer.sock, shape))
        peer.close()
    store.script = script
    support.assert_problem(put(slot(slotd)), "unavailable")
    assert "the store: sent headers without an end" in line_of(slotd)
    store.wait_finished(1)
    assert whole == [False]
    works(slotd, store)


# --- the store breaks off -------------------------------------------------


@pytest.mark.parametrize("when", [0, 50000, len(DATA)])
@pytest.mark.parametrize("how", ["close", "reset"])
def test_closes(slotd, store, when, how):
    def script(peer):
        if when:
            peer.proceed()
            peer.read(when)
        getattr(peer, how)()
    store.script = script
    answer = slot(slotd)
    support.assert_problem(put(answer), "unavailable")
    assert "the store: closed the connection" in line_of(slotd)
    # The slot can be tried again.
    store.script = stub_store.take
    assert put(answer).status == 201


@pytest.mark.parametrize("when", [0, 50000, len(DATA)])
def test_says_nothing(hasty, store, when):
    def script(peer):
        if when:
            peer.proceed()
            peer.read(when)
        store.released.wait(support.PATIENCE)
    store.script = script
    support.assert_problem(put(slot(hasty)), "unavailable")
    assert "the store: took too long" in line_of(hasty)


def test_stops_reading(start, tmp_path):
    """In the middle of a body that no buffer on the way can hold."""
    with stub_store.Store(buffer=65536) as store:
        def script(peer):
            peer.proceed()
            peer.read(2**20)
            store.released.wait(support.PATIENCE)
        store.script = script
        slotd = start(stub_store.config(
            store, tmp_path, limits={"body_timeout": 2}))
        reply = put(slot(slotd, BIG), BIG)
        support.assert_problem(reply, "unavailable")
        assert "the store: took too long" in line_of(slotd)


def test_an_empty_file_is_sent_once(slotd, store):
    """The store keeps it and does not say so: a silent repetition would be
    refused, as a second PUT to the slot."""
    def script(peer):
        store.script = lambda peer: peer.answer(412, "PreconditionFailed")
        peer.close()
    assert put(slot(slotd, b""), b"").status == 201
    store.script = script
    answer = slot(slotd, b"")
    support.assert_problem(put(answer, b""), "unavailable")
    assert "it may have kept it" in slotd.wait_line("route=/u/.* status=503")
    assert len(store.peers) == 2
    support.assert_problem(put(answer, b""), "already-exists")


def test_an_idle_connection_that_was_closed(slotd, store):
    for n in range(5):
        assert put(slot(slotd)).status == 201
        assert store.connections == n + 1
        store.drop_all()
        store.wait("the end", lambda: not store.open)
    works(slotd, store)


def test_a_connection_that_ends_just_then(slotd, store):
    """It was idle, and is closed when the next request has come."""
    assert put(slot(slotd)).status == 201

    def script(peer):
        store.script = stub_store.take
        peer.close()
    store.script = script
    assert put(slot(slotd)).status == 201
    assert store.connections == 2
    assert store.peers[-1].body == DATA
