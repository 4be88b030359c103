"""A slotd that is the component of a server that is in a test's hands."""

import pytest

import reloading
from xmpp_server import Server, Silent, config


class Fixture:
    def __init__(self, start, folder):
        self.start, self.folder = start, folder

    def __call__(self, server, **over):
        component = over.pop("component", {})
        self.slotd = self.start(config(
            self.folder / "store", server.component(**component), **over))
        return self.slotd

    def reload(self, server=None, **component):
        """With these settings of the component, or what there was."""
        changed = server and dict(self.slotd.config, components=[
            server.component(**component)])
        return reloading.reload(self.slotd, changed)


@pytest.fixture
def join(start, tmp_path):
    """join(server) starts a slotd that is its component; join.reload()."""
    return Fixture(start, tmp_path)


@pytest.fixture
def server():
    with Server() as server:
        yield server


@pytest.fixture
def silent(tmp_path):
    with Silent(tmp_path) as silent:
        yield silent


# --- how far a connection has come ----------------------------------------


def never(peer):
    """As soon as it is connected."""


def headless(peer):
    peer.wait("the header", lambda: peer.header is not None)


def unshaken(peer):
    peer.head()
    peer.handshake()
