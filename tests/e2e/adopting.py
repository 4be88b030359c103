"""What the tests of slotd adopt share."""

import re
import urllib.parse

import pytest

import support

LINE = re.compile(r"(?:copied|would copy) (\d+) \((\d+) bytes\), already there "
                  r"(\d+), past their end (\d+), refused (\d+)\n\Z")

FILES = {
    "aB3/cat.jpg": b"a cat",
    "aB3/dog.txt": b"a dog",
    "x/y/z/très cool.png": b"deep",
    "n/a + b & 100 %.txt": b"signs",
    "n/%41%2F.pdf": b"percent",
    "n/Gru\u0308\u00dfe?.svg": b"<svg/>",
    "n/\U0001f600#\"'.bin": b"face",
    "n/.hidden": b"dot",
    "n/page.html": b"<script>",
    "n/empty": b"",
    "n/two  blanks ": b"blanks",
    "n/" + "long" * 60 + ".jpg": b"long",
}
SIZE = sum(map(len, FILES.values()))


def caller(base, **more):
    return {"id": "old", "secret": support.SECRET + "-old",
            "dialect": "external-v1", "base": base, **more}


def make(folder, files):
    """Files below a folder, by their paths."""
    for path, data in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


class Done:
    """What a run of it said: `counts` are copied, bytes, already there, past
    their end, refused."""

    def __init__(self, done):
        self.code = done.returncode
        self.out, self.err = done.stdout.decode(), done.stderr.decode()
        found = LINE.search(self.out)
        self.counts = found and tuple(map(int, found.groups()))

    def __repr__(self):
        return f"<{self.code}\n{self.out}{self.err}>"


def adopt(conf, kind, folder, *args, **how):
    return Done(support.run(
        "adopt", "-c", conf, "--from", kind, *args, folder, **how))


@pytest.fixture
def old(tmp_path):
    return tmp_path / "old"


@pytest.fixture
def slotd(start, tmp_path):
    slotd = start(support.fs_config(
        tmp_path / "store", callers=[caller("/upload/")]))
    slotd.files = tmp_path / "store/files/upload"
    return slotd


def link(path):
    return "/upload/" + urllib.parse.quote(path, safe="/")


def check(slotd, files):
    for path, data in files.items():
        reply = slotd.ask("GET", link(path))
        assert (reply.status, reply.body) == (200, data), (path, reply)
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


def stored(slotd):
    return sorted(str(path.relative_to(slotd.files))
                  for path in slotd.files.rglob("*") if path.is_file())
