"""`make sbom`: what the program is made of."""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess

import pytest

import house

pytestmark = pytest.mark.skipif(
    not shutil.which("dpkg-shlibdeps"), reason="dpkg-dev is not there")


@pytest.fixture(scope="module")
def bill():
    texts = [subprocess.run(
        [house.ROOT / "tests/sbom.py", house.SLOTD], check=True, timeout=120,
        stdout=subprocess.PIPE).stdout for _ in range(2)]
    assert texts[0] == texts[1]
    return json.loads(texts[0])


def test_the_libraries_are_those_that_dpkg_finds(bill, tmp_path):
    """dpkg-shlibdeps writes what the Debian package depends on."""
    shutil.copytree(house.ROOT / "debian", tmp_path / "debian")
    said = subprocess.run(
        ["dpkg-shlibdeps", "-O", house.SLOTD], cwd=tmp_path, check=True,
        text=True, capture_output=True, timeout=120).stdout
    expected = {name.split()[0]
                for name in said.partition("=")[2].split(", ")}
    names = {part["bom-ref"]: part["name"] for part in bill["components"]}
    direct, = [entry["dependsOn"] for entry in bill["dependencies"]
               if entry["ref"] == "slotd"]
    assert {names[ref] for ref in direct} == expected
    assert {"libc6", "libexpat1"} < expected


def test_each_is_known_by_its_package(bill):
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert bill["metadata"]["component"]["hashes"][0]["content"] == (
        hashlib.sha256(pathlib.Path(house.SLOTD).read_bytes()).hexdigest())
    assert len(bill["components"]) > 20
    for part in bill["components"]:
        assert re.fullmatch(
            r"pkg:deb/(debian|ubuntu)/[a-z0-9.+-]+@[\w.%~-]+\?arch=\w+"
            r"&distro=\w+-[\d.]*", part["purl"]), part
        assert part["version"] == subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}",
             part["name"] + ":" + part["purl"].partition("arch=")[2]
             .partition("&")[0]], check=True, text=True,
            stdout=subprocess.PIPE).stdout
        assert part["components"]
    # Nothing hangs in the air.
    known = {part["bom-ref"] for part in bill["components"]} | {"slotd"}
    assert {entry["ref"] for entry in bill["dependencies"]} == known
    assert {ref for entry in bill["dependencies"]
            for ref in entry["dependsOn"]} == known - {"slotd"}
