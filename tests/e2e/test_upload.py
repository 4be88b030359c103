"""PUT /u/ of the embedded store, and of each that keeps files itself."""

import os
import re
import secrets
import socket
import subprocess
import threading
import urllib.parse

import pytest

import support
from upload import Upload, memory, tree

DATA = bytes(range(256)) * 5


def slot(fs, data=DATA, **members):
    return fs.slot(size=len(data), **members)


def put(answer, data=DATA, headers=()):
    return support.fetch("PUT", answer["put"], data, headers)


def stored(answer, data=DATA):
    reply = support.fetch("GET", answer["get"])
    return reply.status == 200 and reply.body == data


def test_exact(fs):
    answer = slot(fs)
    assert answer["headers"] == {}
    assert support.fetch("GET", answer["get"]).status == 404
    before = tree(fs.store)
    reply = put(answer)
    assert reply.status == 201, reply
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert stored(answer)
    new = set(tree(fs.store)) - set(before)
    assert len(new) == 1
    assert (fs.store / new.pop()).read_bytes() == DATA


def test_urls(keeper):
    answer = slot(keeper, filename="très cool.jpg")
    base = keeper.config["public_url"]
    name = "tr%C3%A8s%20cool[.]jpg"
    key = f"[A-Za-z0-9_-]{{22}}/[A-Za-z0-9_-]{{22}}/{name}"
    assert re.fullmatch(re.escape(base) + "/f/" + key, answer["get"])
    found = re.fullmatch(
        re.escape(base) + f"/u/([A-Za-z0-9_.-]+)/({key})", answer["put"])
    assert found and answer["get"].endswith(found[2])


@pytest.mark.parametrize("size", [0, 1, 255, 65536, 65537, 1000003])
def test_sizes(keeper, size):
    data = secrets.token_bytes(size)
    answer = slot(keeper, data)
    assert put(answer, data).status == 201
    assert stored(answer, data)


def test_another_length_is_never_asked_for(keeper):
    """Refused by the head alone: no 100 Continue comes before the 413."""
    upload = Upload(slot(keeper)["put"], len(DATA) + 1,
                    [("Expect", "100-continue")])
    assert upload.sock.recv(12) == b"HTTP/1.1 413"
    upload.close()


@pytest.mark.parametrize("off", [-1, 1, -len(DATA), 10000])
def test_another_length(keeper, off):
    answer = slot(keeper)
    before = tree(keeper.store)
    reply = put(answer, (DATA * 10)[:len(DATA) + off])
    support.assert_problem(reply, "length-mismatch")
    assert tree(keeper.store) == before
    assert put(answer).status == 201
    assert stored(answer)


def test_chunked(keeper):
    answer = slot(keeper)
    reply = put(answer, support.chunked(DATA),
                [("Transfer-Encoding", "chunked")])
    support.assert_problem(reply, "length-required")
    assert support.fetch("GET", answer["get"]).status == 404
    assert put(answer).status == 201


def test_no_length_at_all(keeper):
    reply = put(slot(keeper), None)
    assert reply.status in (411, 413), reply


def test_twice(keeper):
    answer = slot(keeper)
    assert put(answer).status == 201
    other = bytes(reversed(DATA))
    support.assert_problem(put(answer, other), "already-exists")
    assert stored(answer)


def test_twice_at_once(keeper):
    answer = slot(keeper)
    first = Upload.begun(answer["put"], DATA, 100)
    support.assert_problem(
        put(answer, b"x" * len(DATA)), "already-exists")
    assert support.fetch("GET", answer["get"]).status == 404
    first.send(DATA[100:])
    assert first.reply().status == 201
    assert stored(answer)


def test_eight_at_once(keeper):
    answer = slot(keeper)
    found = []
    threads = [threading.Thread(
        target=lambda: found.append(put(answer).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(support.PATIENCE)
    assert sorted(found) == [201] + [409] * 7


@pytest.mark.parametrize("kind", support.KEEPERS)
def test_late(start, tmp_path, clock, kind):
    """Judged when the head arrives, and never during the body."""
    fs = start(support.KEEPERS[kind](
        tmp_path / "store", storage={"put_ttl": 100}))
    running, late = slot(fs), slot(fs)
    upload = Upload.begun(running["put"], DATA, 100)
    clock.move(101)
    support.assert_problem(put(late), "slot-expired")
    upload.send(DATA[100:])
    assert upload.reply().status == 201
    assert stored(running)


def token_of(answer):
    return answer["put"].split("/u/")[1].split("/")[0]


def test_forged_tokens(keeper):
    answer, other = slot(keeper), slot(keeper, DATA + b"x")
    token = token_of(answer)
    before = tree(keeper.store)
    forged = {token[:n] + ("B" if token[n] == "A" else "A") + token[n + 1:]
              for n in range(len(token))}
    forged |= {token[:-1], token + "A", token + ".", "." + token,
               token[::-1], "x", ".", "A" * 43, "A" * 5000,
               token_of(other), token.upper(), token.replace(".", "-")}
    forged -= {token}
    for wrong in forged:
        reply = support.fetch(
            "PUT", answer["put"].replace(token, wrong), DATA)
        support.assert_problem(reply, "slot-invalid")
    assert tree(keeper.store) == before
    assert put(answer).status == 201


def test_forged_keys(keeper):
    answer = slot(keeper)
    prefix, key = answer["put"].split(token_of(answer) + "/")
    prefix += token_of(answer) + "/"
    before = tree(keeper.store)
    for wrong in (key + "x", "x" + key, key[:-1], key.replace("/", "//"),
                  "x/" + key, key + "/", key.upper(), "a.txt", ""):
        reply = support.fetch("PUT", prefix + wrong, DATA)
        assert reply.status in (403, 404), (wrong, reply)
    assert tree(keeper.store) == before


def test_token_of_another_slotd(fs, start, tmp_path):
    other = start(support.fs_config(tmp_path / "store"))
    target = support.split_url(slot(other)["put"])[1]
    reply = support.fetch("PUT", fs.config["public_url"] + target, DATA)
    support.assert_problem(reply, "slot-invalid")


@pytest.mark.parametrize("path", [
    "../x", "../../x", "%2e%2e/x", "%2e%2e%2fx", ".%2e/%2e./x", "..", "",
    "a/../../x", "%00", "x%00y", "..%5cx", "/x", "%2fetc%2fpasswd", "%zz",
    "%", "%2", ".key", "x/%ff%fe", "%c0%ae%c0%ae/x", "x" * 2000,
])
def test_paths(keeper, path):
    answer = slot(keeper)
    before = tree(keeper.store.parent)
    token = token_of(answer)
    for target in (f"/u/{token}/{path}", f"/u/{path}", f"/f/{path}"):
        reply = keeper.ask("PUT", target, DATA)
        assert 400 <= reply.status < 500, reply
        reply = keeper.ask("GET", target)
        assert 400 <= reply.status < 500, reply
    assert tree(keeper.store.parent) == before


def recoded(url, change):
    address, target = support.split_url(url)
    return f"http://{address[0]}:{address[1]}" + change(target)


def all_encoded(target):
    """Every byte as %XX, but for the slashes and the route."""
    empty, route, *parts = target.split("/")
    parts = ["".join(f"%{b:02X}" for b in urllib.parse.unquote_to_bytes(p))
             for p in parts]
    return "/".join([empty, route, *parts])


@pytest.mark.parametrize("change", [
    lambda t: re.sub("%..", lambda m: m[0].lower(), t),
    lambda t: t.replace("%26", "&").replace("%27", "'"),
    lambda t: t.replace("cat", "%63a%74"),
    all_encoded,
])
def test_reencoded_urls(keeper, change):
    """Some clients and servers rewrite URLs: only what they mean counts."""
    answer = slot(keeper, filename="cat & 'dog' \u00e9.jpg")
    reply = support.fetch("PUT", recoded(answer["put"], change), DATA)
    assert reply.status == 201, reply
    assert stored(answer)
    assert stored({"get": recoded(answer["get"], change)})


@pytest.mark.parametrize("named, sent, kept", [
    ("image/png", None, "image/png"),
    ("image/png", "text/html", "image/png"),
    ("image/png", "", "image/png"),
    (None, "image/png", "image/png"),
    (None, "audio/ogg; codecs=opus", "audio/ogg; codecs=opus"),
    (None, None, "application/octet-stream"),
])
def test_types(keeper, named, sent, kept):
    answer = slot(keeper, **({"content_type": named} if named else {}))
    headers = [("Content-Type", sent)] if sent is not None else []
    assert put(answer, DATA, headers).status == 201
    reply = support.fetch("GET", answer["get"])
    assert reply.headers["Content-Type"] == kept


@pytest.mark.parametrize("sent", ["nonsense", "a/b\tc", "x" * 600, "a/b, c"])
def test_types_that_are_none(keeper, sent):
    """Never stored as they are."""
    answer = slot(keeper, filename="plain")
    reply = put(answer, DATA, [("Content-Type", sent)])
    assert reply.status in (201, 400, 415), reply
    if reply.status == 201:
        shown = support.fetch("GET", answer["get"]).headers["Content-Type"]
        assert shown == "application/octet-stream"


def test_memory(fs):
    """32 MiB through slotd, without slotd growing by it."""
    data = secrets.token_bytes(2**20) * 32
    answer = slot(fs)
    assert put(answer).status == 201
    before = memory(fs, "VmHWM")
    answer = slot(fs, data)
    assert put(answer, data).status == 201
    if not support.SANITIZED:
        assert memory(fs, "VmHWM") - before < 4096
    assert stored(answer, data)


def test_gone_in_the_middle(fs):
    answer = slot(fs)
    before = tree(fs.store)
    upload = Upload.begun(answer["put"], DATA, 500)
    support.assert_problem(put(answer), "already-exists")
    upload.close()
    assert support.fetch("GET", answer["get"]).status == 404
    assert tree(fs.store) == before
    support.wait_for("a second try", lambda: put(answer).status == 201)
    assert stored(answer)
    assert len(tree(fs.store)) == len(before) + 1


def test_gone_with_its_last_bytes(keeper):
    """The end of the stream comes together with the last bytes."""
    answers = [slot(keeper) for _ in range(10)]
    for answer in answers:
        address, target = support.split_url(answer["put"])
        head = (f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Content-Length: {len(DATA)}\r\n\r\n")
        with socket.create_connection(address, support.PATIENCE) as sock:
            sock.sendall(head.encode() + DATA[:500])
    for answer in answers:
        support.wait_for(
            "a second try", lambda: put(answer).status == 201, 15)
        assert stored(answer)


def test_tokens_survive_a_restart(start, tmp_path):
    store = tmp_path / "store"
    fs = start(support.fs_config(store))
    kept, answer = slot(fs, filename="kept"), slot(fs)
    assert put(kept).status == 201
    key = store / ".key"
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_bytes()
    fs.stop()
    fs.start()
    assert key.read_bytes() == before
    assert stored(kept)
    support.assert_problem(put(kept), "already-exists")
    assert put(answer).status == 201
    assert stored(answer)


def test_expect_continue(keeper, tmp_path):
    """curl asks before it sends more than a MiB."""
    path = tmp_path / "file"
    path.write_bytes(secrets.token_bytes(3 * 2**20))
    answer = slot(keeper, path.read_bytes())
    args = ["curl", "-sS", "-m", str(support.PATIENCE), "-T", str(path),
            "-H", "Expect: 100-continue", "-w", "%{http_code}", "-v"]
    done = subprocess.run(args + [answer["put"]], capture_output=True)
    assert done.stdout == b"201", done
    assert b"HTTP/1.1 100" in done.stderr
    done = subprocess.run(args + [answer["put"]], capture_output=True)
    assert done.stdout.endswith(b"409"), done
    assert b"HTTP/1.1 100" not in done.stderr
    assert stored(answer, path.read_bytes())


def test_put_leaves_no_litter(fs):
    """All that is in the store was stored on purpose."""
    for name in tree(fs.store):
        assert not os.path.basename(name).startswith("."), name
