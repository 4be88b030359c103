"""On an arm64 kernel: the fence, from inside, and around a running slotd."""

import re

import machine
import pytest


@pytest.mark.parametrize("name", machine.UNIT)
def test_unit(linux, name):
    status, text = linux[name]
    assert status == 0, text
    assert re.search(r"^ok 1 - ", text, re.M), text
    # Calls of another machine can be made on x86-64 alone.
    skipped = re.findall(r"^ok \d+ # SKIP (\w+)", text, re.M)
    assert set(skipped) <= {"test_calls_of_other_machines"}, text


def test_a_running_slotd(linux):
    assert "Linux aarch64" in linux[machine.UNIT[0]][1]
    status, text = linux["e2e/test_sandbox"]
    assert status == 0, text
    assert re.search(r"^=+ \d+ passed in ", text, re.M), text
