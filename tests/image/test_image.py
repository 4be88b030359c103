"""What is in the image, and what it says of itself."""

import os
import re

import pytest

import podman

MEBI = 1024 * 1024
NO_PLACE = re.compile(
    r"(.*-)?(gcc|g\+\+|cc|c\+\+|c89|c99|cpp|clang|tcc|cc1|ld|as|make)"
    r"(-[\d.]+)?")


@pytest.fixture(scope="module")
def config(image):
    return image.inspect(podman.IMAGE)["Config"]


def test_it_is_built(image):
    assert podman.IMAGE in image.out("images", "--format={{.Repository}}")


def test_the_size_beyond_the_base(image):
    sizes = [image.inspect(name)["Size"]
             for name in (podman.IMAGE, podman.BASE)]
    assert 0 < sizes[0] - sizes[1] < 40 * MEBI


def test_no_compiler(image):
    root = image.mounted(podman.IMAGE)
    found = [os.path.join(folder, name)
             for folder, _, names in os.walk(root) for name in names
             if NO_PLACE.fullmatch(name)
             and os.access(os.path.join(folder, name), os.X_OK)]
    assert not found
    assert not list((root / "usr/include").iterdir())


def test_it_can_tell_a_compiler(image):
    """By the other stage, which has one."""
    root = image.mounted(podman.BUILDER)
    names = {name for name in os.listdir(root / "usr/bin")
             if NO_PLACE.fullmatch(name)}
    assert {"gcc", "cc", "make", "ld"} <= names


def test_only_sources_are_taken(image):
    """Neither secrets nor what was built before lies about in it."""
    root = image.mounted(podman.BUILDER) / "slotd"
    assert set(os.listdir(root)) == {
        "LICENSE", "Makefile", "api", "build", "include", "src"}


def test_nothing_else_is_left(image):
    root = image.mounted(podman.IMAGE)
    assert not list((root / "var/lib/apt/lists").iterdir())
    assert not (root / "slotd").exists()
    assert (root / "etc/ssl/certs/ca-certificates.crt").stat().st_size > 0
    licence = root / "usr/share/doc/slotd/copyright"
    assert "MIT License" in licence.read_text()


def test_user(config):
    """A number: Kubernetes refuses a name with runAsNonRoot."""
    assert config["User"] == "8363:8363"


def test_labels(config):
    labels = {name.rpartition(".")[2]: value
              for name, value in config["Labels"].items()
              if name.startswith("org.opencontainers.image.")}
    assert labels.pop("description")
    assert labels == {
        "title": "slotd", "licenses": "MIT", "version": podman.version()}


def test_how_it_is_run(config, image):
    assert config["Entrypoint"] == ["slotd"]
    assert config["Cmd"] == ["serve", "-c", "/etc/slotd/slotd.conf"]
    assert set(config["ExposedPorts"]) == {"8363/tcp", "8364/tcp"}
    assert set(config["Volumes"]) == {"/var/lib/slotd"}
    assert config["StopSignal"] in ("SIGTERM", "15")
    health = image.inspect(podman.IMAGE)["Healthcheck"]
    assert health["Test"] == [
        "CMD", "slotd", "health", "-c", "/etc/slotd/slotd.conf"]
