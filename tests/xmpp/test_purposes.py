"""XEP-0363's purposes, through both modules: what is announced, asked for,
granted and refused. No server and few clients know them yet, so that the
client here writes the XML itself; slixmpp sends it, too."""

import datetime
import re
import time

import pytest

import clients
import prosody
import stub as stubs
from ejabberd import MODULE, Ejabberd, slotd_options
from stanza import (
    NS0, NS_OLD, PURPOSE, Client, disco_info, parse_error, parse_slot, purpose,
    slot_request)
from support import fetch, fs_config

DAY = 86400
LIMITS = stubs.answer(200, {
    "max_size": 100000, "put_ttl": 600, "allow_types": [], "purposes": {
        "message": {"max_size": 100000, "keep": 2592000},
        "profile": {"max_size": 5000, "keep": None},
        "ephemeral": {"max_size": 100000, "keep": 2592000},
        "permanent": {"max_size": 2000000, "keep": None}}})
POLICY = {
    "max_size": 100000, "keep": "30 days", "purposes": [
        {"name": "profile", "keep": 0, "max_size": 5000},
        {"name": "ephemeral"},
        {"name": "permanent", "max_size": 2000000}]}
# Another domain's list takes the place of the policy's.
DOMAINS = [{"name": "example.org", "purposes": [
    {"name": "profile", "max_size": 7000}]}]
BOTH = pytest.mark.parametrize("ns", [NS0, NS_OLD])


def in_prosody(url, folder, **options):
    return prosody.Prosody(folder, prosody.options(
        url, size_limit=options.get("own")))


def in_ejabberd(url, folder, **options):
    return Ejabberd(folder, {MODULE: slotd_options(
        url, max_size=options.get("own"))})


@pytest.fixture(scope="module", params=[in_prosody, in_ejabberd],
                ids=["prosody", "ejabberd"])
def make(request):
    return request.param


@pytest.fixture(scope="module")
def pretended(make, tmp_path_factory):
    """Before a stub, as `.stub`."""
    with stubs.Stub() as slotd:
        slotd.limits = LIMITS
        with make(slotd.url, tmp_path_factory.mktemp("stub")) as server:
            slotd.wait_limits()
            server.stub = slotd
            yield server


@pytest.fixture(scope="module")
def real(make, start_once, tmp_path_factory):
    """Before a slotd."""
    slotd = start_once(fs_config(
        tmp_path_factory.mktemp("store"), policy=POLICY, domains=DOMAINS))
    url = "http://{}:{}".format(*slotd.address)
    with make(url, tmp_path_factory.mktemp("real")) as server:
        yield server


def ask(server, *args, user="alice@localhost", **more):
    with Client(server.port, user, "secret") as client:
        return client.iq("get", server.upload, slot_request(*args, **more))


def offered(server, user="alice@localhost"):
    with Client(server.port, user, "secret") as client:
        features = disco_info(client, server.upload).features
    return {f for f in features if f.startswith("urn:xmpp:http:upload:pur")}


def features(*names):
    return {"urn:xmpp:http:upload:purpose:0#" + name for name in names}


def wait_offered(server, expected):
    """Until slotd has told the module what is offered."""
    end = time.monotonic() + 60
    while (got := offered(server)) != expected:
        assert time.monotonic() < end, got


def in_the_link(get):
    """When the file ends, as its key says it: unix time, or None."""
    until = re.search("/(never|[0-9]{8}T[0-9]{6}Z)/", get)[1]
    return None if until == "never" else datetime.datetime.strptime(
        until, "%Y%m%dT%H%M%S%z").timestamp()


# --- what the module makes of it ------------------------------------------


def test_they_are_announced(pretended):
    wait_offered(pretended, features(
        "message", "profile", "ephemeral", "permanent"))


@BOTH
@pytest.mark.parametrize("name, before", [
    ("message", None), ("profile", None), ("permanent", None),
    ("ephemeral", "2030-01-02T03:04:05Z"),
    ("ephemeral", "2030-01-02T03:04:05.6+01:30"),
    ("ephemeral", None),
    ("ephemeral", "<tomorrow> & \"then\""),
    ("somewhat-else", None)])
def test_they_are_passed_on(pretended, ns, name, before):
    """As they are: what is right is for slotd to say."""
    parse_slot(ask(pretended, "cat.jpg", 1234, "image/jpeg", ns=ns,
                   purpose=purpose(name, before)))
    expected = {"filename": "cat.jpg", "size": 1234,
                "content_type": "image/jpeg", "purpose": name}
    if before:
        expected["expire_before"] = before
    got = pretended.stub.requests[-1].json
    assert got.pop("jid").startswith("alice@localhost")
    assert got == expected


def test_with_a_prefix(pretended):
    parse_slot(ask(pretended, "cat.jpg", 1, purpose=(
        f"<p:ephemeral xmlns:p='{PURPOSE}' "
        "expire-before='2030-01-02T03:04:05Z'/>")))
    got = pretended.stub.requests[-1].json
    assert got["purpose"] == "ephemeral"
    assert got["expire_before"] == "2030-01-02T03:04:05Z"


@pytest.mark.parametrize("other", [
    "", "<profile/>", "<profile xmlns='urn:xmpp:http:upload:purpose:1'/>"])
def test_none(pretended, other):
    """What is of another namespace is none."""
    parse_slot(ask(pretended, "cat.jpg", 1, purpose=other))
    assert set(pretended.stub.requests[-1].json) == {
        "jid", "filename", "size"}


def test_two(pretended):
    count = len(pretended.stub.requests)
    error = parse_error(ask(pretended, "cat.jpg", 1, purpose=purpose(
        "permanent") + purpose("ephemeral", "2030-01-02T03:04:05Z")))
    assert error[:2] == ("bad-request", "modify")
    assert len(pretended.stub.requests) == count


def test_own_limit(make, tmp_path):
    """What this side lets nobody upload; with the purpose's size, if that is
    smaller."""
    with stubs.Stub() as slotd:
        slotd.limits = LIMITS
        with make(slotd.url, tmp_path, own=50000) as server:
            wait_offered(server, features(
                "message", "profile", "ephemeral", "permanent"))
            for name, size in (("profile", 5000), ("message", 50000),
                               ("permanent", 50000), ("other", 50000)):
                error = parse_error(ask(
                    server, "cat.jpg", 50001, purpose=purpose(name)))
                assert error[:2] == ("not-acceptable", "modify")
                assert error.max_file_size == size
            assert not slotd.requests
            slotd.then(stubs.too_large(2000000))
            error = parse_error(ask(
                server, "cat.jpg", 50000, purpose=purpose("permanent")))
            assert error.max_file_size == 50000


@pytest.mark.parametrize("purposes", [
    ..., {"#x": {}, "": {}}])
def test_a_slotd_that_tells_none(make, tmp_path, purposes):
    """An older one, or something else."""
    more = {} if purposes is ... else {"purposes": purposes}
    with stubs.Stub() as slotd:
        slotd.limits = stubs.answer(200, {"max_size": 77, **more})
        with make(slotd.url, tmp_path) as server:
            slotd.wait_limits()
            end = time.monotonic() + 60
            while True:
                with Client(server.port, "alice@localhost", "secret") as it:
                    info = disco_info(it, server.upload)
                if info.forms.get(NS0) == {"max-file-size": "77"}:
                    break
                assert time.monotonic() < end, info
            assert not [f for f in info.features if "purpose" in f]


# --- with slotd -----------------------------------------------------------


def test_what_slotd_offers(real):
    wait_offered(real, features(
        "message", "profile", "ephemeral", "permanent"))


def test_each_domain(real):
    """Prosody's component is for several; ejabberd's has one host."""
    if not isinstance(real, prosody.Prosody):
        pytest.skip("one service for each domain")
    wait_offered(real, features(
        "message", "profile", "ephemeral", "permanent"))
    real.wait_log("Files of example.org")
    assert offered(real, "carol@example.org") == features(
        "message", "profile")
    wait_offered(real, features(
        "message", "profile", "ephemeral", "permanent"))
    error = parse_error(ask(real, "a.jpg", 1, user="carol@example.org",
                            purpose=purpose("permanent")))
    assert error[:2] == ("forbidden", "auth")
    assert error.text == "purpose: it is not offered for this domain"


EACH = pytest.mark.parametrize("name, keep", [
    (None, 30 * DAY), ("message", 30 * DAY), ("profile", None),
    ("ephemeral", 3600), ("permanent", None)])


def with_end(name, end):
    """A purpose, and expire-before where it has one."""
    text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
    return [name, text] if name == "ephemeral" else [name] if name else []


def assert_ends(get, name, keep, end):
    until = in_the_link(get)
    if keep is None:
        assert until is None
    elif name == "ephemeral":
        assert until == end
    else:
        assert abs(until - time.time() - keep) < 60
    assert fetch("GET", get).body == b"meow"


@EACH
def test_a_file_of_each(real, name, keep):
    end = int(time.time()) + 3600
    xml = purpose(*with_end(name, end)) if name else ""
    slot = parse_slot(ask(real, "cat.txt", 4, "text/plain", purpose=xml))
    assert fetch("PUT", slot.put, b"meow",
                 {"Content-Type": "text/plain"}).status == 201
    assert_ends(slot.get, name, keep, end)


@EACH
def test_slixmpp_sends_a_file_of_each(real, tmp_path, name, keep):
    wait_offered(real, features(
        "message", "profile", "ephemeral", "permanent"))
    end = int(time.time()) + 3600
    path = tmp_path / "cat.txt"
    path.write_bytes(b"meow")
    get = clients.slixmpp(
        real, path, tmp_path, "/dev/null", *with_end(name, end))
    assert_ends(get, name, keep, end)


@BOTH
@pytest.mark.parametrize("name, size", [
    (None, 100000), ("message", 100000), ("profile", 5000),
    ("permanent", 2000000)])
def test_too_large_for_it(real, ns, name, size):
    xml = purpose(name) if name else ""
    parse_slot(ask(real, "cat.jpg", size, ns=ns, purpose=xml))
    error = parse_error(ask(real, "cat.jpg", size + 1, ns=ns, purpose=xml))
    assert error[:2] == ("not-acceptable", "modify")
    assert error.max_file_size == size


@pytest.mark.parametrize("xml, text", [
    (purpose("holiday"), "purpose: must be"),
    (purpose("ephemeral"), "expire_before: "),
    (purpose("ephemeral", "soon"), "expire_before: "),
    (purpose("ephemeral", "2020-01-01T00:00:00Z"), "expire_before: ")])
def test_what_slotd_refuses(real, xml, text):
    error = parse_error(ask(real, "cat.jpg", 1, purpose=xml))
    assert error[:2] == ("bad-request", "modify")
    assert error.text.startswith(text)
