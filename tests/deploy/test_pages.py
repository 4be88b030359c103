"""Each configuration of the pages, and of `slotd init`, behind each web server
of deploy/, with nothing changed but names, keys and ports."""

import json
import re

import pytest

import pages
import setting_up
import stub_store
import support
from authority import Authority
from fronts import FRONTS, replaced
from test_fronts import ask_front, connect, context, send_head

# A caller's base is passed on when the web server is told: test_fronts.py.
SAMPLES = {
    **{name: text for name, text in pages.samples()
       if pages.has(text, "callers") and pages.has(text, "public_url")
       and "base =" not in text},
}
WRITTEN = {"slotd init": {}, "slotd init, bucket": setting_up.BUCKET}


@pytest.fixture(scope="module")
def fronts(tmp_path_factory):
    """All of them, before one port."""
    authority = Authority(tmp_path_factory.mktemp("authority"))
    behind = support.free_port()
    started = []
    try:
        for kind in FRONTS:
            front = kind(tmp_path_factory.mktemp(kind.name), authority, behind)
            front.context = context(authority)
            started.append(front.start())
        yield started
    finally:
        for front in started:
            front.stop()


@pytest.fixture
def store():
    with stub_store.Store() as store:
        yield store


def relays(text):
    return re.search(r"^\s*relay = true", text, re.M)


def served(folder, text, behind, store):
    """The sample on free ports; what goes to the bucket goes to `store`."""
    bucket = re.search('bucket_url = "([^"]*)"', text)
    listen = f"port = {support.free_port()};"
    text = replaced(text, {"port = 8364;": f"port = {behind};"})
    if pages.has(text, "listen"):
        text = replaced(text, {"port = 8363;": listen})
    else:
        text += f'listen = {{ address = "127.0.0.1"; {listen} }};\n'
    if relays(text):
        text = replaced(text, {bucket[1]: store.url})
    return pages.filled(folder, text)


def target(url):
    """Below the public_url that all samples have."""
    assert url.startswith("https://upload.example.org/")
    return url.removeprefix("https://upload.example.org")


def issued(path, size=3):
    done = support.run("slot", "-c", path, "--jid", "juliet@example.org",
                       "--size", size, "cat.jpg")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", [*SAMPLES, *WRITTEN])
def test_behind(name, fronts, start, store, tmp_path):
    text = SAMPLES.get(name) or setting_up.text_of(
        tmp_path / "init", **WRITTEN[name])
    path = served(tmp_path, text, fronts[0].behind, store)
    start(path.read_text())
    for front in fronts:
        slot = issued(path)
        if 'type = "fs"' in text or relays(text):
            reply = ask_front(front, "PUT", target(slot["put"]), b"abc")
            assert reply.status == 201, (front.name, reply)
        reply = ask_front(front, "GET", target(slot["get"]))
        if 'type = "fs"' in text:
            assert (reply.status, reply.body) == (200, b"abc")
            continue
        assert reply.status == 302, (front.name, reply)
        bucket = re.search('bucket_url = "([^"]*)"', path.read_text())[1]
        assert reply.headers["Location"].lower().startswith(
            bucket.lower() + "/")


def test_streams(fronts, start, store, tmp_path):
    """A file goes on to the store as it comes, and the rest of it later."""
    path = served(tmp_path, SAMPLES["deploy/storage/README.md 0"],
                  fronts[0].behind, store)
    start(path.read_text())
    half = 2 << 20
    for number, front in enumerate(fronts, 1):
        put = target(issued(path, 2 * half)["put"])
        with connect(front) as sock:
            send_head(sock, put, 2 * half)
            sock.sendall(bytes(half))
            peer = store.wait_peers(number)
            # What a web server has in its hands is no file's worth.
            store.wait(f"half a file from {front.name}",
                       lambda: peer.received > half - (256 << 10))
            sock.sendall(bytes(half))
            assert support.statuses(sock.recv(65536)) == [201]
        assert peer.received == 2 * half


def test_slotd_comes_back(fronts, start, store, tmp_path):
    """A web server that found nobody asks again as soon as it is asked."""
    for front in fronts:
        assert ask_front(front, "GET", "/f/x").status in (502, 503)
    path = served(tmp_path, SAMPLES["deploy/storage/aws.md 0"],
                  fronts[0].behind, store)
    start(path.read_text())
    for front in fronts:
        support.assert_problem(
            ask_front(front, "GET", "/f/x"), "not-found")


def test_there_are_samples():
    assert len(SAMPLES) == 20
