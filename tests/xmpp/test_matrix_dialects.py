"""Servers without anything of ours, which make the URLs themselves: slotd
takes every upload. Their rows of the table; then what is slotd's to refuse.
"""

import os

import pytest
import requests

import matrix
import table
from depot import MAX_SIZE
from stanza import parse_slot, slot_request

depot, server, name = matrix.depot, matrix.server, matrix.name
alice, bob = matrix.alice, matrix.bob


def pytest_generate_tests(metafunc):
    matrix.generate(metafunc, table.DECIDING)


def ask(alice, server, filename, size):
    return parse_slot(alice.iq(
        "get", server.upload, slot_request(filename, size)))


@pytest.fixture
def web(depot):
    with requests.Session() as web:
        web.trust_env, web.verify = False, str(depot.ca)
        # One connection each: the front ends one on which it has refused a
        # body, and may do so just when the next request is on its way.
        web.headers["Connection"] = "close"
        yield web


def test_cell(depot, server, name, store, client, bob, tmp_path):
    depot.use(store)
    link = matrix.journey(client, server, depot, bob, tmp_path)
    # ejabberd keeps letters, digits and a few more.
    if client in matrix.KEEPS_NAMES and name.startswith("Prosody"):
        assert matrix.last_of(link) == matrix.NAME


def put(web, slot, data):
    return web.put(slot.put, data=data, headers=slot.headers,
                   allow_redirects=False)


def test_policy(depot, server, alice, web):
    """Server and client do not know it: the upload is refused."""
    depot.use("embedded")
    slot = ask(alice, server, "cat.jpg", MAX_SIZE + 1)
    reply = put(web, slot, bytes(MAX_SIZE + 1))
    assert (reply.status_code, reply.json()["code"]) == (
        413, "file-too-large")
    assert web.get(slot.get).status_code == 404
    slot = ask(alice, server, "cat.bat", 3)
    reply = put(web, slot, b"abc")
    assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")
    assert web.get(slot.get).status_code == 404


def test_no_other_upload(depot, server, name, alice, web):
    """Neither another size nor another file, and none twice."""
    is_jwt = name == "Prosody, file_share"
    depot.use("embedded")
    slot = ask(alice, server, "cat.jpg", 1000)
    assert put(web, slot, bytes(999)).status_code == (
        413 if is_jwt else 403)
    other = slot._replace(put=slot.put.replace("cat.jpg", "dog.jpg"))
    assert other != slot
    assert put(web, other, bytes(1000)).status_code == (
        400 if is_jwt else 403)
    data = os.urandom(1000)
    assert put(web, slot, data).status_code == 201
    assert put(web, slot, bytes(1000)).status_code == 409
    assert web.get(slot.get).content == data
