"""Built for arm64 in a folder with a Debian 13."""

import pytest

import cross
import machine


@pytest.fixture(scope="session")
def folder():
    """It has the package in /source, made by `make deb`, with its unit tests
    beside it."""
    made = cross.folder()
    cross.build(made)
    return made


@pytest.fixture(scope="session")
def linux(folder):
    """What an arm64 machine said: {name: (status, text)}."""
    return machine.run(folder)
