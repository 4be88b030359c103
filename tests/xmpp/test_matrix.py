"""Each server with each store and each client: a file goes from one user to
the other. The table at the end of the run is made of these tests. Then what
each server makes of slotd's refusals, of odd names, and of many at once.
"""

import os
import re
import urllib.parse

import pytest
import requests

import matrix
import names
import servers
import support
import table
from depot import MAX_SIZE
from stanza import NS0, disco_info, parse_error, parse_slot, slot_request

depot, server, name = matrix.depot, matrix.server, matrix.name
alice, bob = matrix.alice, matrix.bob

MANGLED = (
    "ejabberd 18.04 to 25.07 escapes both URLs a second time; no signed "
    "query survives that")
NOT_FOUND = (
    "go-sendxmpp looks for a service among the host's items, not at the host: "
    "a Component is found")
ANSWERS_200 = (
    "S3 answers an upload with 200, which Siskin and Snikket for iOS take "
    "for a failure; with relay = true it is 201")
# What XML can carry and what is a name. Of an attribute beyond some KB the
# expat of Debian 13 wants to see more before it gives it to Prosody.
NAMES = [(asked, cleaned) for asked, cleaned in names.TABLE
         if asked.strip() and len(asked) < 4096 and not any(
             ord(c) < 32 and c not in "\t\n\r" for c in asked)]
# What servers say of a component that is away.
AWAY = {"Prosody, no module": "remote-server-timeout",
        "ejabberd, no module": "remote-server-not-found",
        "jabberd2": "item-not-found"}
PLAIN = re.compile("[A-Za-z0-9_.:/-]+")


def pytest_generate_tests(metafunc):
    matrix.generate(metafunc, table.ASKING + table.COMPONENTS)


def ask(alice, server, filename="cat.jpg", size=3):
    return alice.iq("get", server.upload, slot_request(filename, size))


def is_mangled(alice, server, name, store):
    """Whether this server makes URLs of this store useless."""
    if name != servers.SERVICE_URL or store in ("embedded", table.RELAY):
        return False
    put = parse_slot(ask(alice, server)).put
    if "?X-Amz-Algorithm=" in put:
        return False
    assert "%3FX-Amz-Algorithm%3D" in put, put
    return True


def why_not(alice, server, name, store, client):
    """Why a cell cannot work and what its program then says, or None."""
    if is_mangled(alice, server, name, store):
        return MANGLED, ""
    if name == servers.ON_HOST and client == "go-sendxmpp":
        return NOT_FOUND, "(?i)no http upload component found"
    if client == "201 only" and store in table.DIRECT:
        return ANSWERS_200, "answered 200, not 201"
    return None


def test_cell(depot, server, name, store, client, alice, bob,
              tmp_path, record_property):
    depot.use(store)
    refused = why_not(alice, server, name, store, client)
    if refused:
        record_property("why", refused[0])
        with pytest.raises(AssertionError, match=refused[1]):
            matrix.send(client, server, depot, tmp_path)
        return
    link = matrix.journey(client, server, depot, bob, tmp_path)
    if client in matrix.KEEPS_NAMES and name != servers.SERVICE_URL:
        assert matrix.last_of(link) == matrix.NAME


# What this server makes of slotd's refusals.


def is_module(name):
    """Whether it says all that slotd said."""
    return name != servers.SERVICE_URL


def test_too_large(depot, server, name, alice):
    depot.use("embedded")
    assert parse_slot(ask(alice, server, size=MAX_SIZE))
    error = parse_error(ask(alice, server, size=MAX_SIZE + 1))
    assert error.condition == "not-acceptable"
    if is_module(name):
        assert error.type == "modify"
        assert error.max_file_size == MAX_SIZE


def test_not_allowed(depot, server, name, alice):
    depot.use("embedded")
    error = parse_error(ask(alice, server, "Gr\u00fc\u00dfe.bat"))
    if is_module(name):
        assert error[:2] == ("forbidden", "auth")
    else:
        assert error.condition == "not-allowed"


def test_the_limit_is_advertised(depot, server, name, alice):
    depot.use("embedded")

    def limit():
        form = disco_info(alice, server.upload).forms.get(NS0, {})
        return form.get("max-file-size")
    if is_module(name):
        support.wait_for("the limit", lambda: limit() == str(MAX_SIZE))
    else:
        # It knows its own alone.
        assert limit() != str(MAX_SIZE)


def test_down_and_up_again(depot, server, name, alice):
    depot.use("embedded")
    assert parse_slot(ask(alice, server))
    depot.stop()
    error = parse_error(ask(alice, server))
    assert error.condition == AWAY.get(name, "service-unavailable")
    depot.use("embedded")
    assert parse_slot(ask(alice, server))


def test_names(depot, server, name, alice):
    depot.use("embedded")
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(depot.ca)
        for asked, cleaned in NAMES:
            # Not all servers escape these, and XML makes blanks of them.
            if name in table.COMPONENTS and set(asked) & set("\t\n\r"):
                continue
            data = os.urandom(16)
            slot = parse_slot(ask(alice, server, asked, len(data)))
            if is_module(name):
                last = slot.get.rpartition("/")[2]
                assert urllib.parse.unquote(last) == cleaned, asked
            else:
                assert PLAIN.fullmatch(slot.put + slot.get), slot
            reply = session.put(slot.put, data=data, headers=slot.headers)
            assert reply.status_code == 201, (asked, slot, reply.text)
            assert session.get(slot.get).content == data, (asked, slot)


def test_200_at_once(depot, server, alice, bob):
    """Of two users; nobody gets another's."""
    depot.use("embedded")
    asked = [(user, size, user.send_iq("get", server.upload, slot_request(
        f"file-{size}.txt", size))) for size in range(1, 101)
        for user in (alice, bob)]
    slots = [(size, parse_slot(user.read_iq(number)))
             for user, size, number in asked]
    assert len({slot.put for _, slot in slots}) == 200
    for size, slot in slots:
        assert slot.get.endswith(f"/file-{size}.txt")
