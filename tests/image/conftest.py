"""The image, built once, and containers of it."""

import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import container  # noqa: E402
from podman import CannotRun, Podman  # noqa: E402


@pytest.fixture(scope="session")
def engine():
    """Podman, with a base to build on."""
    try:
        podman = Podman()
    except CannotRun as why:
        pytest.skip(str(why))
    try:
        podman.make_base()
        yield podman
    except CannotRun as why:
        pytest.skip(str(why))
    finally:
        podman.close()


@pytest.fixture(scope="session")
def image(engine):
    """The engine, once the Dockerfile has been built."""
    engine.build()
    return engine


@pytest.fixture(scope="session")
def runs(image):
    try:
        image.probe()
    except CannotRun as why:
        pytest.skip(str(why))
    return image


@pytest.fixture
def start(runs, tmp_path):
    """start(configuration, *options): a container that is ready."""
    started = []

    def start(config, *options, **more):
        one = container.Container(
            runs, tmp_path / str(len(started)), config, *options, **more)
        started.append(one)
        return one

    yield start
    for one in started:
        one.remove()
