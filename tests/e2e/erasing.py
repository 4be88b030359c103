"""DELETE /files, the notes that it writes, and the keys that they are about."""

import base64
import hashlib
import hmac
import struct
import time
import urllib.parse

import support

JULIET = "juliet@example.org"
LINE = b"line-" * 8     # of key_file


def erase(slotd, jid=JULIET, **auth):
    target = "/files?jid=" + urllib.parse.quote(jid, safe="")
    return slotd.ask("DELETE", target, headers=[
        ("Authorization", support.authorization(
            "DELETE", target, **auth))])


def put(slotd, jid=JULIET, data=b"12345", **members):
    """Uploads a file, and gives its link."""
    slot = slotd.slot(jid=jid, size=len(data), **members)
    reply = support.fetch("PUT", slot["put"], data)
    assert reply.status == 201, reply
    return slot["get"]


def status(url):
    return support.fetch("GET", url).status


def wait_gone(*urls):
    # The contract says within a minute.
    for url in urls:
        support.wait_for(
            "the file to go", lambda: status(url) == 404, patience=60)


def assert_accepted(reply):
    assert reply.status == 202, reply
    assert reply.body == b""
    assert reply.headers["Cache-Control"] == "no-store"


def field(data):
    return struct.pack(">Q", len(data)) + data


def note_text(line, jid, written):
    """As src/slot/note.h says."""
    key = hmac.new(line, b"slotd-v1 erase", hashlib.sha256).digest()
    written = str(written).encode()
    mac = hmac.new(key, field(jid.encode()) + field(written),
                   hashlib.sha256).digest()[:16]
    return b"\n".join([
        b"slotd-erase-v1", jid.encode(), written,
        base64.urlsafe_b64encode(mac).rstrip(b"="), b""])


def assert_note(text, line, jid):
    lines = text.decode().split("\n")
    assert abs(int(lines[2]) - time.time()) < 60
    assert text == note_text(line, jid, int(lines[2]))


def mac(label, text, line=LINE):
    key = hmac.new(line, label, hashlib.sha256).digest()
    text = hmac.new(key, text, hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def owner(jid, number, line=LINE):
    """{random}/{owner} of a file."""
    text = f"{number:04d}{'AbCdEfGhIjKlMnOpQrStUv'[4:]}"
    return text + "/" + mac(
        b"slotd-v1 owner", (text + jid).encode(), line)
