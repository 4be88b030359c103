"""The files of the house, and their C without comments and strings."""

import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SLOTD = os.path.abspath(os.environ.get("SLOTD", str(ROOT / "build/slotd")))
FOLDERS = ("include", "src", "tests", "deploy", ".ci")
ENDINGS = (".c", ".h", ".py", ".lua", ".sh")


def files(*folders, endings=ENDINGS):
    found = [
        path for folder in folders or FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in endings and "node_modules" not in path.parts
    ]
    assert found, folders
    return found


def name(path):
    return str(path.relative_to(ROOT))


C_NOISE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def blank(match):
    """Nothing, but for line breaks; quotes stay, so that #include is seen."""
    text = match[0]
    if text[0] in "\"'":
        return text[0] * 2
    return "\n" * text.count("\n") or " "


def bare_c(path):
    """C without comments and without what stands in strings."""
    return C_NOISE.sub(blank, path.read_text())


def calls(text, functions):
    """Which of these functions C text calls."""
    return re.findall(r"(?<![\w.>])(" + "|".join(functions) + r")\s*\(", text)
