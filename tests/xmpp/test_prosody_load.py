"""Prosody with our module and the real slotd: a file's journey, and many
requests at once."""

import pytest

import prosody
import stub
import support
from stanza import Client, disco_info, parse_error, parse_slot, slot_request
from stanza import NS0

serve = prosody.serve


@pytest.fixture(scope="module")
def real(start_once, tmp_path_factory):
    """The real slotd with its embedded store."""
    slotd = start_once(support.fs_config(
        tmp_path_factory.mktemp("store"), policy={"max_size": "1 MiB"}))
    slotd.url = "http://{}:{}".format(*slotd.address)
    return slotd


def test_journey(serve, real):
    server = serve(prosody.options(real.url))
    server.wait_log("Files of localhost may have 1048576 bytes")
    data = bytes(range(256)) * 10
    with Client(server.port, "alice@localhost", "secret") as alice, \
            Client(server.port, "bob@localhost", "secret") as bob:
        assert disco_info(alice, server.upload).forms[NS0] == {
            "max-file-size": "1048576"}
        slot = parse_slot(alice.iq("get", server.upload, slot_request(
            "très cool.png", len(data), "image/png")))
        assert slot.get.endswith("/tr%C3%A8s%20cool.png")
        assert support.fetch("PUT", slot.put, data).status == 201
        alice.message("bob@localhost", slot.get)
        got = support.fetch("GET", bob.read_message())
        assert got.status == 200 and got.body == data
        error = parse_error(alice.iq(
            "get", server.upload, slot_request("big.png", 1048577)))
        assert error[:2] == ("not-acceptable", "modify")
        assert error.max_file_size == 1048576


# Of Dino for encrypted files, of Dino on Windows and macOS, and a long one.
# (Tags of some 8 KiB wait for more bytes in the XML parser of Debian 13.)
ODD_TYPES = ["omemo", ".jpg", "public.jpeg", "x" * 4000]


def test_types_that_are_none(serve, real):
    """They are hints: nobody loses an upload by one."""
    server = serve(prosody.options(real.url))
    with Client(server.port, "alice@localhost", "secret") as alice:
        for odd in ODD_TYPES:
            parse_slot(alice.iq("get", server.upload, slot_request(
                "cat.jpg", 1, odd)))


def test_a_wrong_caller(serve, real):
    server = serve(prosody.options(real.url, caller="nobody"))
    with Client(server.port, "alice@localhost", "secret") as alice:
        error = parse_error(alice.iq(
            "get", server.upload, slot_request("cat.jpg", 1)))
        assert error[:2] == ("service-unavailable", "wait")
    server.wait_log("slotd at [^,]*: it answered 401 unauthorized")


def pipeline(server, count):
    """So many requests, written at once, on one connection."""
    with Client(server.port, "alice@localhost", "secret") as alice:
        numbers = [
            alice.send_iq("get", server.upload,
                          slot_request(f"file {n}.jpg", 1 + n))
            for n in range(count)]
        return [parse_slot(alice.read_iq(number, 60)) for number in numbers]


def test_200_at_once(serve):
    with stub.Stub() as slotd:
        server = serve(prosody.options(slotd.url, timeout=30))
        assert len(pipeline(server, 200)) == 200
        assert sorted(r.json["size"] for r in slotd.requests) == list(
            range(1, 201))


def test_1000_pipelined(serve, real):
    """All answered by slotd: what is slower than the time limit is an
    error, which no slot can be read from. The limit is a long one, as these
    tests must not depend on a machine's speed."""
    server = serve(prosody.options(real.url, timeout=30))
    slots = pipeline(server, 1000)
    assert len({slot.put for slot in slots}) == 1000
    for n, slot in enumerate(slots):
        assert slot.get.endswith(f"/file%20{n}.jpg")
    assert not server.lines("\terror\t.*http_upload_slotd")
