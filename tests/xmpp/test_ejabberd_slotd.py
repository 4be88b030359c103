"""A real ejabberd with a real slotd behind it, and much at once."""

import pytest

from ejabberd import MODULE, Ejabberd, slotd_options
from stanza import Client, parse_error, parse_slot, slot_request
from support import SECRET, fetch, fs_config
from test_prosody_load import ODD_TYPES

# The module's. What is slower is an error, which no slot can be read from; it
# is a long one, as these tests must not depend on a machine's speed.
TIMEOUT = 60


@pytest.fixture(scope="module")
def slotd(start_once, tmp_path_factory):
    return start_once(fs_config(
        tmp_path_factory.mktemp("store"), policy={"max_size": 100000},
        callers=[{"id": "prosody", "secret": SECRET,
                  "allow_domains": ["localhost"]}]))


@pytest.fixture(scope="module")
def server(slotd, tmp_path_factory):
    url = "http://{}:{}".format(*slotd.address)
    with Ejabberd(tmp_path_factory.mktemp("ejabberd"),
                  {MODULE: slotd_options(url, timeout=TIMEOUT)}) as ejabberd:
        yield ejabberd
        assert SECRET not in ejabberd.log()
        assert "CRASH" not in ejabberd.log().upper()


@pytest.fixture
def alice(server):
    with Client(server.port, "alice@localhost", "secret") as client:
        yield client


def test_a_file_goes_up_and_comes_down(server, alice):
    data = b"meow " * 1000
    slot = parse_slot(alice.iq("get", server.upload, slot_request(
        "Grüße & co.txt", len(data), "text/plain")))
    assert fetch("PUT", slot.put, data,
                 {"Content-Type": "text/plain", **slot.headers}).status == 201
    reply = fetch("GET", slot.get)
    assert reply.body == data
    assert slot.get.endswith("/Gr%C3%BC%C3%9Fe%20%26%20co.txt")


def test_too_large(server, alice):
    error = parse_error(alice.iq(
        "get", server.upload, slot_request("cat.jpg", 100001)))
    assert error[:2] == ("not-acceptable", "modify")
    assert error.max_file_size == 100000


@pytest.mark.parametrize("odd", ODD_TYPES, ids=len)
def test_types_that_are_none(server, alice, odd):
    parse_slot(alice.iq("get", server.upload, slot_request(
        "cat.jpg", 1, odd)))


def all_at_once(client, server, count):
    """So many requests in a row, and all their answers."""
    numbers = [client.send_iq("get", server.upload,
                              slot_request(f"cat {n}.jpg", n + 1))
               for n in range(count)]
    slots = [parse_slot(client.read_iq(number, TIMEOUT)) for number in numbers]
    assert len({slot.put for slot in slots}) == count
    for n, slot in enumerate(slots):
        assert slot.get.endswith(f"/cat%20{n}.jpg")
    assert not client.answers


def test_200_at_once_of_two_users(server, alice):
    with Client(server.port, "bob@localhost", "secret") as bob:
        numbers = [(client, client.send_iq(
            "get", server.upload, slot_request("cat.jpg", 1)))
            for _ in range(100) for client in (alice, bob)]
        for client, number in numbers:
            parse_slot(client.read_iq(number, TIMEOUT))


def test_1000_pipelined(server, alice):
    all_at_once(alice, server, 1000)


def test_slotd_begins_anew(slotd, server, alice):
    parse_slot(alice.iq("get", server.upload, slot_request("cat.jpg", 1)))
    slotd.terminate()
    slotd.wait()
    error = parse_error(alice.iq(
        "get", server.upload, slot_request("cat.jpg", 1)))
    assert error[:2] == ("service-unavailable", "wait")
    slotd.start()
    parse_slot(alice.iq("get", server.upload, slot_request("cat.jpg", 1)))
