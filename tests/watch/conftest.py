"""The programs of those who watch a service: Prometheus' and fail2ban's."""

import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import configs  # noqa: E402
import fixtures  # noqa: E402
import support  # noqa: E402
import test_log_secrets as everything  # noqa: E402

program = fixtures.program
start = fixtures.start
start_once = fixtures.start_once


@pytest.fixture(scope="module")
def others(start_once):
    """In front of S3; a component without a server; and with a Redis that
    does not answer."""
    nobody = {"type": "redis", "port": configs.free_port()}
    component = {"jid": "upload.example.org", "secret": configs.SECRET,
                 "port": configs.free_port()}
    running = [start_once(support.s3_config()),
               start_once(support.s3_config(components=[component])),
               start_once(support.s3_config(quota=nobody))]
    for slotd in running:
        # It may have something to complain of before.
        slotd.wait_line("msg=ready")
    return running


@pytest.fixture(scope="module")
def busy(start_once, tmp_path_factory):
    """A slotd that has seen traffic of every kind."""
    slotd = start_once(support.fs_config(
        tmp_path_factory.mktemp("store"), callers=everything.callers(),
        policy=everything.POLICY))
    told = everything.Told()
    slot = everything.ask_for_slots(slotd, told)
    everything.ask_limits(slotd, told)
    everything.ask_by_basic(slotd)
    everything.ask_the_rest(slotd)
    everything.upload(slotd, slot["put"], slot["get"], told)
    everything.share(slotd, told)
    return slotd
