"""The manual, the example and the parser have the same settings."""

import re
import subprocess

import house
import pytest
import settings

MANUAL = house.ROOT / "doc/slotd.conf.5"
PROGRAM = house.ROOT / "doc/slotd.8"
EXAMPLE = house.ROOT / "deploy/slotd.conf.example"
DEFAULTS = house.ROOT / "tests/conf/test_manual.c"

ENTRY = re.compile(r"^\.It Ic ([a-z0-9_.]+)\n(.*?)(?=^\.It Ic |^\.S[hs] |\Z)",
                   re.M | re.S)
LITERAL = re.compile(
    r'^Default: ("[^"]*"|-?[0-9]+|true|false|\([^)]*\))[.,;]', re.M)
# A list's entries have all that the group has; a name is theirs alone.
SAME = {"storages": "storage", "storages.janitor": "storage.janitor"}
ONLY_IN_LISTS = {"storage.name"}


@pytest.fixture(scope="module")
def parser(tmp_path_factory):
    return settings.Parser(tmp_path_factory.mktemp("conf"))


def known(parser):
    """The parser's settings, each where the manual has it."""
    found = set()
    for path in parser.settings:
        group, _, name = path.rpartition(".")
        other = SAME.get(group, group) + "." + name if group else name
        found.add(other if other not in ONLY_IN_LISTS else path)
    return found - ONLY_IN_LISTS


def entries():
    return dict(ENTRY.findall(MANUAL.read_text()))


def test_the_parser_is_heard(parser):
    """Some of each kind, so that a probe that hears nothing fails."""
    assert {"listen", "listen.port", "callers.id", "storage.bucket_url",
            "storages.name", "limits.min_rate", "log.jids",
            "domains.storage"} <= known(parser)
    assert not {"main", "static", "listen.id"} & known(parser)
    assert not parser.later & known(parser)


def test_manual_has_what_the_parser_knows(parser):
    in_manual = [name for name, _ in ENTRY.findall(MANUAL.read_text())]
    assert len(in_manual) == len(set(in_manual)), "an entry stands twice"
    assert set(in_manual) == known(parser)


def test_entries_have_type_default_and_example(parser):
    faults = []
    for name, text in entries().items():
        example = re.findall(r"^\.Dl (.*)$", text, re.M)
        if not re.match(r"Type: ", text) or len(example) != 1 or (
                text.count("\nDefault: ") != 1):
            faults.append((name, "Type, Default and one .Dl are wanted"))
            continue
        line = example[0].replace(r"\(dq", '"').replace(r"\&", "")
        group, _, last = name.rpartition(".")
        if not line.startswith(last + " = "):
            faults.append((name, line))
            continue
        # What a value needs beside it, or on the disk, may be missing.
        wrong = {path: said for path, said in parser.sentence(
            group, line).items() if not re.match(
                r"missing: |cannot read |the folder |belongs to dialect|"
                r"is for a unix socket|no store has|is of no use without ",
                said)}
        if wrong:
            faults.append((name, line, wrong))
    assert not faults


# How the parser calls what the manual calls so.
TYPES = {"integer": "an integer", "boolean": "true or false",
         "string": "a string", "path": "a string", "group": "a group",
         "list": "a list", "size": "an integer or a string",
         "duration": "an integer or a string"}


def test_types_and_ranges(parser):
    faults = []
    for name, text in entries().items():
        group, _, last = name.rpartition(".")
        kind = re.match(r"Type: (\w+)", text)[1]
        wrong = "1.5" if kind != "group" else "1"
        said = parser.sentence(group, f"{last} = {wrong};").get(name, "")
        if not said.startswith("must be " + TYPES[kind]):
            faults.append((name, kind, said))
        limits = re.match(r"Type: (?:integer|duration), (\d+) to (\d+)", text)
        if not limits:
            continue
        low, high = limits.groups()
        said = parser.sentence(group, f"{last} = {int(low) - 1};").get(name)
        if said != f"must be from {low} to {high}":
            faults.append((name, low, high, said))
    assert not faults


def test_defaults_are_held_against_the_code():
    """tests/conf/test_manual.c compares each that is a plain value."""
    stated = {name for name, text in entries().items()
              if LITERAL.search(text)}
    compared = set(re.findall(r'"([a-z0-9_.]+)",', DEFAULTS.read_text()))
    assert stated == compared
    assert len(stated) > 20


EXAMPLE_LINE = re.compile(r"[a-z][a-z0-9_]* = .*[;({]|,?\{|[})]+;?,?")


def uncommented(text):
    """All settings of the example, also those that are commented out."""
    lines = []
    for line in text.splitlines():
        line = line.strip()
        while line.startswith("#"):
            line = line[1:].strip()
        line = re.sub(r'^((?:[^"#]|"[^"]*")*)#.*', r"\1", line).strip()
        if EXAMPLE_LINE.fullmatch(line):
            lines.append(line)
    return "\n".join(lines)


def paths(text):
    """The dotted paths of a configuration's settings."""
    text = re.sub(r'"[^"]*"', '""', text)
    found, open_names, name = set(), [], None
    for token in re.findall(r"[a-z][a-z0-9_]*(?= =)|[{}()\[\];]", text):
        if token in "{([":
            open_names.append(name)
            name = None
        elif token in "})]":
            open_names.pop()
            name = None
        elif token == ";":
            name = None
        else:
            name = token
            found.add(".".join([n for n in open_names if n] + [name]))
    assert not open_names
    return found


def test_paths():
    text = 'a = { b = ( { c = "d = 1"; } ); }; # e = 2\n# f = ( "x", "y" );'
    assert paths(uncommented("a = {\n  # b = 1;   # or c = 2\n# };")) == {
        "a", "a.b"}
    assert paths(text.replace("# ", "")) == {"a", "a.b", "a.b.c", "e", "f"}


def test_example_has_what_the_parser_knows(parser):
    in_example = paths(uncommented(EXAMPLE.read_text()))
    assert {path for path in in_example
            if path not in parser.settings} == set()
    wanted = known(parser)
    assert {path for path in wanted if path not in in_example
            and path.replace("storage.", "storages.") not in in_example
            } == set()


def test_lint():
    done = subprocess.run(
        ["mandoc", "-Tlint", str(MANUAL), str(PROGRAM)], text=True,
        capture_output=True, timeout=60)
    # They refer to each other, and are not installed here.
    assert [line for line in (done.stdout + done.stderr).splitlines()
            if not re.search(r"STYLE: referenced manual not found: "
                             r"Xr (slotd 8|slotd\.conf 5)\b", line)] == []


# Of curl, in the help of `slotd sign`; and of the program itself.
NOT_ITS = {"--data-binary", "--help", "--version"}


def run(*arguments):
    return subprocess.run([house.SLOTD, *arguments], text=True, timeout=60,
                          capture_output=True, check=True).stdout


def plain(path):
    """A manual as text, and its markup of options as they are typed."""
    text = path.read_text()
    return re.sub(r"Fl -([a-z-]+)", r"--\1", text)


def test_commands_and_options():
    manual = plain(PROGRAM)
    commands = re.findall(r"^  (\w+) ", run("--help"), re.M)
    assert set(commands) == set(re.findall(r"^\.It Cm (\w+)", manual, re.M))
    for command in commands:
        section = re.search(
            rf"^\.It Cm {command}\n.*?(?=^\.It Cm |^\.S)", manual,
            re.M | re.S)[0]
        options = set(re.findall(r"--[a-z-]+", run(command, "--help")))
        in_manual = set(re.findall(r"--[a-z-]+", section))
        assert options - NOT_ITS == in_manual - NOT_ITS, command


def test_environment():
    used = set()
    for path in house.files("src", endings=(".c",)):
        used |= set(re.findall(
            r'"([A-Z][A-Z0-9]*_[A-Z0-9_]+|[a-z]+_proxy)"', path.read_text()))
    named = set(re.findall(r"^\.It Ev ([A-Za-z0-9_ ,]+)$",
                           PROGRAM.read_text(), re.M))
    named = {name for line in named for name in line.split(" , ")}
    assert named == used | {"no_proxy"}
