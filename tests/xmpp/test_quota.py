"""A quota that is used up reaches the client, with the time it frees."""

import datetime
import time

import pytest

import prosody
from ejabberd import MODULE, Ejabberd, slotd_options
from stanza import NS0, NS_OLD, Client, parse_error, parse_slot, slot_request
from support import authorization, s3_config


@pytest.fixture(scope="module")
def slotd(start_once):
    return start_once(s3_config(
        policy={"bytes_per_day": 1000, "slots_per_minute": 4}))


def in_prosody(url, folder):
    return prosody.Prosody(folder, prosody.options(url))


def in_ejabberd(url, folder):
    return Ejabberd(folder, {MODULE: slotd_options(url)})


@pytest.fixture(scope="module", params=[in_prosody, in_ejabberd],
                ids=["prosody", "ejabberd"])
def server(request, slotd, tmp_path_factory):
    url = "http://{}:{}".format(*slotd.address)
    with request.param(url, tmp_path_factory.mktemp("xmpp")) as server:
        yield server


@pytest.fixture
def ask(server, slotd):
    """Asks for slots as a user; they start anew, whoever came before."""
    def ask(user, size, ns=NS0):
        return clients[user].iq("get", server.upload, slot_request(
            "cat.jpg", size, ns=ns))
    with Client(server.port, "alice@localhost", "secret") as alice, Client(
            server.port, "bob@localhost", "secret") as bob:
        clients = {"alice": alice, "bob": bob}
        for user in clients:
            reset(slotd, user + "@localhost")
        yield ask


def reset(slotd, jid):
    target = "/quota?jid=" + jid.replace("@", "%40")
    assert slotd.ask("DELETE", target, headers=[
        ("Authorization", authorization("DELETE", target))]).status == 200


def ahead(error):
    """Seconds until the time in <retry/>."""
    stamp = datetime.datetime.strptime(error.retry, "%Y-%m-%dT%H:%M:%S%z")
    return stamp.timestamp() - time.time()


@pytest.mark.parametrize("ns", [NS0, NS_OLD])
def test_bytes_of_a_day(ask, ns):
    parse_slot(ask("alice", 600, ns))
    error = parse_error(ask("alice", 401, ns))
    assert error[:2] == ("resource-constraint", "wait")
    assert error.max_file_size is None
    assert abs(ahead(error) - 86400) < 60
    # What the chat's user reads; to the minute, never early.
    until = datetime.datetime.strptime(
        error.text, "the upload quota is used up until %Y-%m-%d %H:%M UTC")
    until = until.replace(tzinfo=datetime.timezone.utc).timestamp()
    assert 0 <= until - time.time() - ahead(error) < 61
    parse_slot(ask("alice", 400, ns))
    parse_slot(ask("bob", 1000, ns))


def test_slots_of_a_minute(ask):
    for _ in range(4):
        parse_slot(ask("alice", 1))
    error = parse_error(ask("alice", 1))
    assert error[:2] == ("resource-constraint", "wait")
    assert -2 < ahead(error) <= 61
    parse_slot(ask("bob", 1))


def test_beyond_the_day_waiting_is_no_use(ask):
    error = parse_error(ask("alice", 1001))
    assert error[:2] == ("not-acceptable", "modify")
    assert error.retry is None


def test_service_url(start, tmp_path):
    """ejabberd's own module has no time to tell, and one status for this."""
    config = s3_config(policy={"bytes_per_day": 1000}, callers=[
        {"id": "dialect", "secret": "fakesecret0123456789",
         "dialect": "ejabberd"}])
    slotd = start(config)
    url = "http://dialect:fakesecret0123456789@{}:{}/slot".format(
        *slotd.address)
    with Ejabberd(tmp_path, {"mod_http_upload": {"service_url": url}},
                  beams=None) as server, Client(
                      server.port, "alice@localhost", "secret") as alice:
        parse_slot(alice.iq(
            "get", server.upload, slot_request("a.jpg", 600)))
        error = parse_error(alice.iq(
            "get", server.upload, slot_request("a.jpg", 401)))
        assert error[:2] == ("resource-constraint", "wait")
        parse_slot(alice.iq(
            "get", server.upload, slot_request("a.jpg", 400)))
