"""Upload and download, as users do it, on every way to a real store."""

import hashlib
import json
import os
import subprocess

import pytest

import names
import support
from lab import key_of

DATA = b"What is in a name? " * 100

# The ways to a bucket: all that bucket_url can be. Every one has a port.
PLACES = {
    f"{'https' if tls else 'http'}-{style}{'-prefix' if prefix else ''}":
        {"tls": tls, "style": style, "prefix": prefix}
    for tls in (False, True)
    for style in ("path", "host")
    for prefix in ("", "/some/deep%20prefix")
}

# Beside the contract's table: what trips those who encode.
NAMES = sorted({cleaned for _, cleaned in names.TABLE} | {
    "two  spaces and more.txt",
    "a+b.txt", "a%2Bb.txt", "100%.txt", "%", "%%25.txt", "a&b=c.txt",
    "\"double\" and 'single' and `back`.txt", "a?b#c;d,e.txt",
    "a(b)[c]{d}<e>|f^g.txt", "tilde~dash-dot.under_score.txt",
    "Gr\u00fc\u00dfe.txt", "Gru\u0308\u00dfe.txt",
    "\u05e9\u05dc\u05d5\u05dd.txt", "\u6f22\u5b57.txt",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467.png", "*.txt", "$HOME!.txt",
    "a..b.txt", "-T.txt", "a\u00a0b.txt", "@file.txt", "=.txt",
})


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_places(lab, public, issue, place):
    slot = issue(public, len(DATA), filename="my cat+dog.jpg", **place)
    base = lab.base(public, **place)
    assert slot["headers"] == {}
    assert slot["put"].startswith(slot["get"] + "?")
    key = key_of(slot["get"], base)
    assert key.endswith("/my cat+dog.jpg")

    reply = lab.put(slot["put"], DATA)
    assert reply.status == 200, reply
    reply = lab.get(slot["get"])
    assert (reply.status, reply.body) == (200, DATA), reply
    head = lab.get(slot["get"], "-I")
    assert head.status == 200
    assert head.headers["content-length"] == str(len(DATA))
    prefix = "some/deep prefix/" if place["prefix"] else ""
    assert lab.stored(public, prefix + key) == DATA


@pytest.mark.parametrize("name", NAMES)
def test_names(lab, public, issue, name):
    data = os.urandom(32)
    slot = issue(public, len(data), filename=name)
    key = key_of(slot["get"], lab.base(public))
    assert key.split("/")[1:] == [name]
    reply = lab.put(slot["put"], data)
    assert reply.status == 200, reply
    reply = lab.get(slot["get"])
    assert (reply.status, reply.body) == (200, data), reply
    # Byte for byte that key: no normalisation, nothing encoded twice.
    assert lab.stored(public, key) == data


def test_names_by_host(lab, public, issue):
    """Odd names again, where Host is another and TLS is on."""
    for name in NAMES[::5]:
        slot = issue(public, 3, filename=name, tls=True, style="host",
                     prefix="/p")
        assert lab.put(slot["put"], b"abc").status == 200, name
        assert lab.get(slot["get"]).body == b"abc", name


@pytest.mark.parametrize("size", [0, 1, 4096, 64 * 1024 * 1024])
def test_sizes(lab, public, issue, size, tmp_path):
    data = os.urandom(size)
    place = {"tls": True} if lab.store.ca else {}
    slot = issue(public, size, **place)
    key = key_of(slot["get"], lab.base(public, **place))
    reply = lab.put(slot["put"], data)
    assert reply.status == 200, reply
    assert lab.listing(public)[key] == size
    reply = lab.get(slot["get"])
    assert reply.status == 200
    digest = hashlib.sha256(data).digest()
    assert hashlib.sha256(reply.body).digest() == digest
    # S3's tag of an object that came in one piece.
    assert reply.headers["etag"] == f'"{hashlib.md5(data).hexdigest()}"'


def test_range(lab, public, issue):
    """What a player of videos asks for."""
    slot = issue(public, len(DATA))
    assert lab.put(slot["put"], DATA).status == 200
    reply = lab.get(slot["get"], "-r", "5-9")
    assert (reply.status, reply.body) == (206, DATA[5:10]), reply


def test_expect_continue(lab, public, issue):
    slot = issue(public, len(DATA))
    reply = lab.put(slot["put"], DATA, "-H", "Expect: 100-continue")
    assert reply.status == 200, reply


def test_a_slot_twice(lab, public, issue):
    """A presigned PUT replaces what it has stored, until it expires."""
    slot = issue(public, 3)
    assert lab.put(slot["put"], b"one").status == 200
    assert lab.put(slot["put"], b"two").status == 200
    assert lab.get(slot["get"]).body == b"two"


def test_type_of_the_client(lab, public, issue):
    """The type is not signed: the store keeps what the client sends."""
    slot = issue(public, 3)
    reply = lab.put(slot["put"], b"abc", "-H", "Content-Type: image/jpeg")
    assert reply.status == 200
    assert lab.get(slot["get"]).headers["content-type"] == "image/jpeg"


def test_download_url(lab, public, issue):
    """Uploads by one way, downloads by another: here by name and https."""
    base = lab.store.url(public, tls=True, style="host")
    slot = issue(public, len(DATA), storage={"download_url": base})
    assert slot["get"].startswith(base + "/")
    assert slot["put"].startswith(lab.store.url(public) + "/")
    assert lab.put(slot["put"], DATA).status == 200
    assert lab.get(slot["get"]).body == DATA


@pytest.mark.parametrize("name", [
    "plain.txt", "a + b & 100 %.txt", "Gru\u0308\u00dfe.txt",
    "\U0001f600.png"])
def test_s3cmd_reads(lab, private, issue, name, tmp_path):
    slot = issue(private, len(DATA), filename=name)
    assert lab.put(slot["put"], DATA).status == 200
    key = key_of(slot["get"], lab.store.url(private))
    out = tmp_path / "out"
    lab.s3cmd("get", f"s3://{private}/{key}", out)
    assert out.read_bytes() == DATA
    assert f"s3://{private}/{key}\n" in lab.s3cmd(
        "ls", "--recursive", f"s3://{private}")


def test_slot_without_a_server(lab, public, tmp_path):
    """slotd slot gives a PUT that works; no service is there."""
    path = support.write_config(tmp_path, lab.config(public))
    done = subprocess.run(
        [support.SLOTD, "slot", "-c", path, "--jid", "juliet@example.org",
         "--size", "3", "a b.txt"], capture_output=True,
        timeout=support.PATIENCE)
    assert done.returncode == 0, done
    slot = json.loads(done.stdout)
    assert lab.put(slot["put"], b"abc").status == 200
    assert lab.get(slot["get"]).body == b"abc"
