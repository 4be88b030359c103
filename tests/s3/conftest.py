"""A real store: one for all tests, with a bucket of each kind."""

import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import fixtures  # noqa: E402
import lab as laboratory  # noqa: E402
import support  # noqa: E402
import swift_lab  # noqa: E402

program = fixtures.program
start = fixtures.start
start_once = fixtures.start_once
lab = laboratory.lab
swift_folder = swift_lab.swift_folder
swift = swift_lab.swift
swift_public = swift_lab.swift_public
swift_private = swift_lab.swift_private


@pytest.fixture(scope="session")
def public(lab):
    """A bucket whose objects everybody may read."""
    return lab.public_bucket("public-files")


@pytest.fixture(scope="session")
def private(lab):
    """A bucket as they are when they are new."""
    return lab.bucket("private-files")


@pytest.fixture(scope="module")
def issue(lab, start_once):
    """Slots for a bucket: issue(bucket, tls=…, size=…) gives the JSON.

    One slotd for each place and settings, for the whole file.
    """
    running = {}

    def issue(bucket, size, filename="cat.jpg", **place):
        name = (bucket, repr(sorted(place.items())))
        if name not in running:
            running[name] = start_once(lab.config(bucket, **place))
        return running[name].slot(filename=filename, size=size)
    return issue


@pytest.fixture
def slotd(tmp_path, lab):
    """Runs a command that trusts the store's certificate."""
    def run(config, *args):
        path = support.write_config(tmp_path, config)
        done = support.run(args[0], "-c", path, *args[1:], env={
            "PATH": "/usr/bin", "SSL_CERT_FILE": str(lab.store.ca or "")})
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done
    return run
