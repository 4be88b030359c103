"""What commands look like on a terminal; a pipe gets plain lines."""

import json
import os
import re
import urllib.parse

import pytest

import stub_store
import support
import terminal
from stub_bucket import Bucket
from terminal import DIM, END, GREEN, RED, YELLOW

JULIET = "juliet@example.org"
MIB = 1 << 20
LONG_AGO = "20200101T000000Z"


@pytest.fixture
def write(tmp_path):
    key = support.write_key(tmp_path)

    def write(**config):
        return support.write_config(
            tmp_path, support.s3_config(key_file=key, **config))
    return write


def bare(*args, **more):
    """Its lines, and none has a colour."""
    code, text = terminal.run(*args, env={**os.environ, "NO_COLOR": "1"},
                              **more)
    assert "\033[" not in text.replace("\r\033[K", "")
    return code, terminal.plain(text)


def test_check(write, tmp_path):
    path = write()
    code, text = terminal.run("check", "-c", path)
    assert (code, text) == (0, f"{GREEN}ok{END}       {path}\n")
    assert bare("check", "-c", path) == (0, [f"ok       {path}", ""])
    # Colours of an empty NO_COLOR: https://no-color.org.
    code, text = terminal.run(
        "check", "-c", path, env={**os.environ, "NO_COLOR": ""})
    assert GREEN in text
    # It would show the controls themselves.
    assert terminal.run("check", "-c", path, term="dumb") == (
        0, f"{path}: ok\n")
    broken = tmp_path / "b"
    broken.write_text('listen = { port = 99999999; };\n')
    code, text = terminal.run("check", "-c", broken)
    assert code == 1
    assert f"{RED}FAILURE{END}  {broken}:1: listen.port: must" in text
    # As without a terminal, but for marks, colours and breaks.
    _, lines = bare("check", "-c", broken, columns=60)
    assert all(len(line) <= 60 or " " not in line[9:] for line in lines)
    piped = support.run("check", "-c", broken).stderr.decode()
    assert (" ".join(lines).replace("FAILURE", "").split() == piped.split())


def test_check_warns(write):
    path = write(sandbox=False)
    code, text = terminal.run("check", "-c", path)
    assert code == 0
    assert text.startswith(f"{YELLOW}warning{END}  {path}:")
    assert "warning: " not in text
    assert b": warning: " in support.run("check", "-c", path).stderr


# --- what the janitor does --------------------------------------------------


@pytest.fixture
def bucket():
    return Bucket()


@pytest.fixture
def path(write, bucket):
    with stub_store.Store(bucket) as store:
        yield write(storage={"bucket_url": store.url},
                    policy={"keep": "30 days"})


def stored(bucket, path, size, ended=False):
    """A file of hers is in the bucket."""
    done = support.run("slot", "-c", path, "--jid", JULIET, "--size", "3",
                       "cat.jpg")
    put = json.loads(done.stdout)["put"]
    key = urllib.parse.urlsplit(put).path.split("/", 2)[2]
    if ended:
        key = LONG_AGO + key[len(LONG_AGO):]
    bucket.sizes[key] = size


def test_sweep(path, bucket):
    for _ in range(3):
        stored(bucket, path, MIB // 2, ended=True)
    code, text = terminal.run("sweep", "-c", path)
    assert code == 0
    assert "\r\033[K...      default          listed 1, removed 0" in text
    line, end = terminal.plain(text)
    assert end == ""
    assert re.fullmatch(
        r"ok       default          listed 3, removed 3 \(1\.5 MiB\), kept 0, "
        r"\d+\.\d seconds", line)
    assert f"{GREEN}ok{END}" in text
    bucket.sizes = {LONG_AGO + "/a/b/c.jpg": 1}
    bucket.on_list = lambda peer, *_: peer.answer(403, "AccessDenied")
    code, text = terminal.run("sweep", "-c", path)
    assert code == 1 and f"{RED}FAILURE{END}  default" in text
    code, lines = bare("sweep", "-c", path, columns=60)
    assert all(len(line) <= 60 for line in lines[:2])
    assert lines[1].startswith(" " * 26)


def test_files(path, bucket):
    stored(bucket, path, 3)
    stored(bucket, path, MIB, ended=True)
    stored(bucket, path, 1023)
    code, text = terminal.run("files", "-c", path, JULIET)
    assert code == 0
    assert f"{YELLOW}2020-01-01T00:00:00Z{END}" in text
    assert text.count(GREEN) == 2 and text.startswith(DIM)
    head, *rows, end = terminal.plain(text)
    assert end == "" and len(rows) == 3
    assert head == ("      SIZE  STORED                UNTIL                "
                    " LINK")
    assert {row[:10] for row in rows} == {
        "   1.0 MiB", "   3 bytes", "1023 bytes"}
    for row in rows:
        assert row[10:].startswith("  2020-01-01T00:00:00Z  20"), rows
    # All links in one column, and whole.
    column = head.index("LINK")
    piped = support.run("files", "-c", path, JULIET).stdout.decode()
    assert ([row[column:] for row in rows]
            == [line.split()[3] for line in piped.splitlines()])


def test_quota(start):
    slotd = start(support.s3_config(
        policy={"bytes_per_day": 4 * MIB, "slots_per_minute": 1}))
    slotd.slot(size=3 * MIB)
    code, text = terminal.run("quota", "-c", slotd.path, JULIET, columns=132)
    assert code == 0
    colours = [line.partition("m")[0] + "m" for line in text.split("\n")[1:-1]]
    assert colours == [RED, GREEN, DIM]
    lines = terminal.plain(text)
    assert lines[0] == JULIET
    assert lines[1].startswith(
        "used up  slots in the last minute  1 of 1, frees from 20")
    assert lines[2].startswith(
        "ok       bytes in the last day     3.0 MiB of 4.0 MiB (3145728 of "
        "4194304 bytes), frees from 20")
    assert lines[3] == "ok       of the whole domain       no limit"
