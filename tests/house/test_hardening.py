"""The hardening, as it shows on the built program."""

import subprocess

import pytest

import house


def readelf(*options):
    return subprocess.run(
        ["readelf", "-W", *options, house.SLOTD], check=True, text=True,
        capture_output=True).stdout


@pytest.fixture(scope="module")
def dynamic():
    return readelf("--dynamic")


@pytest.fixture(scope="module")
def symbols():
    text = readelf("--dyn-syms")
    return {line.split()[7].split("@")[0] for line in text.splitlines()
            if len(line.split()) > 7}


def test_position_independent(dynamic):
    assert "Type:" in (header := readelf("--file-header"))
    assert "DYN (" in header
    flags = [line for line in dynamic.splitlines() if "FLAGS_1" in line]
    assert "PIE" in flags[0]


def test_all_symbols_are_bound_at_the_start(dynamic):
    flags = [line for line in dynamic.splitlines() if "FLAGS_1" in line]
    assert "NOW" in flags[0]


def test_relocations_are_read_only():
    assert "GNU_RELRO" in readelf("--program-headers")


def test_nothing_is_writable_and_executable():
    stacks = 0
    for line in readelf("--program-headers").splitlines():
        words = line.split()
        if words[:1] in (["LOAD"], ["GNU_STACK"]):
            assert not ("W" in (flags := "".join(words[6:-1]))
                        and "E" in flags), line
            stacks += words[0] == "GNU_STACK"
    assert stacks == 1


def test_stack_protector(symbols):
    assert "__stack_chk_fail" in symbols


def test_fortified(symbols):
    checked = {name for name in symbols if name.endswith("_chk")}
    assert checked & {"__snprintf_chk", "__vsnprintf_chk", "__memcpy_chk",
                      "__fprintf_chk", "__printf_chk"}, symbols


def test_no_search_path_of_its_own(dynamic):
    assert "RPATH" not in dynamic and "RUNPATH" not in dynamic
