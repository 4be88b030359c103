"""The same source makes the same program, wherever it lies and whenever."""

import pathlib
import shutil
import subprocess

import house

BUILD = pathlib.Path(house.SLOTD).parent
# One file in so many is compiled again; tests/deb compiles them all.
PART = 16


def test_another_folder_makes_the_same_program(tmp_path):
    place = tmp_path / "another place"
    for name in ("Makefile", "include", "src", "api", "tests"):
        source = house.ROOT / name
        if source.is_dir():
            # Python writes its own beside the tests that run meanwhile.
            shutil.copytree(source, place / name,
                            ignore=shutil.ignore_patterns("__pycache__"))
        else:
            place.mkdir()
            shutil.copy2(source, place)
    objects = [path.relative_to(house.ROOT / "src").with_suffix(".o")
               for path in house.files("src", endings=(".c",))]
    again = objects[::PART] + [
        name for name in objects if name.stem in ("openapi", "redis_call")]
    for name in objects:
        (place / "build" / name.parent).mkdir(parents=True, exist_ok=True)
        if name not in again:
            shutil.copy2(BUILD / name, place / "build" / name)
    done = subprocess.run(
        ["make", "-j2", "BUILD=build", "all"], cwd=place, text=True,
        capture_output=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "CC src/" in done.stdout
    for name in again:
        assert (place / "build" / name).read_bytes() == (
            BUILD / name).read_bytes(), name
    assert (place / "build/slotd").read_bytes() == pathlib.Path(
        house.SLOTD).read_bytes()
