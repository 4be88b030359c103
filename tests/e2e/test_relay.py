"""The relay before a store that does what it should."""

import re
import secrets
import threading
import urllib.parse

import pytest

import relayed
import stub_store
import support
from upload import Upload

DATA = bytes(range(256)) * 5
store, slotd = relayed.store, relayed.slotd


def put(answer, data=DATA, headers=()):
    return relayed.put(answer, data, headers)


@pytest.mark.parametrize(
    "size", [0, 1, 65535, 65536, 65537, 131072, 3 * 2**20 + 7])
def test_bytes_arrive(slotd, store, size):
    data = secrets.token_bytes(size)
    answer = slotd.slot(size=size, content_type="image/png")
    reply = put(answer, data, {"Content-Type": "text/html"})
    assert (reply.status, reply.body) == (201, b""), reply
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    peer, = store.peers
    assert peer.method == "PUT"
    assert peer.body == data
    assert peer.headers["content-length"] == str(size)
    assert "transfer-encoding" not in peer.headers
    assert peer.headers["content-type"] == "image/png"
    assert peer.headers["if-none-match"] == "*"
    # Nothing of S3's own that would have to be signed.
    assert not [name for name in peer.headers if name.startswith("x-amz-")]
    assert "authorization" not in peer.headers
    query = urllib.parse.parse_qs(peer.target.partition("?")[2])
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]


def test_urls(slotd, store):
    answer = slotd.slot(size=len(DATA), filename="très cool.jpg")
    base = slotd.config["public_url"]
    name = "tr%C3%A8s%20cool[.]jpg"
    key = f"[A-Za-z0-9_-]{{22}}/[A-Za-z0-9_-]{{22}}/{name}"
    found = re.fullmatch(
        re.escape(base) + f"/u/([A-Za-z0-9_.-]+)/({key})", answer["put"])
    assert found, answer
    assert answer["get"] == store.url + "/" + found[2]
    assert answer["headers"] == {}
    assert put(answer).status == 201
    assert stub_store.key_of(store.peers[0].target) == found[2]


@pytest.mark.parametrize("named, sent, kept", [
    ("image/png", None, "image/png"), (None, "audio/ogg", "audio/ogg"),
    (None, None, "application/octet-stream"),
    ("text/plain; charset=utf-8", "", "text/plain; charset=utf-8")])
@pytest.mark.parametrize("signed", [False, True])
def test_types(start, store, tmp_path, named, sent, kept, signed):
    slotd = start(stub_store.config(
        store, tmp_path, storage={"sign_content_type": signed}))
    answer = slotd.slot(
        size=len(DATA), **({"content_type": named} if named else {}))
    headers = [("Content-Type", sent)] if sent is not None else []
    assert put(answer, DATA, headers).status == 201
    assert store.peers[0].headers["content-type"] == kept
    query = urllib.parse.parse_qs(store.peers[0].target.partition("?")[2])
    assert query["X-Amz-SignedHeaders"] == [
        "content-length;content-type;host" if signed
        else "content-length;host"]


def test_connections_are_used_again(slotd, store):
    for _ in range(5):
        assert put(slotd.slot(size=len(DATA))).status == 201
    assert store.connections == 1
    assert [peer.body for peer in store.peers] == [DATA] * 5


def test_a_client_keeps_its_connection(slotd, store):
    connection = support.Connection(slotd.address)
    for n in range(3):
        answer = slotd.slot(size=len(DATA))
        reply = connection.ask(
            "PUT", support.split_url(answer["put"])[1], DATA)
        assert reply.status == 201, reply
        sock = connection.sock
    assert sock is connection.sock
    connection.close()


def test_virtual_host(start, store, tmp_path):
    """The bucket in the host's name; RFC 6761 lets it lead here."""
    url = f"http://bucket.localhost:{store.port}"
    slotd = start(stub_store.config(url, tmp_path))
    answer = slotd.slot(size=len(DATA))
    assert put(answer).status == 201
    peer, = store.peers
    assert peer.headers["host"] == f"bucket.localhost:{store.port}"
    assert peer.target.split("?")[0] == answer["get"][len(url):]


def test_a_byte_at_a_time(slotd, store):
    data = secrets.token_bytes(60)
    upload = Upload.begun(slotd.slot(size=len(data))["put"], data, 0)
    for n in range(len(data)):
        upload.send(data[n:n + 1])
        store.wait("a byte", lambda: store.peers[0].received > n)
    assert upload.reply().status == 201
    assert store.peers[0].body == data


def test_one_at_a_time(slotd, store):
    answer = slotd.slot(size=len(DATA))
    first = Upload.begun(answer["put"], DATA, 100)
    support.assert_problem(put(answer), "already-exists")
    first.send(DATA[100:])
    assert first.reply().status == 201
    assert len(store.peers) == 1


@pytest.mark.parametrize("status", [412, 409])
def test_the_store_has_it(slotd, store, status):
    store.script = lambda peer: peer.answer(status, "PreconditionFailed")
    support.assert_problem(put(slotd.slot(size=len(DATA))), "already-exists")


def test_refused_before_the_store_hears_of_it(slotd, store):
    answer = slotd.slot(size=len(DATA))
    support.assert_problem(put(answer, DATA + b"x"), "length-mismatch")
    support.assert_problem(put(answer, DATA[1:]), "length-mismatch")
    reply = support.fetch(
        "PUT", answer["put"], support.chunked(DATA),
        {"Transfer-Encoding": "chunked"})
    support.assert_problem(reply, "length-required")
    support.assert_problem(
        put({"put": answer["put"] + "x"}), "slot-invalid")
    support.assert_problem(
        put(answer, DATA, {"Content-Range": "bytes 0-1/2"}), "bad-request")
    assert store.connections == 0
    assert put(answer).status == 201


def test_late(start, store, tmp_path, clock):
    slotd = start(stub_store.config(
        store, tmp_path, storage={"put_ttl": 100}))
    running, late = (slotd.slot(size=len(DATA)) for _ in range(2))
    upload = Upload.begun(running["put"], DATA, 100)
    clock.move(101)
    support.assert_problem(put(late), "slot-expired")
    upload.send(DATA[100:])
    assert upload.reply().status == 201


@pytest.mark.parametrize("key_file", ["given", "the embedded store's"])
def test_many_stores(start, tmp_path, key_file):
    """Each store's slots lead to it."""
    with stub_store.Store() as one, stub_store.Store() as two:
        config = stub_store.config(one, tmp_path, domains=[
            {"name": "two.example", "storage": "two"},
            {"name": "fs.example", "storage": "fs"}])
        config["storages"] = [
            {**config["storage"], "name": "two", "bucket_url": two.url},
            {"name": "fs", "type": "fs", "path": tmp_path / "fs",
             "min_free": "1 MiB"}]
        if key_file != "given":
            del config["key_file"]
        slotd = start(config)
        places = {"example.org": one, "two.example": two, "fs.example": None}
        for domain, place in places.items():
            answer = slotd.slot(jid="juliet@" + domain, size=len(DATA))
            before = len(one.peers), len(two.peers)
            reply = put(answer)
            assert reply.status == 201, reply
            assert (len(one.peers), len(two.peers)) == (
                before[0] + (place is one), before[1] + (place is two))
        assert support.fetch("GET", answer["get"]).body == DATA


def test_plain_urls(start, store, tmp_path):
    config = stub_store.config(
        store, tmp_path, storage={"get": "redirect"}, callers=[
            {"id": "plain", "secret": support.SECRET + "-plain",
             "plain_urls": True}])
    slotd = start(config)
    answer = slotd.slot(
        "plain", size=len(DATA), filename="très cool + 100 %.jpg")
    for url in (answer["put"], answer["get"]):
        assert re.fullmatch("[A-Za-z0-9_.:/-]+", url), url
    assert put(answer).status == 201
    reply = support.fetch("GET", answer["get"])
    assert reply.status == 302
    assert reply.headers["Location"].startswith(store.url + "/")


def test_many_at_once(slotd, store):
    files = [secrets.token_bytes(100000 + n) for n in range(20)]
    answers = [slotd.slot(size=len(data)) for data in files]
    found = []

    def run(answer, data):
        found.append(put(answer, data).status)
    threads = [threading.Thread(target=run, args=pair)
               for pair in zip(answers, files)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(support.PATIENCE)
    assert found == [201] * 20
    assert sorted(peer.body for peer in store.peers) == sorted(files)


def test_tokens_survive_a_restart(slotd, store):
    answer = slotd.slot(size=len(DATA))
    slotd.stop()
    slotd.start()
    assert put(answer).status == 201



def test_a_proxy_is_told_the_whole_url(start, store, tmp_path, monkeypatch):
    """RFC 9112, section 3.2.2."""
    monkeypatch.setenv("http_proxy", store.url.removesuffix("/bucket"))
    monkeypatch.delenv("no_proxy", raising=False)
    slotd = start(stub_store.config("http://store.test:9/bucket", tmp_path))
    answer = slotd.slot(size=len(DATA))
    assert put(answer).status == 201
    peer, = store.peers
    assert peer.target.split("?")[0] == answer["get"]
    assert answer["get"].startswith("http://store.test:9/bucket/")
    assert peer.headers["host"] == "store.test:9"
    assert peer.body == DATA
