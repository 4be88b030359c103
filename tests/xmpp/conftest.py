"""Real XMPP servers with slotd behind them, and real clients."""

import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
# In front: Debian has modules of its own that are called as ours.
sys.path[1:1] = [str(TESTS / "e2e"), str(TESTS / "s3")]

import bare  # noqa: E402
import fixtures  # noqa: E402
import table  # noqa: E402

program = fixtures.program
start = fixtures.start
start_once = fixtures.start_once
standby = bare.standby

# The one store that is not in every place where this runs.
if table.HAS_CEPH:
    import lab as laboratory  # noqa: E402
    lab = laboratory.lab
else:
    @pytest.fixture(scope="session")
    def lab():
        """No store of S3's kind."""


def pytest_collection_modifyitems(items):
    """What the table's cells are called, also when their start fails."""
    for item in items:
        if getattr(item, "originalname", None) == "test_cell":
            given = item.callspec.params
            cell = given["server"], given["store"], given["client"]
            item.user_properties.append(("cell", cell))


def pytest_terminal_summary(terminalreporter):
    text = table.lines(table.verdicts(terminalreporter.stats))
    if text:
        terminalreporter.write_line("\n" + "\n".join(text) + "\n")
