"""The Debian package of this source, built once for each release."""

import pathlib
import shutil
import subprocess

from folder import BUILD, MINUTES, ROOT, Folder
import pytest


@pytest.fixture(scope="session", params=["bookworm", "trixie"])
def release(request):
    return request.param


@pytest.fixture(scope="session")
def packed():
    """The source tarball."""
    done = subprocess.run([ROOT / "tests/dist.sh", BUILD], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, timeout=MINUTES, check=True)
    return pathlib.Path(done.stdout.strip())


@pytest.fixture(scope="session")
def built(release, packed):
    """A folder in which `make deb` was called, as README.md says; it is kept
    for the next time with what that installed."""
    path = BUILD / "debs" / release / "build"
    if (path / "ready").exists():
        folder = Folder(path)
    else:
        folder = Folder.fresh(release, path)
        folder.apt("update")
        folder.apt("install", "make", "lintian")
    shutil.rmtree(folder / "source", ignore_errors=True)
    (folder / "source").mkdir()
    subprocess.run(["tar", "-xzf", packed, "-C", folder / "source",
                    "--strip-components=1"], check=True, timeout=MINUTES)
    # The unit tests are run by other suites.
    folder.run("make", "-C", "/source", "DEB_BUILD_OPTIONS=nocheck parallel=2",
               "deb")
    (folder / "ready").touch()
    return folder
