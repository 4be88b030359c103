"""slotd as a component of real servers, with no module: what users see, and
what becomes of it when servers and slotds come and go. How files go is in
test_matrix.py."""

import contextlib
import ctypes
import http.client

import pytest

import servers
import stanza
import support
import table
from bare import ALICE, BACKOFF, ask, config, make, wait_connected
from ejabberd import Ejabberd
from matrix import log_in
from stanza import NS0, NS_OLD, parse_error, parse_slot, slot_request

pytestmark = pytest.mark.usefixtures("standby")

BOTH = pytest.mark.parametrize("ns", [NS0, NS_OLD])
ITEMS = "http://jabber.org/protocol/disco#items"


@pytest.fixture(scope="module", params=table.COMPONENTS)
def server(request, tmp_path_factory, start_once):
    """With its `.slotd`."""
    with make(request.param, tmp_path_factory) as server:
        server.slotd = start_once(config(
            tmp_path_factory.mktemp("store"), server))
        wait_connected(server.slotd)
        yield server


@pytest.fixture
def alice(server):
    with log_in(server, ALICE) as alice:
        yield alice


def test_it_is_listed(server, alice):
    """jabberd2 lists what has answered its own question."""
    def listed():
        answer = alice.iq("get", server.host, f"<query xmlns='{ITEMS}'/>")
        return server.upload in {
            item.get("jid") for item in answer.iter(f"{{{ITEMS}}}item")}
    support.wait_for("the item", listed)


def test_it_is_disco_ed(server, alice):
    disco = stanza.disco_info(alice, server.upload)
    assert disco.identities == {("store", "file"): "File upload"}
    assert {NS0, NS_OLD, "urn:xmpp:ping", "jabber:iq:version",
            stanza.PURPOSE + "#profile"} <= disco.features
    assert disco.forms[NS0]["max-file-size"] == "1000"
    assert disco.forms[NS_OLD]["max-file-size"] == "1000"


def test_ping_and_version(server, alice):
    answer = alice.iq("get", server.upload, "<ping xmlns='urn:xmpp:ping'/>")
    assert (answer.get("type"), len(answer)) == ("result", 0)
    answer = alice.iq("get", server.upload,
                      "<query xmlns='jabber:iq:version'/>")
    assert answer[0].findtext("{jabber:iq:version}name") == "slotd"


@BOTH
def test_slots(server, alice, ns):
    slot = parse_slot(ask(alice, server, "cat.jpg", 5, "image/jpeg", ns=ns))
    assert slot.put.endswith("/cat.jpg")
    reply = support.fetch("PUT", slot.put, b"12345",
                          {"Content-Type": "image/jpeg"})
    assert reply.status == 201, reply
    assert support.fetch("GET", slot.get).body == b"12345"


@BOTH
def test_refusals(server, alice, ns):
    error = parse_error(ask(alice, server, "cat.jpg", 1001, ns=ns))
    assert error[:2] == ("not-acceptable", "modify")
    assert error.max_file_size == 1000 and error.text
    error = parse_error(ask(alice, server, "a.bat", 1, ns=ns))
    assert error[:2] == ("forbidden", "auth") and error.text
    error = parse_error(ask(alice, server, "cat.jpg", "many", ns=ns))
    assert error[:2] == ("bad-request", "modify") and error.text
    error = parse_error(alice.iq("set", server.upload, slot_request("a", 1)))
    assert error.condition == "service-unavailable"


@BOTH
def test_purposes(server, alice, ns):
    purpose = stanza.purpose("profile")
    slot = parse_slot(ask(alice, server, "a.jpg", 100, ns=ns,
                          purpose=purpose))
    assert "/never/" in slot.get
    error = parse_error(ask(alice, server, "a.jpg", 101, ns=ns,
                            purpose=purpose))
    assert error[:2] == ("not-acceptable", "modify")
    assert error.max_file_size == 100


@BOTH
def test_another_domain(server, ns):
    """Of the same server, and not in allow_domains."""
    user = "bob" if isinstance(server, Ejabberd) else "carol"
    with log_in(server, f"{user}@example.org") as carol:
        error = parse_error(ask(carol, server, "cat.jpg", 5, ns=ns))
        assert error[:2] == ("forbidden", "auth")
        assert stanza.disco_info(carol, server.upload).identities


# From 2.6 on, and in Debian 12's updates of 2.5, expat looks at what was
# unfinished once as much has come again.
EXPAT_PUTS_OFF = hasattr(
    ctypes.CDLL("libexpat.so.1"), "XML_SetReparseDeferralEnabled")


def long_texts(server):
    """As long, and with as long a tag, as the server lets pass."""
    is_jabberd2 = isinstance(server, servers.Jabberd2)
    most = 60_000 if is_jabberd2 else 200_000
    yield "<body>" + "x" * most + "</body>"
    yield "<a xmlns='urn:x'>" * 100 + "</a>" * 100
    # Its own parts would wait for more from each other, for any of its users.
    if not (is_jabberd2 and EXPAT_PUTS_OFF):
        yield f"<a xmlns='urn:x' b='{'x' * most}'/>"


def test_a_long_message_costs_no_slot(server, alice):
    seen = len(server.slotd.lines)
    for text in long_texts(server):
        alice.send(f"<message to='{server.upload}'>{text}</message>")
        parse_slot(ask(alice, server, "cat.jpg", 5))
    assert not [line for line in server.slotd.lines[seen:]
                if "msg=component" in line]


# --- they come and go -----------------------------------------------------


def end(server):
    """As its administrator would."""
    if not isinstance(server, Ejabberd):
        return server.stop()
    with contextlib.suppress(OSError, http.client.HTTPException):
        server.api("stop")
    server.process.wait(120)
    server.process = None


def begin(server):
    """Once more."""
    if not isinstance(server, Ejabberd):
        return server.start()
    server.launch()
    server.wait_log(f"Start accepting TCP .*:{server.port} ", 2)


def ask_200(alice, server):
    return [alice.send_iq("get", server.upload, slot_request(
        f"{number}.txt", 5)) for number in range(200)]


def test_the_server_restarts_under_load(server):
    """The last of its tests."""
    slotd = server.slotd
    seen = len(slotd.lines)
    with log_in(server, ALICE) as alice:
        ask_200(alice, server)
        # The others are on their way.
        alice.read_iq()
        end(server)
        # The client sees to it that none is answered twice.
        with pytest.raises((OSError, AssertionError)) as fault:
            while True:
                alice.read_iq()
        assert "twice" not in str(fault.value)
    slotd.wait_line("state=disconnected", seen)
    seen = len(slotd.lines)
    begin(server)
    wait_connected(slotd, seen, BACKOFF)
    with log_in(server, ALICE) as alice:
        slots = {parse_slot(alice.read_iq(number)).put
                 for number in ask_200(alice, server)}
        assert len(slots) == 200
        # Nothing of before comes as well: its id would be unknown.
        alice.iq("get", server.upload, "<ping xmlns='urn:xmpp:ping'/>")
        assert not alice.answers
