#!/usr/bin/python3
"""How much of src/ the tests have reached: lines, and branches of conditions.

The files with the most left out come last, then the sum. FOLDER/unreached.txt
gets each line that was not reached, and behind each file the reason that
tests/cover/unreached.txt has for it. Fails below LEAST % of the lines.

Usage: cover.py FOLDER
"""

import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
REASONS = ROOT / "tests/cover/unreached.txt"
LEAST = 94


class File:
    def __init__(self):
        self.lines = collections.Counter()
        self.branches = collections.Counter()

    def add(self, line):
        number = line["line_number"]
        self.lines[number] += line["count"]
        for place, branch in enumerate(line["branches"]):
            self.branches[number, place] += branch["count"]

    def unreached(self):
        return sorted(n for n, count in self.lines.items() if not count)

    def reached_branches(self):
        return sum(1 for count in self.branches.values() if count)


def read(folder):
    """What gcov knows, for each file of src/."""
    files = collections.defaultdict(File)
    notes = [path for path in sorted(folder.rglob("*.gcno"))
             if path.relative_to(folder).parts[0] != "tests"]
    for note in notes:
        text = subprocess.run(
            ["gcov", "--branch-probabilities", "--json-format", "--stdout",
             note.with_suffix(".gcda")],
            cwd=ROOT, check=True, capture_output=True).stdout
        for found in json.loads(text)["files"]:
            if found["file"].startswith("src/"):
                for line in found["lines"]:
                    files[found["file"]].add(line)
    return files


def reasons():
    """By file; a reason goes on in lines that begin with a space."""
    found, name = {}, None
    for line in REASONS.read_text().splitlines():
        if line[:1] == "#":
            continue
        if line[:1].isspace():
            found[name] += " " + line.strip()
        elif line:
            name, _, why = line.partition(": ")
            found[name] = why
    return found


def list_unreached(files, why, out):
    for name, file in sorted(files.items()):
        left = file.unreached()
        if not left:
            continue
        source = (ROOT / name).read_text().splitlines()
        print(f"{name}: {why.get(name, why['others'])}", file=out)
        for number in left:
            print(f"{number:5} {source[number - 1]}", file=out)


def percent(part, whole):
    return 100 * part / whole if whole else 100


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    files = read(folder)
    lines = reached = branches = taken = 0
    for name, file in sorted(
            files.items(), key=lambda item: len(item[1].unreached())):
        left, both = len(file.unreached()), file.reached_branches()
        count, ways = len(file.lines), len(file.branches)
        print(f"{percent(count - left, count):6.1f} % of {count:4} lines, "
              f"{percent(both, ways):6.1f} % of {ways:4} branches  {name}")
        lines, reached = lines + count, reached + count - left
        branches, taken = branches + ways, taken + both
    with open(folder / "unreached.txt", "w") as out:
        list_unreached(files, reasons(), out)
    print(f"{percent(reached, lines):6.1f} % of {lines} lines, "
          f"{percent(taken, branches):.1f} % of {branches} branches; "
          f"the rest: {folder / 'unreached.txt'}")
    return 0 if percent(reached, lines) >= LEAST else 1


sys.exit(main())
