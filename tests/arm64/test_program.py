"""The program and its unit tests, each in an emulator of arm64's instructions
on this kernel, driven from outside."""

import os
import subprocess
import sys

import cross
import machine
import pytest

UNITS = sorted(
    str(path.relative_to(cross.ROOT / "tests").with_suffix(""))
    for path in (cross.ROOT / "tests").glob("*/test_*.c"))
# Slots, by this Python's HMAC and by botocore's signer; PUT and GET.
JOURNEY = ["test_slot.py", "test_signer.py", "test_upload.py"]


@pytest.mark.parametrize("name", [
    name for name in UNITS if name not in machine.UNIT])
def test_unit(folder, name):
    program = cross.tree(folder) / "build/tests" / name
    done = folder.tries(
        "env", "--chdir", "/" + str(cross.tree(folder).relative_to(
            folder.path)), "qemu-aarch64",
        "/" + str(program.relative_to(folder.path)))
    assert done.returncode == 0, done.stdout[-3000:]


def test_journey(folder):
    done = subprocess.run(
        # What moves the clock is a library of the other processor.
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "-k", "not memory and not test_late",
         *(cross.ROOT / "tests/e2e" / name for name in JOURNEY)], text=True,
        capture_output=True, timeout=900, check=False,
        env={**os.environ, "SLOTD": str(cross.emulated(folder, "slotd")),
             "SLOTD_PATIENCE": "60"})
    assert done.returncode == 0, done.stdout[-3000:]
