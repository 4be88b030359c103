"""`make deb ARCH=arm64`, and the hardening of what it built."""

import os
import subprocess
import sys

import cross
import pytest


@pytest.fixture(scope="module")
def package(folder):
    """Its path in the folder; its files are in /unpacked."""
    found = [path.name for path in (folder / "source/build/deb").glob("*.deb")
             if path.name.startswith("slotd_")]
    assert len(found) == 1 and found[0].endswith("_arm64.deb"), found
    path = "/source/build/deb/" + found[0]
    folder.run("rm", "-rf", "/unpacked")
    folder.run("dpkg-deb", "-x", path, "/unpacked")
    return path


def test_architecture(folder, package):
    field = folder.run("dpkg-deb", "-f", package, "Architecture")
    assert field == "arm64\n"


def test_it_depends_on_libraries(folder, package):
    depends = folder.run("dpkg-deb", "-f", package, "Depends")
    names = {one.split()[0] for one in depends.split(", ")}
    assert {"libc6", "libmicrohttpd12t64", "libnettle8t64"} <= names


def test_its_program(folder, package):
    header = subprocess.run(
        ["readelf", "-h", folder / "unpacked/usr/bin/slotd"], text=True,
        check=True, capture_output=True, timeout=60).stdout
    assert "AArch64" in header
    said = folder.run("qemu-aarch64", "/unpacked/usr/bin/slotd", "--version")
    assert said.startswith("slotd 0.")


def test_hardening(folder):
    """What tests/house asks of a program of this machine."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider",
         cross.ROOT / "tests/house/test_hardening.py"], text=True,
        capture_output=True, timeout=300, check=False,
        env={**os.environ, "SLOTD": str(cross.tree(folder) / "build/slotd")})
    assert done.returncode == 0, done.stdout[-3000:]
    # One option and two tests are of x86-64 alone.
    assert " passed, 3 skipped in " in done.stdout, done.stdout[-3000:]
