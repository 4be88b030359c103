"""What our C does not do."""

import re

import house

BANNED = [
    "strcpy", "stpcpy", "strcat", "strncat", "strncpy", "sprintf", "vsprintf",
    "gets", "scanf", "sscanf", "fscanf", "atoi", "atol", "atoll", "atof",
    "strtok", "alloca", "tmpnam", "mktemp", "setjmp", "longjmp",
]
BANNED_IN_SRC = [
    "system", "popen", "fork", "exit",
    # Not safe between threads, with glibc as it is.
    "asctime", "ctime", "gmtime", "localtime", "crypt", "getgrgid", "getgrnam",
    "gethostbyname", "getpwnam", "getpwuid", "inet_ntoa", "ptsname", "putenv",
    "setenv", "rand", "random", "setlocale", "tmpfile",
]
# It forks before there are threads, and its children open no file.
FORKS = ("src/conf/parse.c", "fork")
# The only conditions of the preprocessor: a library's version, at its door.
VERSIONS = re.compile(
    r"#if ((MHD|LIBCONFIG)_VER\w* >= 0x[0-9a-f]+"
    r"|HIREDIS_MAJOR < \d+|XML_MINOR_VERSION >= \d+|__has_attribute\(uninitialized\))")

# What depends on the machine: the numbers of system calls.
MACHINE = ("src/fence/fence_table.h", "tests/fence/machine.h")

C_FILES = house.files("src", "include", "tests", endings=(".c", ".h"))


def test_no_banned_function():
    faults = [(house.name(path), called) for path in C_FILES
              for called in house.calls(house.bare_c(path), BANNED)]
    faults += [(house.name(path), called)
               for path in house.files("src", endings=(".c",))
               for called in house.calls(house.bare_c(path), BANNED_IN_SRC)
               if (house.name(path), called) != FORKS]
    assert not faults


def test_structs_are_called_structs():
    faults = [house.name(path) for path in C_FILES if re.search(
        r"\btypedef\s+(struct|union|enum)\b", house.bare_c(path))]
    assert not faults


def conditions(path):
    """Those of the preprocessor, but for a header's guard."""
    text = house.bare_c(path)
    if path.suffix == ".h":
        text = re.sub(r"\A\s*#ifndef (\w+_H)\n#define \1\n", "", text)
    return re.findall(r"^[ \t]*#[ \t]*(?:el)?if.*", text, re.M)


def test_no_ifdef_chooses():
    faults = [(house.name(path), line) for path in C_FILES
              if house.name(path) not in MACHINE
              for line in conditions(path)
              if not VERSIONS.fullmatch(line.strip())]
    assert not faults


def test_headers_are_guarded_by_their_names():
    faults = [
        house.name(path) for path in house.files(
            "src", "include", endings=(".h",))
        if f"#ifndef {path.parent.name}_{path.stem}_H\n".upper()
        not in path.read_text().upper()]
    assert not faults


def is_untidy(line):
    return (len(line.expandtabs(8)) > 80 or line.startswith(" " * 8)
            or line != line.rstrip())


def test_tabs_and_80_columns():
    faults = [(house.name(path), number) for path in C_FILES
              for number, line in enumerate(path.read_text().splitlines(), 1)
              if is_untidy(line)]
    assert not faults


def test_it_can_tell():
    assert house.calls("x = strcpy(a, b);", BANNED) == ["strcpy"]
    assert not house.calls("my_gets(); a.gets(1); p->gets(2);", BANNED)
    assert is_untidy("\t" * 9 + "123456789") and not is_untidy("\t" * 9 + "x")
    assert house.C_NOISE.sub(house.blank, 'a /* "x" */ "b /*" // c\nd') == (
        'a   ""  \nd')
