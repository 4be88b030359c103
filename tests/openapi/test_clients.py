"""Clients that others' generators make of api/openapi.yaml: they compile
strictly, and talk to a running slotd."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

import support

HERE = pathlib.Path(__file__).resolve().parent
YAML = support.ROOT / "api/openapi.yaml"
# npm's packages are kept here from one run to the next.
PACKAGES = pathlib.Path(os.environ.get(
    "SLOTD_CLIENTS", support.ROOT / "build/openapi-clients"))


def run(*command, folder=support.ROOT, env=None, patience=600):
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, text=True,
        capture_output=True, timeout=patience, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packages():
    """The generators and the compiler, as package-lock.json has them."""
    run("tests/npm.sh", HERE / "clients", PACKAGES, patience=1200)
    return PACKAGES / "node_modules"


@pytest.fixture(scope="module")
def clients(packages, tmp_path_factory):
    """A folder with what was made of the file, not compiled yet."""
    folder = tmp_path_factory.mktemp("clients")
    (folder / "node_modules").symlink_to(packages)
    for source in [*HERE.glob("clients/*.ts"), HERE / "clients/tsconfig.json"]:
        shutil.copy(source, folder)
    tools = packages / ".bin"
    run(tools / "openapi-typescript", YAML, "-o", folder / "generated/paths.ts")
    run(tools / "oazapfts", YAML, folder / "generated/oazapfts.ts")
    (folder / "plus.yml").write_text(json.dumps({
        "inputPath": str(YAML), "outputPath": str(folder / "generated/plus"),
        "generator":
            "@openapi-generator-plus/typescript-fetch-client-generator"}))
    run(tools / "openapi-generator-plus", "generate", "-c",
        folder / "plus.yml", folder=folder)
    return folder


@pytest.fixture(scope="module")
def compiled(clients):
    run(clients / "node_modules/.bin/tsc", "-p", clients)
    return clients / "built"


@pytest.fixture(scope="module")
def slotd(start_once, tmp_path_factory):
    return start_once(support.fs_config(tmp_path_factory.mktemp("store")))


@pytest.mark.parametrize("client", ["fetch", "oazapfts", "plus"])
def test_a_file_goes_its_way(client, compiled, slotd):
    host, port = slotd.address
    said = json.loads(run("node", compiled / f"{client}.js", env={
        "PATH": os.environ["PATH"], "SLOTD_BASE": f"http://{host}:{port}",
        "SLOTD_SECRET": support.SECRET}))
    assert said.pop("expires").endswith("Z")
    assert said == {
        "put": 201, "type": "image/jpeg", "file": "some file",
        "code": "file-too-large", "max": 1073741824}


def test_what_may_be_left_out_stays_so(clients):
    """A default made content_type a member that has to be there."""
    types = (clients / "generated/paths.ts").read_text()
    request = types.partition("SlotRequest: {")[2].partition("\n        }")[0]
    assert "content_type?: string" in request
    assert "jid: string" in request and "purpose?: \"message\"" in request
