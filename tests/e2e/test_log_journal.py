"""Priorities, where stderr is the journal of systemd."""

import os
import re
import signal
import subprocess

import pytest

import support


def journal(command, plus=0):
    """JOURNAL_STREAM names its stderr, or something else."""
    read, write = os.pipe()
    found = os.fstat(write)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=write, env={**os.environ, "JOURNAL_STREAM":
                           f"{found.st_dev}:{found.st_ino + plus}"})
    os.close(write)
    process.stderr = os.fdopen(read, "rb")
    return process


class Journal(support.Slotd):
    plus = 0

    def spawn(self, command, **options):
        return journal(command, self.plus, **options)


class NoJournal(Journal):
    plus = 1


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_priorities(tmp_path, form):
    """By sd-daemon(3): err 3, warning 4, info 6."""
    slotd = Journal(tmp_path, support.s3_config(log={"format": form}))
    seen = len(slotd.lines)
    slotd.slot()
    assert slotd.ask("POST", "/slot", b"{}").status == 401
    support.write_config(tmp_path, {"listen": {}})
    slotd.process.send_signal(signal.SIGHUP)
    slotd.wait_line("reload failed", seen)
    slotd.stop()
    found = [re.match(r'<(\d)>(?:ts=|\{"ts":").*?level"?[:=]"?(\w+)', line)
             for line in slotd.lines]
    assert all(found), slotd.lines
    assert {x.groups() for x in found} == {
        ("3", "error"), ("4", "warn"), ("6", "info")}


def test_priority_of_what_stops_the_start(tmp_path):
    """Lines without a level are errors."""
    path = support.write_config(tmp_path, {"listen": {}})
    with journal([support.SLOTD, "serve", "-c", path]) as process:
        said = process.stderr.read().decode().splitlines()
        assert process.wait(support.PATIENCE) == 1
    assert said and all(
        line.startswith(f"<3>{path}:") for line in said), said


def test_no_priorities_elsewhere(tmp_path):
    slotd = NoJournal(tmp_path, support.s3_config())
    slotd.slot()
    slotd.stop()
    assert all(line.startswith("ts=") for line in slotd.lines)
