"""Each server with each store and each client: a file goes from one user to
the other. The table at the end of the run is made of these tests.
"""

import os
import urllib.parse

import pytest

import clients
import servers
import table
from depot import Depot
from stanza import Client, parse_slot, slot_request

NAME = "Gr\u00fc\u00dfe & K\u00fcsse +1 (2).txt"
KEEPS_NAMES = ("slixmpp", "raw")
MANGLED = (
    "ejabberd 18.04 to 25.07 escapes both URLs a second time; no signed "
    "query survives that")
ITEMS = (
    'go-sendxmpp needs disco_items = {{"localhost", "Uploads"}} there: it '
    "asks the host for its items, not for what it is itself")


@pytest.fixture(scope="module")
def depot(tmp_path_factory, lab):
    with Depot(tmp_path_factory.mktemp("depot"), lab) as depot:
        yield depot


@pytest.fixture(scope="module")
def server(request, tmp_path_factory, depot):
    # It may ask slotd at its start.
    depot.use("embedded")
    folder = tmp_path_factory.mktemp("server")
    with servers.make(request.param, folder, depot) as server:
        yield server


def pytest_generate_tests(metafunc):
    names = metafunc.fixturenames
    if "server" in names:
        metafunc.parametrize("server", table.SERVERS, indirect=True)
    if "store" in names:
        metafunc.parametrize(
            "store", [s for s in table.STORES if table.is_here(s)])
    if "client" in names:
        metafunc.parametrize("client", table.CLIENTS)


@pytest.fixture
def name(request):
    """The server's name in the table."""
    return request.node.callspec.params["server"]


@pytest.fixture
def bob(server):
    with Client(server.port, clients.TO, clients.PASSWORD) as bob:
        yield bob


def slot_of(server, filename, size):
    with Client(server.port, clients.FROM, clients.PASSWORD) as alice:
        return parse_slot(alice.iq(
            "get", server.upload, slot_request(filename, size)))


def is_mangled(server, name, store):
    """Whether this server makes URLs of this store useless."""
    if name != servers.SERVICE_URL or store == "embedded":
        return False
    put = slot_of(server, "cat.jpg", 3).put
    if "?X-Amz-Algorithm=" in put:
        return False
    assert "%3FX-Amz-Algorithm%3D" in put, put
    return True


def test_cell(depot, server, name, store, client, bob, tmp_path,
              record_property):
    depot.use(store)
    data = os.urandom(100000)
    path = tmp_path / NAME
    path.write_bytes(data)
    send = clients.SENDERS[client]
    if is_mangled(server, name, store):
        record_property("why", MANGLED)
        with pytest.raises(AssertionError):
            send(server, path, tmp_path, depot.ca)
        return
    if name == servers.ON_HOST and client == "go-sendxmpp":
        record_property("note", ITEMS)
    send(server, path, tmp_path, depot.ca)
    link = bob.read_message()
    assert link.startswith("https://"), link
    assert clients.fetch(link, tmp_path, depot.ca) == data
    if client in KEEPS_NAMES and name != servers.SERVICE_URL:
        path = urllib.parse.unquote(urllib.parse.urlsplit(link).path)
        assert path.rpartition("/")[2] == NAME
