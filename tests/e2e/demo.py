"""The demo of the Makefile, in a folder of its own."""

import os
import pathlib
import re
import subprocess

import support


def alive(pid):
    """Whether it runs; one that has ended and waits for init does not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


class Demo:
    def __init__(self, folder, script=support.ROOT / "tests/demo.sh",
                 before=()):
        """before: a command that runs the script."""
        self.folder = folder
        self.command = [*before, script]
        self.env = {**os.environ, "SLOTD": support.SLOTD, "DEMO": str(folder)}

    def run(self, *arguments):
        return subprocess.run(
            [*self.command, *arguments], env=self.env, capture_output=True,
            text=True, timeout=15 * support.PATIENCE)

    @property
    def pid(self):
        return int((self.folder / "slotd.pid").read_text())

    @property
    def port(self):
        text = (self.folder / "slotd.conf").read_text()
        return int(re.search(r"port = (\d+);", text)[1])
