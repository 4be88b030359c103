"""Real XMPP servers with slotd behind them, and real clients."""

import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "e2e"), str(TESTS / "s3")]

import fixtures  # noqa: E402
import table  # noqa: E402

program = fixtures.program
start = fixtures.start
start_once = fixtures.start_once

# The one store that is not in every place where this runs.
if table.HAS_CEPH:
    import lab as laboratory  # noqa: E402
    lab = laboratory.lab


def pytest_collection_modifyitems(items):
    """What the table's cells are called, also when their start fails."""
    for item in items:
        if getattr(item, "originalname", None) == "test_cell":
            given = item.callspec.params
            item.user_properties.append(
                ("cell", tuple(given[n] for n in ("server", "store", "client"))))


def pytest_terminal_summary(terminalreporter):
    text = table.lines(table.verdicts(terminalreporter.stats))
    if text:
        terminalreporter.write_line("\n" + "\n".join(text) + "\n")
