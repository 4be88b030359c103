"""Fixtures: running programs that are gone when the test is over."""

import os
import pathlib
import subprocess
import sys

import pytest

import aws
import fixtures
import moved
import support

# The XMPP client is there; what is here goes before.
sys.path.append(str(support.ROOT / "tests/xmpp"))

program = fixtures.program
start = fixtures.start
start_once = fixtures.start_once


@pytest.fixture(scope="module")
def s3(start_once):
    """One slotd in front of S3, with the defaults."""
    return start_once(support.s3_config())


@pytest.fixture(scope="module")
def fs(start_once, tmp_path_factory):
    """One slotd with the embedded store; its files are in fs.store."""
    store = tmp_path_factory.mktemp("store")
    slotd = start_once(support.fs_config(store))
    slotd.store = store / "files"
    return slotd


@pytest.fixture(scope="module", params=support.KEEPERS)
def keeper(request, start_once, tmp_path_factory):
    """One slotd for each store whose files it takes and serves itself; what
    it keeps on the disk is in keeper.store."""
    config = support.KEEPERS[request.param]
    store = tmp_path_factory.mktemp("store")
    slotd = start_once(config(store))
    slotd.store = store / "files"
    return slotd


@pytest.fixture
def no_aws(monkeypatch, tmp_path):
    """An environment that names no credentials."""
    aws.unset(monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def server(no_aws):
    """What gives credentials on AWS."""
    with aws.Aws() as one:
        yield one


@pytest.fixture
def preload(tmp_path, monkeypatch):
    """Builds a library of a file beside this one, that goes before others."""
    def build(name):
        source = pathlib.Path(__file__).with_name(name)
        library = tmp_path / (source.stem + ".so")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, source,
             "-ldl"], check=True, timeout=support.PATIENCE)
        monkeypatch.setenv("LD_PRELOAD", str(library))
        monkeypatch.setenv("ASAN_OPTIONS", "verify_asan_link_order=0:"
                           + os.environ.get("ASAN_OPTIONS", ""))

    return build


@pytest.fixture
def clock(tmp_path, preload, monkeypatch):
    """Moves slotd's clock."""
    preload("moved_clock.c")
    monkeypatch.setenv("MOVED_CLOCK", str(tmp_path / "clock"))
    return moved.Clock(tmp_path / "clock")


@pytest.fixture
def slow_name(tmp_path, monkeypatch, preload):
    """A gate: while it exists, slow.invalid is being looked up, and slotd's
    stderr has a line "slow name" once somebody has."""
    gate = tmp_path / "gate"
    gate.touch()
    preload("slow_name.c")
    monkeypatch.setenv("SLOW_NAME", str(gate))
    yield gate
    gate.unlink(missing_ok=True)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)],
        capture_output=True)
    if done.returncode:
        pytest.skip("a file system of its own needs the right to mount")
    yield folder
    # slotd may still hold it: the mount goes when it lets go.
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def slow_disk(tmp_path, monkeypatch, preload):
    """A gate: while it exists, nobody gets room on the disk."""
    gate = tmp_path / "gate"
    gate.touch()
    preload("slow_disk.c")
    monkeypatch.setenv("SLOW_DISK", str(gate))
    yield gate
    gate.unlink(missing_ok=True)
