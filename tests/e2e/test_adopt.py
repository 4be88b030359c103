"""slotd adopt, into the embedded store: files that other servers have kept.

The folders are made by hand: of prosody-filer, which Debian does not have,
by the rule of its source, storeDir/PATH for …/uploadSubDir/PATH; tests/xmpp
has those of real servers.
"""

import os
import re
import socket
import time

import pytest

import adopting
import support
from adopting import FILES, SIZE, adopt, check, link, stored

old, slotd = adopting.old, adopting.slotd


def test_journey(slotd, old):
    adopting.make(old, FILES)
    before = sorted(old.rglob("*"))
    done = adopt(slotd.path, "filer", old, "--dry-run")
    assert done.code == 0 and done.err == "", done
    assert done.counts == (len(FILES), SIZE, 0, 0, 0)
    lines = set(done.out.splitlines()[:-1])
    assert lines >= {
        "would copy /upload/aB3/cat.jpg from aB3/cat.jpg",
        "would copy /upload/n/%2541%252F.pdf from n/%41%2F.pdf"}
    assert len(lines) == len(FILES)
    assert not slotd.files.exists()
    for counts in (len(FILES), SIZE, 0, 0, 0), (0, 0, len(FILES), 0, 0):
        done = adopt(slotd.path, "filer", old)
        assert (done.code, done.err, done.counts) == (0, "", counts), done
        assert done.out.count("\n") == 1
        check(slotd, FILES)
    assert sorted(old.rglob("*")) == before


@pytest.mark.parametrize("path, type, inline", [
    ("aB3/cat.jpg", "image/jpeg", True),
    ("aB3/dog.txt", "text/plain; charset=utf-8", True),
    ("n/page.html", "text/html", False),
    ("n/Gru\u0308\u00dfe?.svg", "image/svg+xml", False),
    ("n/empty", "application/octet-stream", False)])
def test_type(slotd, old, path, type, inline):
    adopting.make(old, {path: FILES[path]})
    assert adopt(slotd.path, "filer", old).code == 0
    reply = slotd.ask("HEAD", link(path))
    assert reply.headers["Content-Type"] == type
    disposition = reply.headers.get("Content-Disposition", "")
    assert disposition.startswith("attachment; ") != inline, disposition
    assert "sandbox" in reply.headers["Content-Security-Policy"]


def test_goes_on(slotd, old):
    """What is missing is copied, and what is there is left."""
    adopting.make(old, FILES)
    adopting.make(slotd.files, {"aB3/cat.jpg": b"A CAT",
                                "aB3/dog.txt": b"another one"})
    done = adopt(slotd.path, "filer", old)
    assert done.code == 1
    assert done.counts == (len(FILES) - 2, SIZE - 10, 1, 0, 1), done
    assert done.err == (
        "slotd adopt: aB3/dog.txt: the store has another file of this name, "
        "with another size\n")
    check(slotd, {**FILES, "aB3/cat.jpg": b"A CAT",
                  "aB3/dog.txt": b"another one"})


def test_a_file_in_a_folders_place(slotd, old):
    """It does not pass, so nobody is told to try again."""
    adopting.make(old, {"aB3/cat.jpg": b"a cat"})
    adopting.make(slotd.files, {"aB3": b"a file"})
    done = adopt(slotd.path, "filer", old)
    assert done.code == 1 and done.counts == (0, 0, 0, 0, 1), done
    assert done.err == (
        "slotd adopt: aB3/cat.jpg: a link or a file stands in a folder's "
        "place\n")


def test_what_is_refused(slotd, old, tmp_path):
    (tmp_path / "secret").write_bytes(b"not to be read")
    adopting.make(old, {"a/good": b"1", "top": b"2", "a/.dot/x": b"3",
                        "a/con\ttrol\x1b[2J": b"4"})
    (old / "a/link").symlink_to(tmp_path / "secret")
    (old / "a/folder").symlink_to(tmp_path)
    os.mkfifo(old / "a/fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(old / "a/socket"))
    (old / os.fsdecode(b"a/\xff")).write_bytes(b"5")
    done = adopt(slotd.path, "filer", old)
    assert done.code == 1 and done.counts == (1, 1, 0, 0, 8), done
    assert stored(slotd) == ["a/good"]
    said = dict(re.findall(r"slotd adopt: (.*?): (.*)\n", done.err))
    assert said["a/link"] == said["a/folder"] == (
        "it is a symbolic link, which is not followed")
    assert said["a/fifo"] == "it is no regular file"
    assert said["a/con?trol?[2J"] == "its name has control characters"
    assert "needs a folder" in said["top"] and "dot" in said["a/.dot/x"]
    assert "its name is not UTF-8\n" in done.err
    assert done.err.count("\n") == 8


def test_ejabberds_folders(slotd, old):
    user = "0123456789abcdef0123456789abcdef01234567"
    adopting.make(old, {f"{user}/aB3/cat.jpg": b"1", f"{user}/x": b"2",
                        f"{user}/a/b/c": b"3"})
    done = adopt(slotd.path, "ejabberd", old)
    assert done.code == 1 and done.counts == (1, 1, 0, 0, 2), done
    assert stored(slotd) == [f"{user}/aB3/cat.jpg"]
    assert f"{user}/x: it does not lie where this server keeps" in done.err


# --- Prosody --------------------------------------------------------------


def item(id, name, size, type="image/png", when=None):
    return (f'item({{\n\t["attr"] = {{\n\t\t["filename"] = "{name}";\n'
            f'\t\t["content-type"] = "{type}";\n\t\t["size"] = "{size}";\n'
            f'\t}};\n\t["key"] = "{id}";\n'
            f'\t["when"] = {when or int(time.time())};\n}});\n')


def test_prosodys_list(slotd, old):
    adopting.make(old, {
        "http_file_share/aB3.bin": b"1234", "http_file_share/a%2d%5f.bin": b"5",
        "http_file_share/wrong.bin": b"6", "http_file_share/strange.bin": b"7",
        "http_file_share/half.bin~": b"8", "uploads.list": (
            item("aB3", "tr\\195\\168s.txt", 4, "text/html")
            + item("a-_", "b", 1, "omemo") + item("wrong", "c", 2)
            + item("never", "d", 2) + item("../x", "e", 2)).encode()})
    done = adopt(slotd.path, "prosody", old)
    assert done.code == 1 and done.counts == (2, 5, 0, 0, 2), done
    assert done.err == (
        "slotd adopt: http_file_share/wrong.bin: its size is not the one in "
        "uploads.list\n"
        "slotd adopt: ../x: its entry in uploads.list has no usable id or "
        "filename\n"
        "slotd adopt: 1 files are not in uploads.list: their links are dead, "
        "and they are left\n")
    check(slotd, {"aB3/très.txt": b"1234", "a-_/b": b"5"})
    for path, type in ("aB3/très.txt", "text/html"), (
            "a-_/b", "application/octet-stream"):
        reply = slotd.ask("GET", link(path))
        assert reply.headers["Content-Type"] == type
        assert "attachment" in reply.headers["Content-Disposition"]


def test_prosodys_list_ends(slotd, old):
    adopting.make(old, {"http_file_share/a.bin": b"1", "uploads.list": (
        item("a", "a.png", 1) + item("b", "b.png", 1)[:-30]).encode()})
    done = adopt(slotd.path, "prosody", old)
    assert done.code == 1 and done.counts == (1, 1, 0, 0, 1), done
    assert "uploads.list: line 16 is not as Prosody writes it" in done.err


def test_not_prosodys_folder(slotd, old):
    old.mkdir()
    done = adopt(slotd.path, "prosody", old)
    assert done.code == 1 and done.counts is None
    assert "uploads.list: No such file or directory; it must be" in done.err


# --- how long they are kept -----------------------------------------------


@pytest.mark.parametrize("kind", ["filer", "prosody"])
def test_keep(start, tmp_path, old, kind):
    """From the time of the upload on."""
    keep = 3600
    slotd = start(support.fs_config(
        tmp_path / "store", callers=[adopting.caller("/upload/", keep=keep)]))
    now = int(time.time())
    ages = {"new": 60, "late": keep - 600, "ended": keep + 60}
    if kind == "filer":
        adopting.make(old, {"a/" + name: b"x" for name in ages})
        for name, age in ages.items():
            os.utime(old / "a" / name, (now, now - age))
    else:
        adopting.make(old, {
            f"http_file_share/{name}.bin": b"x" for name in ages})
        adopting.make(old, {"uploads.list": "".join(
            item(name, "x", 1, when=now - age)
            for name, age in ages.items()).encode()})
    done = adopt(slotd.path, kind, old)
    assert done.code == 0 and done.counts == (2, 2, 0, 1, 0), done
    for name, age in ages.items():
        path = f"a/{name}" if kind == "filer" else f"{name}/x"
        reply = slotd.ask("GET", link(path))
        if name == "ended":
            assert reply.status == 404
            continue
        left = int(reply.headers["Cache-Control"].split("max-age=")[1])
        assert keep - age - 120 <= left <= keep - age


@pytest.mark.parametrize("kind", ["filer", "prosody"])
def test_keep_of_times_to_come(start, tmp_path, old, kind):
    """Of a clock that was wrong: no file is kept for longer than keep."""
    slotd = start(support.fs_config(
        tmp_path / "store", callers=[adopting.caller("/upload/", keep=3600)]))
    late = int(time.time()) + 90000
    adopting.make(old, {"http_file_share/a.bin": b"x", "uploads.list":
                        item("a", "x", 1, when=late).encode()}
                  if kind == "prosody" else {"a/x": b"x"})
    os.utime(next(old.glob("*/*")), (late, late))
    done = adopt(slotd.path, kind, old)
    assert done.code == 0 and done.counts == (1, 1, 0, 0, 0), done
    reply = slotd.ask("GET", link("a/x"))
    left = int(reply.headers["Cache-Control"].split("max-age=")[1])
    assert 3600 - 120 <= left <= 3600


# --- where it cannot work -------------------------------------------------


def conf(tmp_path, callers, path=None):
    store = tmp_path / "store"
    (store / "files").mkdir(parents=True, exist_ok=True)
    (store / ".key").write_text("not-a-secret-only-for-the-tests-0123456789\n")
    (store / ".key").chmod(0o600)
    return support.write_config(tmp_path, support.fs_config(
        path or store, callers=callers))


@pytest.mark.parametrize("callers, args, said", [
    ([{"id": "prosody", "secret": support.SECRET}], (),
     "no caller has a base, below which slotd answers unsigned links: add "
     "one, whose base is the path of the old links"),
    ([{"id": "prosody", "secret": support.SECRET}], ("--caller", "prosody"),
     "caller prosody has no base: links of other servers are unsigned, and "
     "slotd answers such links below a caller's base alone"),
    ([adopting.caller("/a/")], ("--caller", "new"),
     "new: there is no caller of this id"),
    ([adopting.caller("/a/"),
      {**adopting.caller("/b/"), "id": "new", "secret": support.SECRET}], (),
     "several callers have a base: name one with --caller")])
def test_no_caller(tmp_path, old, callers, args, said):
    adopting.make(old, FILES)
    done = adopt(conf(tmp_path, callers), "filer", old, *args)
    assert (done.code, done.out, done.err) == (
        1, "", f"slotd adopt: {said}\n")


def test_one_of_several(tmp_path, old):
    adopting.make(old, {"a/b": b"1"})
    path = conf(tmp_path, [
        adopting.caller("/a/"),
        {**adopting.caller("/b/"), "id": "new", "secret": support.SECRET}])
    done = adopt(path, "filer", old, "--caller", "new")
    assert done.counts == (1, 1, 0, 0, 0), done
    assert (tmp_path / "store/files/b/a/b").read_bytes() == b"1"


@pytest.mark.parametrize("folder, said", [
    ("store", "it is in slotd's own store, or the store is in it"),
    ("store/files", "it is in slotd's own store, or the store is in it"),
    (".", "it is in slotd's own store, or the store is in it"),
    ("/", "it is in slotd's own store, or the store is in it"),
    ("nowhere", "No such file or directory"),
    ("slotd.conf", "Not a directory")])
def test_no_folder(tmp_path, folder, said):
    path = conf(tmp_path, [adopting.caller("/a/")])
    done = adopt(path, "filer", tmp_path / folder, "--dry-run")
    assert done.code == 1 and done.counts is None
    assert done.err.endswith(f": {said}\n"), done


@pytest.mark.parametrize("args", [
    ("--from", "snikket", "."), ("--from", "filer"), (".",)])
def test_usage(args):
    assert support.run("adopt", *args).returncode == 2


def test_no_service_yet(tmp_path, old):
    adopting.make(old, FILES)
    path = support.write_config(tmp_path, support.fs_config(
        tmp_path / "store", callers=[adopting.caller("/a/")]))
    done = adopt(path, "filer", old)
    assert done.code == 1 and "start the service first" in done.err, done
