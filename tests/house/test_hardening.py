"""The hardening, as it shows on the built program."""

import functools
import pathlib
import platform
import re
import subprocess

import pytest

import house


BUILD = pathlib.Path(house.SLOTD).parent
OBJECTS = [BUILD / path.relative_to(house.ROOT / "src").with_suffix(".o")
           for path in house.files("src", endings=(".c",))]
X86 = "Advanced Micro Devices X86-64"
ARM = "AArch64"
HERE = {"x86_64": X86, "aarch64": ARM}.get(platform.machine())
OPTIONS_OF_ONE = {"-fcf-protection=full": X86,
                  "-mbranch-protection=standard": ARM}


def output(*command):
    return subprocess.run(
        command, check=True, text=True, capture_output=True,
        timeout=60).stdout


def readelf(*options, files=(house.SLOTD,)):
    return output("readelf", "-W", *options, *files)


@functools.cache
def machine():
    """The one that the program is for, in readelf's words."""
    return re.search(r"Machine: +(.*)", readelf("--file-header"))[1]


def only(name):
    if machine() != name:
        pytest.skip("instructions of another processor")


def has(option):
    """Whether the compiler has it for this processor. Of Debian's compilers
    for other ones it is known."""
    if machine() != HERE:
        return OPTIONS_OF_ONE.get(option) in (None, machine())
    return subprocess.run(
        ["cc", "-Werror", option, "-S", "-o", "/dev/null", "-xc",
         "/dev/null"], capture_output=True, timeout=60).returncode == 0


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


@pytest.fixture(scope="module")
def options():
    """With what each object was compiled, by its debugging information."""
    text = readelf("--debug-dump=info", "--dwarf-depth=1", files=OBJECTS)
    found = dict(re.findall(r"^File: (\S+)$.*?DW_AT_producer *: (.*?)$",
                            text, re.M | re.S))
    assert len(found) == len(OBJECTS)
    if not all(line.count("GNU C17") for line in found.values()):
        pytest.skip("not built by gcc with -g")
    return found


def test_sizes_known_only_when_it_runs_are_checked(symbols, options):
    """_FORTIFY_SOURCE=3: every memset of slotd is of such a size."""
    if re.search(r"GNU C17 (\d+)", next(iter(options.values())))[1] < "12":
        pytest.skip("a gcc without _FORTIFY_SOURCE=3")
    assert "__memset_chk" in symbols


@pytest.mark.parametrize("option", [
    "-fstack-protector-strong", "-fstack-clash-protection",
    "-ftrivial-auto-var-init=zero", "-fcf-protection=full",
    "-mbranch-protection=standard"])
def test_all_objects_are_compiled_with(options, option):
    if not has(option):
        pytest.skip("the compiler has no such option here")
    assert not [name for name, line in options.items() if option not in line]


def test_jumps_and_returns_are_marked():
    """IBT and shadow stacks, for processors that check them. The program has
    the mark of shadow stacks alone: what the C library starts it with has no
    place to land."""
    only(X86)
    notes = readelf("--notes", files=OBJECTS)
    assert notes.count("x86 feature: IBT, SHSTK") == len(OBJECTS)
    assert "SHSTK" in readelf("--notes")
    code = output("objdump", "-d", "--no-show-raw-insn", house.SLOTD)
    first = set(re.findall(
        r"^[0-9a-f]+ <(\w+)>:\n *[0-9a-f]+:\t(\w+)", code, re.M))
    shared = [line.split()[-1] for line in output(
        "nm", "--defined-only", "--extern-only", *OBJECTS).splitlines()
        if " T " in line]
    assert len(shared) > 500
    assert not {name for name in shared if (name, "endbr64") not in first}


def test_branches_and_returns_are_marked():
    """BTI and PAC. The program has the mark if all of it has, with what the C
    library starts it with: then the kernel has branches checked."""
    only(ARM)
    notes = readelf("--notes", files=OBJECTS)
    assert notes.count("AArch64 feature: BTI, PAC") == len(OBJECTS)
    assert "AArch64 feature: BTI, PAC" in readelf("--notes")


def test_no_secret_stays_in_a_register(options):
    """What core/hash.c used is zero when it returns."""
    only(X86)
    hashes = str(BUILD / "core/hash.o")
    assert "-fzero-call-used-regs=used-gpr" in options[hashes]
    code = output("objdump", "-d", "--no-show-raw-insn", hashes)
    ends = re.findall(r"(.*\n.*\n.*\n).*\tret", code)
    assert len(ends) > 10
    for end in ends:
        assert re.search(r"xor +%e(\w\w),%e\1", end), end


def test_no_search_path_of_its_own(dynamic):
    assert "RPATH" not in dynamic and "RUNPATH" not in dynamic
