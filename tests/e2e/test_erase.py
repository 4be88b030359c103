"""DELETE /files: all files of a user go, and nothing arrives behind it."""

import pathlib
import re
import time

import pytest

import support
from erasing import (
    JULIET, assert_accepted, assert_note, erase, note_text, put, status,
    wait_gone)
from upload import Upload

ROMEO = "romeo@example.org"


# --- the embedded store ---------------------------------------------------


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


def notes(store):
    folder = store / "slotd-erase"
    return sorted(folder.iterdir()) if folder.exists() else []


def key_line(store):
    return (store / ".key").read_bytes().strip()


def test_removes_all_files_of_one_user(start, store):
    slotd = start(support.fs_config(store))
    mine = [put(slotd, jid) for jid in (
        JULIET, JULIET + "/balcony", "Juliet@EXAMPLE.org")]
    others = [put(slotd, ROMEO), put(slotd, "example.org"),
              put(slotd, "juliet@example.net")]
    assert_accepted(erase(slotd, "JULIET@example.org/garden"))
    wait_gone(*mine)
    assert [status(url) for url in others] == [200] * 3
    # Until the last slot issued before it has ended.
    found, = notes(store)
    assert len(found.name) == 22
    assert_note(found.read_bytes(), key_line(store), JULIET)
    assert found.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("key", [
    "{user}/{random}/{filename}", "x/{random}{owner}.{ext}",
    "{until}/{user}/{random}-{owner}/{filename}"])
def test_other_templates(start, store, key):
    """Files of an earlier template go, too."""
    config = support.fs_config(store)
    slotd = start(config)
    old = put(slotd), put(slotd, ROMEO)
    slotd.stop()
    slotd = start(support.fs_config(store, storage={"key": key}))
    base = config["public_url"]
    new = put(slotd), put(slotd, ROMEO)
    old = [url.replace(base, slotd.config["public_url"]) for url in old]
    assert_accepted(erase(slotd))
    wait_gone(old[0], new[0])
    assert [status(old[1]), status(new[1])] == [200, 200]


def test_every_line_of_the_key_file(start, store, tmp_path):
    key = tmp_path / "key"
    config = support.fs_config(store, key_file=str(key))
    old, new = b"old-" * 8, b"new-" * 8
    key.write_bytes(old + b"\n")
    key.chmod(0o600)
    slotd = start(config)
    url = put(slotd)
    slotd.stop()
    key.write_bytes(new + b"\n" + old + b"\n")
    slotd = start(config)
    assert_accepted(erase(slotd))
    wait_gone(url)
    assert_note(notes(store)[0].read_bytes(), new, JULIET)


def test_durable(start, store):
    """What was said is done, whatever dies right after."""
    slotd = start(support.fs_config(store))
    mine, other = put(slotd), put(slotd, ROMEO)
    assert_accepted(erase(slotd))
    slotd.kill()
    assert len(notes(store)) == 1
    slotd.start()
    wait_gone(mine)
    assert status(other) == 200


def plant(store, name, age, jid=JULIET):
    """A note that was written `age` seconds ago."""
    folder = store / "slotd-erase"
    folder.mkdir(mode=0o700, exist_ok=True)
    note = folder / name
    note.write_bytes(note_text(
        key_line(store), jid, int(time.time()) - age))
    return note


def test_nothing_arrives_behind_it(start, store):
    """A slot that is used later, and an upload under way: the note stays as
    long as one of them may come."""
    slotd = start(support.fs_config(store))
    slow = slotd.slot(jid=JULIET, size=10)
    upload = Upload.begun(slow["put"], b"0123456789", 5)
    later = slotd.slot(jid=JULIET, size=5)
    mine, other = put(slotd), put(slotd, ROMEO)
    young, old = plant(store, "young", 0), plant(store, "old", 661)
    # Each of these has the service look at its notes at once.
    assert_accepted(erase(slotd, "nobody@example.org"))
    wait_gone(mine)
    assert support.fetch("PUT", later["put"], b"12345").status == 201
    assert_accepted(erase(slotd, "nobody@example.org"))
    wait_gone(later["get"])
    assert old.exists()
    upload.send(b"56789")
    assert upload.reply().status == 201
    assert_accepted(erase(slotd, "nobody@example.org"))
    wait_gone(slow["get"])
    support.wait_for("the note to go", lambda: not old.exists())
    assert young.exists()
    assert status(other) == 200


def test_notes_of_others_do_nothing(start, store):
    config = support.fs_config(store)
    slotd = start(config)
    mine = put(slotd)
    slotd.stop()
    folder = store / "slotd-erase"
    folder.mkdir(mode=0o700, exist_ok=True)
    forged = {
        "a" * 22: note_text(b"another-key" * 4, JULIET, int(time.time())),
        "b" * 22: b"", "c" * 22: b"x" * 100000}
    for name, text in forged.items():
        (folder / name).write_bytes(text)
    (folder / "link").symlink_to(store / ".key")
    slotd = start(config)
    line = slotd.wait_line("erasures left undone")
    assert "3 notes in slotd-erase" in line
    assert_accepted(erase(slotd, ROMEO))
    support.wait_for("another sweep", lambda: len(notes(store)) == 5)
    assert status(mine) == 200
    for name, text in forged.items():
        assert (folder / name).read_bytes() == text


def test_a_note_of_the_past(start, store):
    """Written by a process that died: carried out, then forgotten."""
    config = support.fs_config(store)
    slotd = start(config)
    mine = put(slotd)
    slotd.stop()
    plant(store, "x", 661)
    slotd = start(config)
    wait_gone(mine)
    support.wait_for("the note to go", lambda: not notes(store))


# --- who may, and what is said --------------------------------------------


def test_refusals(start, store):
    config = support.fs_config(store)
    config["callers"][1]["allow_domains"] = ["example.net"]
    slotd = start(config)
    mine = put(slotd)
    support.assert_problem(
        erase(slotd, secret="wrong" * 5), "unauthorized")
    support.assert_problem(erase(slotd, caller="nobody"), "unauthorized")
    support.assert_problem(
        slotd.ask("DELETE", "/files?jid=" + JULIET), "unauthorized")
    support.assert_problem(
        erase(slotd, caller="plain", secret=support.SECRET + "-plain"),
        "forbidden")
    for jid in ("", "@example.org", "a b@example.org"):
        problem = support.assert_problem(erase(slotd, jid), "bad-request")
        assert problem["detail"].startswith("jid: "), problem
    for target in ("/files", "/files?jid=a%40b.example&jid=a%40b.example"):
        reply = slotd.ask("DELETE", target, headers=[
            ("Authorization", support.authorization("DELETE", target))])
        support.assert_problem(reply, "bad-request")
    support.assert_problem(
        slotd.ask("GET", "/files?jid=" + JULIET), "method-not-allowed")
    assert notes(store) == []
    assert status(mine) == 200


@pytest.mark.parametrize("config", [
    support.s3_config(),
    support.s3_config(storage={"key": "{date}/{random}/{filename}"})])
def test_keys_without_owner(start, config):
    """A failing store is not even asked."""
    problem = support.assert_problem(erase(start(config)), "not-implemented")
    assert "{owner}" in problem["detail"]


@pytest.mark.parametrize("jids", [False, True])
def test_log(start, store, jids):
    slotd = start(support.fs_config(store, log={"jids": jids}))
    for auth in ({}, {"secret": "wrong" * 5}):
        seen = len(slotd.lines)
        erase(slotd, **auth)
        slotd.wait_line("route=/files", seen)
    slotd.stop()
    text = "\n".join(slotd.lines)
    assert "method=DELETE route=/files caller=prosody domain=example.org" in (
        text)
    assert "status=202" in text and "status=401" in text
    assert ("juliet" in text) == jids


def test_the_log_says_what_is_gone(start, store):
    """Of each sweep that erased something; no user, no file."""
    slotd = start(support.fs_config(store))
    mine = [put(slotd, JULIET) for _ in range(3)]
    put(slotd, ROMEO)
    erase(slotd)
    wait_gone(*mine)
    told = 0
    seen = 0
    while told < 3:
        slotd.wait_line('level=info msg="files erased" ', seen)
        seen = next(n for n in range(seen, len(slotd.lines))
                    if 'msg="files erased"' in slotd.lines[n]) + 1
        told += int(re.search(r'reason="(\d+) files? of users to be erased"',
                              slotd.lines[seen - 1])[1])
    assert told == 3


def test_metrics(start, store):
    slotd = start(support.fs_config(store))
    erase(slotd)
    text = slotd.ask("GET", "/metrics").body.decode()
    assert ('slotd_http_requests_total{route="/files",method="DELETE",'
            'status="202"} 1') in text


def test_not_served(start, store):
    slotd = start(support.fs_config(store))
    assert_accepted(erase(slotd))
    name = notes(store)[0].name
    for path in (f"slotd-erase/{name}", f"../slotd-erase/{name}",
                 f"%2e%2e/slotd-erase/{name}"):
        assert slotd.ask("GET", "/f/" + path).status == 404
    assert pathlib.Path(store, "slotd-erase", name).exists()
