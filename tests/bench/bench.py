"""Measures slotd's speed as ratios in one run; see doc/performance.md.

Exits with 1 when a figure misses its bound.
"""

import argparse
import importlib
import json
import pathlib
import signal
import sys
import tempfile
import time
import traceback

# In front: Debian has a module of its own that is called as one of ours.
sys.path[1:1] = [str(pathlib.Path(__file__).resolve().parents[1] / room)
                 for room in ("e2e", "s3", "xmpp")]

import figures  # noqa: E402
import programs  # noqa: E402

GROUPS = ["cost", "slots", "component", "memory", "growth", "embedded",
          "relay", "erasure"]
# Only when asked for: they take longer, and programs of their own.
LONG = ["sweep"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true",
                        help="print JSON instead of a table")
    parser.add_argument("--rounds", type=int, default=3,
                        help="of each figure, whose median counts")
    parser.add_argument("group", nargs="*", choices=[*GROUPS, *LONG, []],
                        help=f"default: all but {', '.join(LONG)}")
    return parser.parse_args()


def main():
    wanted = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    found, broken = [], []
    with tempfile.TemporaryDirectory(
            prefix="bench-", dir=programs.BUILD) as folder:
        for name in wanted.group or GROUPS:
            try:
                for figure in importlib.import_module(name).measure(
                        pathlib.Path(folder), wanted.rounds):
                    found.append(figure)
            except Exception:
                traceback.print_exc()
                broken.append(name)
    missed = [figure for figure in found if figure.ok is False]
    if wanted.json:
        print(json.dumps({
            "ok": not missed and not broken, "broken": broken,
            "rounds": wanted.rounds,
            "figures": [figure.as_json() for figure in found]}, indent=2))
    else:
        print(figures.table(found))
        print(f"\n{len(missed)} of {len(found)} figures missed their bounds; "
              f"{time.monotonic() - began:.0f} s")
        for name in broken:
            print(f"{name} could not be measured: see above")
    return 1 if missed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
