"""Real Redis servers, and what talks to them."""

import pathlib
import sys

import pytest

E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e"
sys.path.insert(0, str(E2E))

import driver as drivers  # noqa: E402
import fixtures  # noqa: E402
import servers  # noqa: E402

start = fixtures.start
program = fixtures.program


@pytest.fixture(scope="session", autouse=True)
def driver_program():
    if not drivers.is_there():
        pytest.exit(f"{drivers.PROGRAM} is not there: make check-quota", 1)


@pytest.fixture
def redis(tmp_path_factory):
    """Starts a Redis with options; ends whatever still runs."""
    running = []

    def start_one(*options, **more):
        running.append(servers.Redis(
            tmp_path_factory.mktemp("redis"), *options, **more))
        return running[-1]

    yield start_one
    for server in running:
        server.close()


@pytest.fixture
def wire():
    running = []

    def start_one(port):
        running.append(servers.Wire(port))
        return running[-1]

    yield start_one
    for one in running:
        one.close()


@pytest.fixture
def drive():
    running = []

    def start_one(server=None, **settings):
        if server is not None:
            settings["unix"] = server.path
        running.append(drivers.Driver(**settings))
        return running[-1]

    yield start_one
    for one in running:
        one.close()
