"""What the tests of the table share: servers, stores and clients by name,
and how a file goes from one user to the other."""

import os
import urllib.parse

import pytest

import clients
import servers
import table
from depot import Depot
from jabberd2 import Jabberd2
from stanza import Client

NAME = "Gr\u00fc\u00dfe & K\u00fcsse +1 (2).txt"
KEEPS_NAMES = ("slixmpp", "raw", "201 only")


def generate(metafunc, names):
    """pytest_generate_tests of a file that is about these servers."""
    wanted = metafunc.fixturenames
    if "server" in wanted and "store" in wanted:
        metafunc.parametrize(
            "server, store", [(server, store) for server in names
                              for store in table.stores(server)],
            indirect=["server"], scope="module")
    elif "server" in wanted:
        metafunc.parametrize("server", names, indirect=True)
    if "client" in wanted:
        metafunc.parametrize("client", table.CLIENTS)


@pytest.fixture(scope="module")
def depot(tmp_path_factory, lab):
    with Depot(tmp_path_factory.mktemp("depot"), lab) as depot:
        yield depot


@pytest.fixture(scope="module")
def server(request, tmp_path_factory, depot):
    # It may ask slotd at its start.
    depot.join(None)
    depot.use("embedded")
    folder = tmp_path_factory.mktemp("server")
    with servers.make(request.param, folder, depot) as server:
        if request.param in table.COMPONENTS:
            depot.join(servers.component(server))
        yield server


@pytest.fixture
def name(request):
    """The server's name in the table."""
    return request.node.callspec.params["server"]


def log_in(server, jid):
    if isinstance(server, Jabberd2):
        return server.log_in(jid)
    return Client(server.port, jid, clients.PASSWORD)


@pytest.fixture
def bob(server):
    with log_in(server, clients.TO) as bob:
        yield bob


@pytest.fixture
def alice(server):
    with log_in(server, clients.FROM) as alice:
        yield alice


def send(client, server, depot, folder):
    """alice sends a new file; gives its bytes."""
    data = os.urandom(100000)
    path = folder / NAME
    path.write_bytes(data)
    clients.SENDERS[client](server, path, folder, depot.ca)
    return data


def journey(client, server, depot, bob, folder):
    """From alice to bob, who downloads the same bytes; gives the link."""
    data = send(client, server, depot, folder)
    link = bob.read_message()
    assert link.startswith("https://"), link
    assert clients.fetch(link, folder, depot.ca) == data
    return link


def last_of(link):
    """The file name in it."""
    path = urllib.parse.unquote(urllib.parse.urlsplit(link).path)
    return path.rpartition("/")[2]
