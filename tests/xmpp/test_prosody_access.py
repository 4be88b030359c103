"""Prosody with our module: who may upload, and what is advertised."""

import pytest

import prosody
import stub
from stanza import (
    NS0, NS_OLD, Client, Component, disco_info, parse_error, parse_slot,
    slot_request)

serve = prosody.serve
GATEWAY = 'Component "whatsapp.example.org"\ncomponent_secret = "gw"\n'


@pytest.fixture
def slotd():
    with stub.Stub() as slotd:
        yield slotd


def ask(server, account, size=1234):
    with Client(server.port, account, "secret") as client:
        return client.iq("get", server.upload, slot_request("cat.jpg", size))


def may(server, *accounts):
    for account in accounts:
        parse_slot(ask(server, account))


def may_not(server, *accounts):
    for account in accounts:
        error = parse_error(ask(server, account))
        assert error[:2] == ("forbidden", "auth")


def test_every_virtual_host(serve, slotd):
    server = serve(prosody.options(slotd.url))
    may(server, "alice@localhost", "bob@localhost", "carol@example.org")
    assert [r.json["jid"] for r in slotd.requests] == [
        "alice@localhost/test", "bob@localhost/test",
        "carol@example.org/test"]


def test_domains(serve, slotd):
    server = serve(prosody.options(slotd.url, access=["example.org"]))
    may(server, "carol@example.org")
    may_not(server, "alice@localhost")


def test_jids_and_how_they_are_written(serve, slotd):
    server = serve(prosody.options(
        slotd.url, access=["ALICE@LocalHost", "Example.ORG"]))
    may(server, "alice@localhost", "carol@example.org")
    may_not(server, "bob@localhost")


def test_one_jid_without_a_list(serve, slotd):
    server = serve(prosody.options(slotd.url, access="bob@localhost"))
    may(server, "bob@localhost")
    may_not(server, "alice@localhost")


def test_refused_is_logged_once(serve, slotd):
    server = serve(prosody.options(slotd.url, access=["example.org"]))
    for resource in "phone", "phone", "laptop":
        with Client(server.port, "alice@localhost", "secret",
                    resource) as alice:
            for _ in range(3):
                error = parse_error(alice.iq(
                    "get", server.upload, slot_request("cat.jpg", 1)))
                assert error[:2] == ("forbidden", "auth")
    may_not(server, "bob@localhost")
    server.wait_log("bob@localhost .*http_upload_slotd_access")
    assert len(server.lines("alice@localhost.*http_upload_slotd_access")) == 1
    assert not slotd.requests


def gateway(server):
    server.wait_log("Activated service 'component'")
    return Component(server.component_port, "whatsapp.example.org", "gw")


def test_gateway(serve, slotd):
    server = serve(prosody.options(
        slotd.url, access=["localhost", "whatsapp.example.org"]),
        hosts=GATEWAY)
    with gateway(server) as whatsapp:
        slot = parse_slot(whatsapp.iq(
            "get", server.upload, slot_request("cat.jpg", 1)))
    assert slot.get == stub.GET
    assert slotd.requests[-1].json["jid"] == "whatsapp.example.org"


def test_gateway_that_is_not_listed(serve, slotd):
    """Nor are its users, whose names are any number: its domain is told."""
    server = serve(prosody.options(slotd.url), hosts=GATEWAY)
    with gateway(server) as whatsapp:
        for sender in ("whatsapp.example.org", "u1@whatsapp.example.org",
                       "u2@whatsapp.example.org/x"):
            error = parse_error(whatsapp.read_iq(whatsapp.send_iq(
                "get", server.upload, slot_request("cat.jpg", 1), sender)))
            assert error[:2] == ("forbidden", "auth")
    server.wait_log("whatsapp.example.org .*http_upload_slotd_access")
    assert len(server.lines("http_upload_slotd_access")) == 1
    assert not slotd.requests


# --- on a host ------------------------------------------------------------


def test_on_a_host(serve, slotd):
    server = serve(prosody.options(slotd.url), how="host")
    server.wait_log("Files of localhost")
    may(server, "alice@localhost", "bob@localhost")
    may_not(server, "carol@example.org")
    assert [r.target for r in slotd.asked_limits] == [
        "/limits?domain=localhost"]
    with Client(server.port, "alice@localhost", "secret") as alice:
        info = disco_info(alice, "localhost")
    assert info.identities[("store", "file")] == "HTTP File Upload"
    assert ("server", "im") in info.identities
    assert {NS0, NS_OLD} <= info.features
    assert info.forms[NS0] == {"max-file-size": "1073741824"}


def test_on_a_host_with_access(serve, slotd):
    server = serve(prosody.options(
        slotd.url, access=["bob@localhost", "example.org"]), how="host")
    may(server, "bob@localhost", "carol@example.org")
    may_not(server, "alice@localhost")


# --- the roles of Prosody 13 ----------------------------------------------


def test_roles(serve, slotd):
    server = serve(prosody.options(slotd.url), config='default_user_role = '
                   '"prosody:guest"\nadmins = { "bob@localhost" }\n')
    if not prosody.is_13(server):
        pytest.skip("this Prosody has no roles")
    may(server, "bob@localhost")
    may_not(server, "alice@localhost", "carol@example.org")
    server.wait_log("alice@localhost .*http_upload_slotd_access")


@pytest.mark.parametrize("how", ["component", "host"])
def test_permissions_added(serve, slotd, how):
    server = serve(prosody.options(slotd.url), how=how, config='''
        default_user_role = "prosody:guest"
        add_permissions = { ["prosody:guest"] = {
            "http_upload_slotd:upload" } }
        ''')
    if not prosody.is_13(server):
        pytest.skip("this Prosody has no roles")
    may(server, "alice@localhost")


@pytest.mark.parametrize("how", ["component", "host"])
def test_permissions_removed(serve, slotd, how):
    server = serve(prosody.options(slotd.url), how=how, config='''
        remove_permissions = { ["prosody:registered"] = {
            "http_upload_slotd:upload" } }
        ''')
    if not prosody.is_13(server):
        pytest.skip("this Prosody has no roles")
    may_not(server, "alice@localhost")


# --- the size -------------------------------------------------------------


def limits(sizes):
    """The answers to /limits, by domain; no size is refused."""
    def answer(request):
        domain = request.target.partition("=")[2]
        if domain not in sizes:
            return stub.problem(403, "forbidden", "forbidden", "auth")
        return stub.answer(200, {"max_size": sizes[domain], "put_ttl": 600,
                                 "allow_types": []})
    return answer


def advertised(server, account):
    with Client(server.port, account, "secret") as client:
        forms = disco_info(client, server.upload).forms
    assert forms.get(NS0) == forms.get(NS_OLD)
    return forms[NS0]["max-file-size"] if NS0 in forms else None


def test_each_domain_sees_its_own_limit(serve, slotd):
    slotd.limits = limits({"localhost": 1000, "example.org": 2**40})
    server = serve(prosody.options(slotd.url))
    server.wait_log("Files of .* may have", 2)
    for _ in range(2):
        assert advertised(server, "alice@localhost") == "1000"
        assert advertised(server, "carol@example.org") == "1099511627776"
    assert sorted(r.target for r in slotd.asked_limits) == [
        "/limits?domain=example.org", "/limits?domain=localhost"]
    assert all(r.method == "GET" and not r.body for r in slotd.asked_limits)


@pytest.mark.parametrize("limit, shown", [(500, "500"), (5000, "1000")])
def test_size_limit_only_lowers(serve, slotd, limit, shown):
    slotd.limits = limits({"localhost": 1000, "example.org": 1000})
    server = serve(prosody.options(slotd.url, size_limit=limit))
    server.wait_log("Files of .* may have", 2)
    assert advertised(server, "alice@localhost") == shown


def test_size_limit_is_kept(serve, slotd):
    server = serve(prosody.options(slotd.url, size_limit=500))
    server.wait_log("Files of .* may have", 2)
    parse_slot(ask(server, "alice@localhost", 500))
    error = parse_error(ask(server, "alice@localhost", 501))
    assert error[:2] == ("not-acceptable", "modify")
    assert error.max_file_size == 500
    assert len(slotd.requests) == 1
    # What slotd says is not shown as more than the module allows.
    slotd.then(stub.too_large(1000))
    error = parse_error(ask(server, "alice@localhost", 400))
    assert error.max_file_size == 500
    assert len(slotd.requests) == 2


def test_without_limits_nothing_is_promised(serve, slotd):
    slotd.limits = limits({"example.org": 2000})
    server = serve(prosody.options(slotd.url))
    server.wait_log(
        "limits of localhost: it answered 403 forbidden: localhost is not in "
        "allow_domains of the caller prosody in slotd's configuration$")
    server.wait_log("Files of example.org may have 2000 bytes")
    assert advertised(server, "alice@localhost") is None
    assert advertised(server, "carol@example.org") == "2000"
    assert len(server.lines("limits of localhost")) == 1
    may(server, "alice@localhost")


@pytest.mark.parametrize("answer", [
    stub.answer(200, {"max_size": "1000"}), stub.answer(200, b"rubbish"),
    stub.answer(200, {"max_size": -1}), stub.answer(200, {"max_size": 1.5}),
    stub.answer(200, []), stub.answer(404, b"<html>"), stub.CLOSE])
def test_limits_that_are_none(serve, slotd, answer):
    slotd.limits = answer
    server = serve(prosody.options(slotd.url, size_limit=3000))
    server.wait_log("\terror\t.*limits of ", 2)
    assert advertised(server, "alice@localhost") == "3000"
    may(server, "alice@localhost")


def test_every_hour(serve, slotd):
    """And a minute after it failed; here an hour has 3.6 seconds."""
    slotd.limits = limits({})
    server = serve(prosody.options(slotd.url), modules=["lab_hasty"])
    server.wait_log("lab: a timer of 60 s")
    assert advertised(server, "alice@localhost") is None
    slotd.limits = limits({"localhost": 1000, "example.org": 1000})
    server.wait_log("Files of localhost may have 1000 bytes")
    server.wait_log("lab: a timer of 3600 s")
    slotd.limits = limits({"localhost": 2000, "example.org": 1000})
    server.wait_log("Files of localhost may have 2000 bytes", patience=90)
    assert advertised(server, "alice@localhost") == "2000"
