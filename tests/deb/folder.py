"""A Debian in a folder: made, copied, and used from outside."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.path.abspath(
    os.environ.get("SLOTD", str(ROOT / "build/slotd")))).parent
MINUTES = 20 * 60

# What is mounted there is gone with the command.
INSIDE = ('mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && '
          'exec chroot "$0" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 '
          'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin '
          'DEBIAN_FRONTEND=noninteractive "$@"')


def base(release):
    """A minimal one, to be copied; skips where it cannot be had."""
    path = BUILD / "base" / release
    made = subprocess.run(
        [ROOT / "tests/base.sh", release, path], text=True,
        stdout=subprocess.PIPE, timeout=MINUTES)
    if made.returncode == 77:
        pytest.skip(made.stdout.strip())
    assert made.returncode == 0, made.stdout
    return path


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)

    @classmethod
    def fresh(cls, release, path):
        source = base(release)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        subprocess.run(["cp", "-a", "--reflink=auto", source, path],
                       check=True, timeout=MINUTES)
        return cls(path)

    def __truediv__(self, name):
        return self.path / str(name).lstrip("/")

    def tries(self, *command):
        """Runs a command in it."""
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", INSIDE, self.path, *command],
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=MINUTES, check=False)

    def run(self, *command):
        done = self.tries(*command)
        assert done.returncode == 0, done.stdout[-3000:]
        return done.stdout

    def apt(self, *arguments):
        return self.run(
            "apt-get", "-qq", "-y", "--no-install-recommends", "-o",
            "APT::Sandbox::User=root", "-o", "Acquire::Retries=5",
            *arguments)


def package_of(folder):
    found = [path for path in (folder / "source/build/deb").glob("*.deb")
             if path.name.startswith("slotd_")]
    assert len(found) == 1, found
    return found[0]
