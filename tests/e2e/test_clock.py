"""A clock that was ahead, and is set right."""

import support
from scrape import scrape

BLOCKED = "slotd_replay_blocked_seconds"


def detail(slotd):
    """Why it is not ready."""
    return support.assert_problem(
        slotd.ask("GET", "/readyz"), "unavailable")["detail"]


def step_back(slotd, clock):
    """An hour ahead for so long that a request is forgotten."""
    clock.move(3600)
    clock.slot(slotd)
    clock.move(3720)
    clock.slot(slotd)
    assert slotd.ask("GET", "/readyz").status == 200
    assert scrape(slotd).value(BLOCKED) == 0
    clock.move(0)


def test_a_step_back_is_told(start, clock):
    """By whatever looks first; and nothing opens meanwhile."""
    slotd = start(support.s3_config(auth={"max_skew": 60}))
    step_back(slotd, clock)
    support.assert_problem(clock.post(slotd), "clock-skew")
    line = slotd.wait_line("msg=clock ")
    assert "level=error" in line and "stepped back" in line, line
    assert "restart slotd" in line, line
    assert "stepped back" in detail(slotd)
    assert "restart slotd" in detail(slotd)
    # It is refused until an hour later than the first of the two slots, to
    # the second, which took their time.
    assert 3000 <= scrape(slotd).value(BLOCKED) <= 3602
    support.assert_problem(clock.post(slotd), "clock-skew")
    assert sum("msg=clock " in x for x in slotd.lines) == 1
    # Only what is newer than all that was forgotten counts.
    clock.move(3700)
    clock.slot(slotd)
    slotd.wait_line("accepted again")
    assert slotd.ask("GET", "/readyz").status == 200
    assert scrape(slotd).value(BLOCKED) == 0


def test_a_restart_ends_it(start, clock):
    config = support.s3_config(auth={"max_skew": 60})
    slotd = start(config)
    step_back(slotd, clock)
    assert "restart slotd" in detail(slotd)
    slotd.stop()
    slotd = start(config)
    clock.slot(slotd)
    assert slotd.ask("GET", "/readyz").status == 200
