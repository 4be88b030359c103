"""What the tests of slotd adopt share."""

import re

import support

LINE = re.compile(r"(?:copied|would copy) (\d+) \((\d+) bytes\), already there "
                  r"(\d+), past their end (\d+), refused (\d+)\n\Z")


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
