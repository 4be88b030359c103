"""Built for arm64 in a folder with a Debian 13."""

import platform

import pytest

import cross
import machine


@pytest.fixture(scope="session")
def folder():
    """It has the package in /source, made by `make deb`, with its unit tests
    beside it."""
    if platform.machine() == "aarch64":
        pytest.skip("this is arm64: all other suites are of it")
    made = cross.folder()
    cross.build(made)
    return made


@pytest.fixture(scope="session")
def linux(folder):
    """What an arm64 machine said: {name: (status, text)}."""
    return machine.run(folder)
