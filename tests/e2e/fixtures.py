"""Fixtures of every suite that drives the built program.

A conftest.py imports those that it wants.
"""

import os

import pytest

import support


class Nursery:
    """Starts slotd with a configuration; stops whatever still runs."""

    def __init__(self, factory):
        self.factory = factory
        self.running = []

    def __call__(self, config):
        folder = self.factory.mktemp("slotd")
        slotd = support.Slotd(folder, config)
        self.running.append(slotd)
        return slotd

    def close(self):
        faults = []
        for slotd in self.running:
            try:
                slotd.stop()
            except Exception as fault:
                faults.append(fault)
        assert not faults, faults


@pytest.fixture(scope="session", autouse=True)
def program():
    """The program that is tested has to be there."""
    if not os.access(support.SLOTD, os.X_OK):
        pytest.exit(support.SLOTD + " is not there: run make first", 1)


@pytest.fixture
def start(tmp_path_factory):
    nursery = Nursery(tmp_path_factory)
    yield nursery
    nursery.close()


@pytest.fixture(scope="module")
def start_once(tmp_path_factory):
    """As start, for what a whole file shares."""
    nursery = Nursery(tmp_path_factory)
    yield nursery
    nursery.close()
