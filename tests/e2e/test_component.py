"""slotd as a component, before a server of ours: questions and answers."""

import pytest

import stanza
from stanza import NS0, NS_OLD, parse_error, parse_slot
from scrape import scrape
from xmpp_server import (
    ACCEPT, JID, PING, USER, Server, config, iq, slot)

DISCO_INFO = "http://jabber.org/protocol/disco#info"
ITEMS = "<query xmlns='http://jabber.org/protocol/disco#items'/>"
VERSION = "<query xmlns='jabber:iq:version'/>"
POLICY = {"max_size": 1000, "deny_extensions": ["bat"], "keep": "30 days",
          "purposes": [{"name": "profile", "keep": 0, "max_size": 100}]}
BOTH = pytest.mark.parametrize("ns", [NS0, NS_OLD])


@pytest.fixture
def stream(start, tmp_path):
    """stream(component's settings, …) is an open one; it has `.slotd`."""
    open_ones = []

    def stream(jid=JID, **over):
        server = Server()
        over.setdefault("policy", POLICY)
        component = server.component(
            **{"jid": jid} | over.pop("component", {}))
        slotd = start(config(tmp_path / "store", component, **over))
        peer = server.accept().shake(jid=jid)
        peer.slotd, peer.server = slotd, server
        open_ones.append((peer, server))
        return peer
    yield stream
    for peer, server in open_ones:
        peer.sock.close()
        server.sock.close()


def condition(answer):
    return parse_error(answer)[:2]


def test_it_is_disco_ed(stream):
    peer = stream()
    answer = peer.ask(iq("1", f"<query xmlns='{DISCO_INFO}'/>"))
    query, = answer
    assert [(e.get("category"), e.get("type"), e.get("name"))
            for e in query.iter(f"{{{DISCO_INFO}}}identity")] == [
        ("store", "file", "File upload")]
    assert {e.get("var") for e in query.iter(f"{{{DISCO_INFO}}}feature")} == {
        DISCO_INFO, "http://jabber.org/protocol/disco#items", NS0, NS_OLD,
        stanza.PURPOSE + "#message", stanza.PURPOSE + "#profile",
        "urn:xmpp:ping", "jabber:iq:version"}
    sizes = {
        form.findtext("*[@var='FORM_TYPE']/{jabber:x:data}value"):
        form.findtext("*[@var='max-file-size']/{jabber:x:data}value")
        for form in query.iter("{jabber:x:data}x")}
    assert sizes[NS0] == sizes[NS_OLD] == "1000"
    answer = peer.ask(iq("2", ITEMS))
    assert answer.get("type") == "result" and not len(answer[0])
    answer = peer.ask(iq("3", PING))
    assert (answer.get("type"), len(answer)) == ("result", 0)
    answer = peer.ask(iq("4", VERSION))
    assert answer[0].findtext("{jabber:iq:version}name") == "slotd"


@BOTH
def test_slots(stream, ns):
    peer = stream()
    answer = peer.ask(slot("s", ns=ns))
    assert (answer.get("from"), answer.get("to")) == (JID, USER)
    assert parse_slot(answer).put.endswith("/cat.jpg")


@BOTH
def test_refusals(stream, ns):
    peer = stream()
    error = parse_error(peer.ask(slot("1", size=1001, ns=ns)))
    assert error[:2] == ("not-acceptable", "modify")
    assert error.max_file_size == 1000 and error.text
    assert condition(peer.ask(slot("2", "a.bat", ns=ns))) == (
        "forbidden", "auth")
    for number, payload in enumerate((
            f"<request xmlns='{ns}'/>",
            stanza.slot_request("a", "", ns=ns),
            stanza.slot_request("a", -1, ns=ns),
            stanza.slot_request("a", "0x10", ns=ns),
            stanza.slot_request("a", 1, ns=ns, purpose=(
                stanza.purpose("profile") + stanza.purpose("profile"))),
            stanza.slot_request("a", 1, ns=ns,
                                purpose=stanza.purpose("holiday")))):
        answer = peer.ask(iq(f"b{number}", payload))
        assert condition(answer) == ("bad-request", "modify"), payload
        # The request, by its name, and before the error.
        assert answer[0].tag == f"{{{ns}}}request", stanza.show(answer)


@BOTH
def test_an_empty_minute(stream, ns):
    peer = stream(policy={"slots_per_minute": 1})
    parse_slot(peer.ask(slot("1", ns=ns)))
    answer = peer.ask(slot("2", ns=ns))
    assert condition(answer) == ("resource-constraint", "wait")
    stamp = answer.find(f".//{{{ns}}}retry").get("stamp")
    assert stamp.startswith("20") and stamp.endswith("Z")


@BOTH
def test_a_stranger(stream, ns):
    peer = stream()
    for sender in ("romeo@example.net/x", "example.net", JID,
                   "x@sub.example.org"):
        answer = peer.ask(slot("s", ns=ns, sender=sender))
        assert condition(answer) == ("forbidden", "auth"), sender
        assert answer.get("to") == sender
        # It may ask what this is, all the same.
        answer = peer.ask(iq("d", f"<query xmlns='{DISCO_INFO}'/>",
                             sender=sender))
        assert answer.get("type") == "result"


@pytest.mark.parametrize("payload, kind, expected", [
    ("<query xmlns='jabber:iq:roster'/>", "get", "service-unavailable"),
    ("<vCard xmlns='vcard-temp'/>", "set", "service-unavailable"),
    (stanza.slot_request("a", 1), "set", "service-unavailable"),
    (f"<slot xmlns='{NS0}'/>", "get", "service-unavailable"),
    (PING, "other", "bad-request"),
    (PING, None, "bad-request"),
    ("", "get", "bad-request"),
    (PING + PING, "get", "bad-request"),
    (f"<query xmlns='{DISCO_INFO}' node='x'/>", "get", "item-not-found")])
def test_other_questions(stream, payload, kind, expected):
    peer = stream()
    answer = peer.ask(iq("1", payload, kind))
    assert condition(answer)[0] == expected
    assert answer.get("from") == JID


def test_no_answer_to_what_is_no_question(stream):
    peer = stream()
    for text in (
            iq("1", "", "result"), iq("1", PING, "error"),
            f"<message from='{USER}' to='{JID}'><body>hi</body></message>",
            f"<message from='{USER}' to='{JID}' type='error'/>",
            f"<presence from='{USER}' to='{JID}'/>",
            f"<presence from='{USER}' to='{JID}' type='subscribe'/>",
            f"<other from='{USER}' to='{JID}' id='1' type='get'/>",
            " \n\t "):
        peer.send(text)
    assert peer.fence() == []


def test_only_its_own_name(stream):
    """Prosody and ejabberd end a stream that answers in another's."""
    peer = stream()
    for to in ("example.org", "other.example.org", "x@example.org",
               "upload.example.org.evil.example", "", "@", "/",
               "upload.example.org@example.net"):
        peer.send(slot("1", to=to))
        peer.send(iq("1", PING, to=to))
    peer.send(iq("1", PING, sender=None))
    peer.send(iq("1", PING, sender=""))
    assert peer.fence() == []
    for to in (JID, "UPLOAD.Example.ORG"):
        assert peer.ask(iq("2", PING, to=to)).get("from") == JID
    for to in (JID + "/x", f"a@{JID}", f"a@{JID}/b c", "A@Upload.example.org"):
        answer = peer.ask(iq("2", PING, to=to))
        assert answer.get("from") == to


def test_the_name_as_configured(stream):
    """But in lower case: servers know no other."""
    jid = "upload.b\u00fccher.example"
    peer = stream(jid, component={
        "jid": jid.title(), "allow_domains": ["example.org"]})
    for to in (jid, jid.title(), "upload.xn--bcher-kva.example"):
        assert peer.ask(iq("1", PING, to=to)).get("from") == jid
    assert parse_slot(peer.ask(slot("2", to=jid)))


def test_namespaces_are_the_servers_business(stream):
    """jabberd2 writes jabber:client, ejabberd its prefixes."""
    peer = stream()
    given = " xmlns='jabber:client'"
    assert peer.ask(iq("1", PING, more=given)).get("type") == "result"
    parse_slot(peer.ask(slot("2", more=given)))
    parse_slot(peer.ask(iq("3", (
        f"<u:request xmlns:u='{NS0}' filename='a' size='1'/>"))))
    parse_slot(peer.ask(iq(
        "4", "<u:request filename='a' size='1'/>",
        more=f" xmlns:u='{NS0}'")))
    # Another namespace's request is another question.
    assert condition(peer.ask(iq(
        "5", f"<u:request xmlns:u='urn:x' xmlns='{NS0}' filename='a' "
        "size='1'/>")))[0] == "service-unavailable"
    assert condition(peer.ask(iq("6", "<request filename='a' size='1'/>")))[
        0] == "service-unavailable"


def test_what_is_told(stream):
    peer = stream()
    peer.slotd.wait_line(f"msg=component .*component={JID} state=connected")
    seen = len(peer.slotd.lines)
    parse_slot(peer.ask(slot("1")))
    peer.ask(slot("2", size=1001))
    peer.ask(slot("3", sender="romeo@example.net"))
    peer.fence()
    for code in ("slot=", "code=file-too-large", "code=forbidden"):
        line = peer.slotd.wait_line(code, seen)
        assert f" caller={JID} " in line and " route=component " in line
    # Pings and disco are not at info.
    assert len(peer.slotd.lines) == seen + 3
    metrics = scrape(peer.slotd)
    assert metrics.of("slotd_component_up") == {JID: 1}
    assert metrics.of("slotd_component_connects_total") == {
        (JID, "connected"): 1}
    assert sum(metrics.of("slotd_component_stanzas_total").values()) == 4


def test_escapes(stream):
    """What comes back is the same, and no markup of the user's."""
    peer = stream()
    number = "<a b='c'>&amp;\"'\u00fc"
    assert peer.ask(iq(number, PING)).get("type") == "result"
    name = "<put url='x'/>&\"'.jpg"
    answer = parse_slot(peer.ask(slot("2", name)))
    assert answer.put.startswith("http://")
    sender = "juliet@example.org/<&'\">"
    assert peer.ask(iq("3", PING, sender=sender)).get("to") == sender
    answer = peer.ask(iq(
        "4", "<x xmlns='urn:&lt;&apos;&quot;&amp;' a='&#10;'/>"))
    assert answer[0].tag == "{urn:<'\"&}x"


def test_stanzas_byte_by_byte(stream):
    peer = stream()
    text = slot("1") + iq("2", PING) + slot("3", "\u00fc&.jpg", ns=NS_OLD)
    for byte in text.encode():
        peer.send(bytes([byte]))
    parse_slot(peer.answer("1"))
    assert peer.answer("2").get("type") == "result"
    parse_slot(peer.answer("3"))
    assert ACCEPT.encode() in peer.came
