"""A machine of its own with a real systemd, as boot.sh makes it."""

import os
import pathlib
import re
import subprocess

import pytest

import support

BOOT = pathlib.Path(__file__).with_name("boot.sh")
SYSTEMD = "/lib/systemd/systemd"
PATIENCE = 3 * support.PATIENCE  # a boot, or what a unit takes


class Machine:
    """files: what is laid over this system, by path."""

    def __init__(self, folder, files):
        self.folder = folder
        for path, content in files.items():
            place = folder / "files" / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, pathlib.Path):
                place.write_bytes(content.read_bytes())
                place.chmod(content.stat().st_mode & 0o777)
            else:
                place.write_text(content)
        (folder / "over").mkdir()

    def boot(self):
        with open(self.folder / "out", "wb") as out:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount",
                 "sh", BOOT, self.folder / "over", self.folder / "files"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            self.init = support.wait_for("systemd", self._find_init, PATIENCE)
            support.wait_for("basic.target", self._has_booted, PATIENCE)
        except BaseException:
            self.stop()
            raise

    def _output(self):
        return (self.folder / "out").read_text(errors="replace")

    def _alive(self):
        status = self.process.poll()
        if status == 77:
            pytest.skip("no machine of its own here: " + self._output())
        assert status is None, (status, self._output())

    def _find_init(self):
        """Who is number 1 in there, by its number out here."""
        self._alive()
        pids = [self.process.pid]
        for pid in pids:
            try:
                task = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
                pids += task.read_text().split()
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                command = os.readlink(f"/proc/{pid}/exe")
            except OSError:
                continue
            if re.search(r"^NSpid:\t\d+\t1$", status, re.M) and \
                    command.endswith("systemd/systemd"):
                return pid
        return None

    def _has_booted(self):
        self._alive()
        return self.run("systemctl", "is-active", "basic.target",
                        check=False).stdout == "active\n"

    def run(self, *command, check=True):
        """One command in there."""
        done = subprocess.run(
            ["nsenter", "--target", str(self.init), "--all", "--root",
             "--wd=/", *map(str, command)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE)
        if check:
            assert done.returncode == 0, (command, done, self.journal())
        return done

    def journal(self, unit="slotd", *fields):
        """What the unit has said so far; journald may be behind."""
        self.run("journalctl", "--sync", check=False)
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit,
                        *fields, check=False).stdout

    def show(self, name):
        return self.run(
            "systemctl", "show", "-P", name, "slotd").stdout.strip()

    def write(self, path, text, mode="640"):
        """A file that the group slotd may read."""
        self.run("sh", "-c", 'printf %s "$2" >"$1" && chmod "$3" "$1" && '
                 'chgrp slotd "$1"', "sh", path, text, mode)

    def stop(self):
        if self.process.poll() is None and getattr(self, "init", None):
            self.run("systemctl", "exit", check=False)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def needs():
    if os.geteuid():
        pytest.skip("only root can boot a machine of its own")
    assert os.path.exists(SYSTEMD), (
        "systemd is missing: tests/packages.sh check installs it")
