"""Fixtures: a slotd with a relay before a stub store; and one upload.

A test file takes them by `store, slotd, hasty = relayed.store, …`.
"""

import pytest

import stub_store
import support


@pytest.fixture
def store():
    with stub_store.Store() as store:
        yield store


@pytest.fixture
def slotd(start, store, tmp_path):
    return start(stub_store.config(store, tmp_path))


@pytest.fixture
def hasty(start, store, tmp_path):
    """One that loses its patience after two seconds."""
    return start(stub_store.config(
        store, tmp_path, limits={"body_timeout": 2}))


def put(answer, data, headers=()):
    return support.fetch("PUT", answer["put"], data, headers)


def line_of(slotd, after=0):
    """The log line of the first upload after line number `after`."""
    return slotd.wait_line(r"route=/u/", after)
