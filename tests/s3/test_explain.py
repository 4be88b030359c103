"""slotd explain, given what a real store answered to a changed slot."""

import json
import subprocess
import time

import pytest

import support

BODY = b"0123456789"


@pytest.fixture
def conf(lab, tmp_path):
    lab.owners.create_bucket(Bucket="explained")  # again does no harm
    config = lab.config("explained")
    return support.write_config(tmp_path, config), config


def slot(path, size=len(BODY)):
    done = support.run("slot", "-c", path, "--jid", "a@example.org",
                       "--size", size, "my cat.jpg")
    assert done.returncode == 0, done
    return json.loads(done.stdout)["put"]


def explain(path, text, *args, secret=support.ACCESS_SECRET):
    done = subprocess.run(
        [support.SLOTD, "explain", "-c", path, *map(str, args), "-"],
        input=text, capture_output=True, timeout=support.PATIENCE)
    assert secret.encode() not in done.stdout + done.stderr
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def test_answers(lab, conf, tmp_path):
    """RGW has only the code; what it can mean is said."""
    path, config = conf
    url = slot(path)
    for reply, code, says in (
            (lab.put(url, BODY + b"x"), "SignatureDoesNotMatch", "length"),
            (lab.put(url.replace(support.ACCESS_KEY, "FAKEOTHER"), BODY),
             "InvalidAccessKeyId", "does not know this key id"),
            (lab.put(url.replace("/explained/", "/unexplained/"), BODY),
             None, "The store answered"),
            (lab.get(url.partition("?")[0]), "AccessDenied", "permission is missing")):
        assert code is None or reply.code() == code, reply
        status, text = explain(path, reply.body)
        assert status == 1
        assert says in text and reply.code() in text


def test_urls(lab, conf, tmp_path):
    """The URL tells what the code does not; the store refuses each."""
    path, config = conf
    url = slot(path)
    port = lab.store.http
    assert explain(path, url.encode()) == (0, (
        "This URL is as slotd signs it, for a PUT of exactly 10 bytes. If the "
        "store refuses it, the client\nsent another length (or chunked), the "
        "store has another secret, or a proxy changes Host or the path.\n"))
    for wrong, says in (
            (url.replace("%20", "%2520"), "encoded twice"),
            (url + "&utm=1", "has added it"),
            (url.replace("Expires=600", "Expires=700"), "file's size")):
        assert lab.put(wrong, BODY).status == 403, wrong
        status, text = explain(path, wrong.encode())
        assert says in text, text
    # RGW is content with that one; AWS would not be.
    status, text = explain(path, url.replace("my%20", "m%79%20").encode())
    assert status == 1 and "re-encoded the path" in text
    moved = url.replace(f"127.0.0.1:{port}", f"localhost:{port}")
    status, text = explain(path, moved.encode())
    assert status == 1 and text.startswith("host: slotd signs")
    assert lab.put(url, BODY).status == 200


def test_other_settings(lab, conf, tmp_path):
    path, config = conf
    url = slot(path).encode()
    for name, value, says in (
            ("region", "elsewhere", "region: slotd signs\n   elsewhere"),
            ("access_key_id", "FAKEOTHER", "access key id: slotd signs")):
        other = support.write_config(tmp_path, {
            **config, "storage": {**config["storage"], name: value}})
        status, text = explain(other, url)
        assert status == 1 and text.startswith(says), text


def test_times(conf):
    path, _ = conf
    url = slot(path).encode()
    status, text = explain(path, url, "--now", int(time.time()) + 3600)
    assert status == 1 and text.startswith("expiry: the URL expired at 2")
    status, text = explain(path, url, "--now", int(time.time()) - 3600)
    assert status == 1 and text.startswith("date: the URL was signed at 2")


def test_neither(conf):
    path, _ = conf
    for text in (b"", b"hello", b"<html><body>404</body></html>"):
        status, said = explain(path, text)
        assert said and status == 1, text
