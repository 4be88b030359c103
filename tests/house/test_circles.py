"""Law 1: no circle of files that call each other, beyond a pair, by nm
over the objects that the build has left; and rooms of at most 50 files."""

import pathlib
import subprocess

import house

BUILD = pathlib.Path(house.SLOTD).parent
ROOM_MAX = 50


def read_calls():
    """For each file of src the files that it calls."""
    objects = {}
    for path in house.files("src", endings=(".c",)):
        name = str(path.relative_to(house.ROOT / "src").with_suffix(""))
        objects[str(BUILD / (name + ".o"))] = name
    out = subprocess.run(["nm", "-A", *objects], capture_output=True,
                         text=True, check=True, timeout=60).stdout
    home, wanted = {}, {name: set() for name in objects.values()}
    for line in out.splitlines():
        path, _, rest = line.partition(":")
        *_, kind, symbol = rest.split()
        if kind == "U":
            wanted[objects[path]].add(symbol)
        elif kind.isupper():
            home[symbol] = objects[path]
    return {name: {home[symbol] for symbol in symbols if symbol in home}
            - {name} for name, symbols in wanted.items()}


def reach(calls, start):
    seen, left = set(), [start]
    while left:
        for there in calls[left.pop()]:
            if there not in seen:
                seen.add(there)
                left.append(there)
    return seen


def circles(calls):
    """Sets of files each of which reaches all the others."""
    reached = {name: reach(calls, name) for name in calls}
    found = {frozenset(other for other in reached[name]
                       if name in reached[other]) for name in calls}
    return [sorted(circle) for circle in found if len(circle) > 1]


def test_no_circle_beyond_a_pair():
    assert not [circle for circle in circles(read_calls())
                if len(circle) > 2]


def test_rooms():
    faults = [(folder.name, count)
              for folder in (house.ROOT / "src").iterdir() if folder.is_dir()
              if (count := len(list(folder.iterdir()))) > ROOM_MAX]
    assert not faults


def test_it_can_tell():
    calls = read_calls()
    assert "http/reply" in calls["endpoint/slot"]
    assert calls["core/span"] == {"core/chars"}
    assert not calls["core/chars"]
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [
        ["a", "b", "c"]]
