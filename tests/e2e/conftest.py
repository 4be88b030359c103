"""Fixtures: running programs that are gone when the test is over."""

import pytest

import aws
import fixtures
import support

program = fixtures.program
start = fixtures.start
start_once = fixtures.start_once


@pytest.fixture(scope="module")
def s3(start_once):
    """One slotd in front of S3, with the defaults."""
    return start_once(support.s3_config())


@pytest.fixture(scope="module")
def fs(start_once, tmp_path_factory):
    """One slotd with the embedded store; its folder is fs.store."""
    store = tmp_path_factory.mktemp("store")
    slotd = start_once(support.fs_config(store))
    slotd.store = store
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
