"""slotd as a component of real servers, without anything of ours in them."""

import contextlib

import pytest

import servers
import support
from authority import Authority
from configs import fs_config
from fixtures import Nursery
from matrix import log_in
from stanza import parse_slot, slot_request

ALICE = "alice@localhost"
POLICY = {"max_size": 1000, "deny_extensions": ["bat"], "keep": "30 days",
          "purposes": [{"name": "profile", "keep": 0, "max_size": 100}]}
BACKOFF = 60  # seconds: the longest wait before the next connection


def config(folder, server, **over):
    """Of a slotd on the embedded store that is this server's component."""
    return fs_config(folder, callers=None, policy=POLICY,
                     components=[servers.component(server)], **over)


def wait_connected(slotd, after=0, seconds=0):
    """seconds: what it may take if the machine has nothing else to do."""
    support.wait_for("a connection", lambda: any(
        "state=connected" in line for line in slotd.lines[after:]),
        seconds + support.PATIENCE)


def make(name, factory):
    """A server, not started. Prosody trips over longer paths than these."""
    folder = factory.mktemp("server")
    return servers.bare(name, folder, Authority(folder))


def ask(client, server, *args, **more):
    return client.iq("get", server.upload, slot_request(*args, **more))


@pytest.fixture(scope="session")
def standby(tmp_path_factory):
    """Two slotds for one name, of which the first is killed: what follows
    takes a minute, while other tests run."""
    with make("Prosody, no module", tmp_path_factory) as server, \
            contextlib.closing(Nursery(tmp_path_factory)) as start:
        first, second = (config(tmp_path_factory.mktemp("store"), server)
                         for _ in range(2))
        first = start(first)
        wait_connected(first)
        second = start(second)
        second.wait_line("state=disconnected .*conflict")
        with log_in(server, ALICE) as alice:
            parse_slot(ask(alice, server, "a.txt", 5))
        seen = len(second.lines)
        first.kill()
        first.process = None
        yield server, second, seen
