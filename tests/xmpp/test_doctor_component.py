"""slotd doctor tries a component: an XMPP server's side of ours says what real
ones do, and real ones are asked."""

import concurrent.futures
import json
import os

import pytest

import configs
import prosody
import stanza
import support
from component_server import DOMAIN, HEADER, SECRET, Server, slot
from ejabberd import Ejabberd

serve = prosody.serve
ERROR = ("<stream:error><{} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
         "</stream:error></stream:stream>")
ITEMS = "http://jabber.org/protocol/disco#items"


def config(folder, *components):
    return configs.fs_config(folder, callers=None, components=components)


def doctor(path, *args):
    env = {name: value for name, value in os.environ.items()
           if not name.lower().endswith("_proxy")}
    done = support.run("doctor", "-c", path, *args, env=env)
    assert done.stderr == b"", done
    assert SECRET.encode() not in done.stdout
    return done.stdout.decode()


def findings(path, jid=DOMAIN):
    """The component's, by the check's name."""
    [found] = [one for one in json.loads(doctor(path, "--json"))
               if one.get("component") == jid]
    assert [one["check"] for one in found["checks"]] == ["connection", "items"]
    assert sum(found[key] for key in (
        "ok", "warnings", "failures", "skipped")) == 2
    return {one["check"]: one for one in found["checks"]}


def visited(tmp_path, act, server=None, **over):
    """What doctor finds at a server that acts like this."""
    with server or Server() as listener, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        path = support.write_config(tmp_path, config(
            tmp_path / "store", listener.component(**over)))
        told = pool.submit(findings, path)
        with listener.accept() as link:
            act(link)
            return told.result()


def header(link):
    link.read_to(rb"<stream:stream [^>]*>")
    link.send(HEADER.format("3BF96D32", DOMAIN))


def items(*jids):
    """Answers the question for the items of localhost."""
    def act(link):
        link.open()
        asked = link.read()
        assert f"from='{DOMAIN}' to='localhost'" in asked and ITEMS in asked
        link.send(f"<iq type='result' id='slotd-doctor' from='localhost' "
                  f"to='{DOMAIN}'><query xmlns='{ITEMS}'>" + "".join(
                      f"<item jid='{jid}'/>" for jid in jids) + "</query></iq>")
        assert link.read_end() == "</stream:stream>"
    return act


# --- the connection -----------------------------------------------------------


def failure(found, seen, change):
    assert found["connection"]["verdict"] == "failure", found
    assert seen in found["connection"]["seen"]
    assert change in found["connection"]["change"]
    assert found["items"]["verdict"] == "skipped"


def test_refused(tmp_path):
    port = support.free_port()
    path = support.write_config(tmp_path, config(
        tmp_path / "store", {"jid": DOMAIN, "port": port, "secret": SECRET}))
    failure(findings(path), f"127.0.0.1:{port}: Connection refused",
            "Start the XMPP server")


def test_no_name(tmp_path):
    path = support.write_config(tmp_path, config(
        tmp_path / "store",
        {"jid": DOMAIN, "server": "xmpp.invalid", "secret": SECRET}))
    failure(findings(path), "does not resolve", "Set server")


def test_no_answer(tmp_path):
    failure(visited(tmp_path, lambda link: None),
            "no answer within 10 seconds", "Set port")


def test_closed(tmp_path):
    def act(link):
        header(link)
        link.read("handshake")
        link.close()
    failure(visited(tmp_path, act), "closed by the server", "The log")


@pytest.mark.parametrize("condition, shaken, seen, change", [
    ("host-unknown", False, "has no component with this jid", "Add a comp"),
    # Before the handshake, whatever its name is.
    ("not-authorized", False, "has no component with this jid", "Add a comp"),
    ("conflict", False, "has no component with this jid", "virtual hosts"),
    ("host-unknown", True, "has no component with this jid", "Add a comp"),
    ("not-authorized", True, "not-authorized: wrong secret", "Compare the"),
    ("invalid-namespace", False, "this port is not for comp", "5222 for cl"),
    ("resource-constraint", True, "resource-constraint", "The log"),
])
def test_an_error(tmp_path, condition, shaken, seen, change):
    def act(link):
        if shaken:
            header(link)
            link.read("handshake")
            link.send(ERROR.format(condition))
        else:
            # In one piece: doctor answers a header that comes alone.
            link.send(HEADER.format("1", DOMAIN) + ERROR.format(condition))
    failure(visited(tmp_path, act), seen, change)


def test_the_port_for_clients(tmp_path):
    def act(link):
        link.send(HEADER.format("1", DOMAIN).replace(
            "jabber:component:accept", "jabber:client"))
    failure(visited(tmp_path, act), "(invalid-namespace)", "5347 for comp")


def refuse_name(link):
    header(link)
    link.read("handshake")
    link.send(ERROR.format("conflict"))


def test_conflict(tmp_path):
    found = visited(tmp_path, refuse_name)
    assert found["connection"]["verdict"] == "ok"
    assert "conflict: another program" in found["connection"]["seen"]
    assert "if that is your slotd" in found["connection"]["change"]


# --- the items ----------------------------------------------------------------


def test_listed(tmp_path):
    found = visited(tmp_path, items("muc.localhost", "Upload.localhost"))
    assert found["connection"] | {"seen": ""} == {
        "check": "connection", "verdict": "ok", "change": "", "seen": ""}
    assert found["items"] == {
        "check": "items", "verdict": "ok", "change": "",
        "seen": "localhost lists it among its items"}


@pytest.mark.parametrize("jids", [[], ["muc.localhost", "upload.localhost.x"]])
def test_unlisted(tmp_path, jids):
    found = visited(tmp_path, items(*jids))
    assert found["connection"]["verdict"] == "ok"
    assert found["items"]["verdict"] == "failure"
    assert found["items"]["seen"] == (
        "localhost does not list upload.localhost among its items")
    assert ('   disco_items = { { "upload.localhost", "File upload" } }\n'
            in found["items"]["change"])


def test_more_items_than_are_kept(tmp_path):
    found = visited(tmp_path, items(*(f"a{i}.localhost" for i in range(17))))
    assert found["items"]["verdict"] == "ok"
    assert "only the first were seen" in found["items"]["seen"]


def test_an_error_of_the_domain(tmp_path):
    def act(link):
        link.open()
        link.read()
        link.send("<iq type='error' id='slotd-doctor' from='localhost'><error "
                  "type='cancel'><item-not-found xmlns="
                  "'urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        link.read_end()
    found = visited(tmp_path, act)
    assert found["items"]["verdict"] == "warning"
    assert found["items"]["seen"].endswith("an error: item-not-found")


def test_users_are_put_off(tmp_path):
    """And a user's answer to the question is none."""
    def act(link):
        link.open()
        link.read()
        link.send(slot("7"))
        assert "<recipient-unavailable" in link.read()
        link.send("<iq type='result' id='slotd-doctor' from='a@localhost/x'>"
                  f"<query xmlns='{ITEMS}'/></iq>")
        link.send("<iq type='result' id='slotd-doctor' from='localhost'><query "
                  f"xmlns='{ITEMS}'><item jid='{DOMAIN}'/></query></iq>")
        link.read_end()
    assert visited(tmp_path, act)["items"]["verdict"] == "ok"


def test_a_domain_without_users_is_not_asked(tmp_path):
    def act(link):
        link.open()
        assert link.read_end() == "</stream:stream>"
    found = visited(tmp_path, act, allow_domains=["example.org"])
    assert found["items"]["verdict"] == "skipped"


# --- beside serve, and the other forms ----------------------------------------


def test_serve_is_left_alone(tmp_path, start):
    with Server() as server:
        slotd = start(config(tmp_path / "store", server.component()))
        with server.accept() as link:
            link.open()
            slotd.wait_line("state=connected")
            found = findings(slotd.path)
            assert found["connection"]["verdict"] == "ok"
            assert "the running slotd is connected" in (
                found["connection"]["seen"])
            assert found["items"]["verdict"] == "skipped"
            text = doctor(slotd.path)
            assert text.split("\n\n")[1].startswith(
                'component "upload.localhost"\nok       connection ')
            assert text.endswith(
                "1 ok, 0 warnings, 0 failures, 1 not tried (items)\n")
            samples = doctor(slotd.path, "--prometheus")
            assert ('slotd_doctor_check_status{component="upload.localhost",'
                    'check="connection",status="ok"} 1\n') in samples
            # Nobody else has come.
            server.listener.setblocking(False)
            with pytest.raises(BlockingIOError):
                server.accept()
        slotd.stop()


def test_another_program_has_the_name(tmp_path, start):
    """A slotd runs, and is not the one that is connected."""
    with Server() as server:
        slotd = start(config(tmp_path / "store", server.component()))
        with server.accept() as link:
            refuse_name(link)
        slotd.wait_line("reason=\"conflict: another")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            told = pool.submit(findings, slotd.path)
            with server.accept() as link:
                refuse_name(link)
            found = told.result()
        assert found["connection"]["verdict"] == "warning"
        assert "It is not the slotd that runs" in found["connection"]["change"]
        slotd.stop()


def test_storage_alone(tmp_path):
    path = support.write_config(tmp_path, config(
        tmp_path / "store", {"jid": DOMAIN, "secret": SECRET}))
    [found] = json.loads(doctor(path, "--json", "--storage", "default"))
    assert found["storage"] == "default"


# --- real servers -------------------------------------------------------------


def test_prosody(tmp_path, start, serve):
    server = serve({"component_secret": SECRET}, how=None)
    mine = {"jid": DOMAIN, "port": server.component_port, "secret": SECRET}
    path = support.write_config(tmp_path, config(tmp_path / "store", mine))
    found = findings(path)
    assert [one["verdict"] for one in found.values()] == ["ok", "ok"], found
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    failure(findings(support.write_config(wrong, config(
        tmp_path / "store", mine | {"secret": "wrong" + SECRET}))),
        "not-authorized: wrong secret", "Compare")
    failure(findings(support.write_config(wrong, config(
        tmp_path / "store", mine | {"jid": "files.localhost"})),
        "files.localhost"), "host-unknown", "Add a component")
    # Another slotd is connected; doctor does not know of it.
    slotd = start(config(tmp_path / "other", mine))
    slotd.wait_line("state=connected")
    assert "conflict" in findings(path)["connection"]["seen"]
    with stanza.Client(server.port, "alice@localhost", "secret") as alice:
        assert stanza.disco_info(alice, DOMAIN).identities
    slotd.stop()


def test_ejabberd(tmp_path, start):
    """Which takes two connections of one name."""
    port = configs.free_port()
    listen = {"port": port, "ip": "127.0.0.1", "module": "ejabberd_service",
              "hosts": {DOMAIN: {"password": SECRET}}}
    mine = {"jid": DOMAIN, "port": port, "secret": SECRET}
    folder = tmp_path / "ejabberd"
    folder.mkdir()
    with Ejabberd(folder, {"mod_disco": {}}, beams=None, listen=[listen]):
        path = support.write_config(
            tmp_path, config(tmp_path / "store", mine))
        found = findings(path)
        assert [one["verdict"] for one in found.values()] == ["ok", "ok"], (
            found)
        wrong = tmp_path / "wrong"
        wrong.mkdir()
        failure(findings(support.write_config(wrong, config(
            tmp_path / "store", mine | {"secret": "wrong" + SECRET}))),
            "not-authorized: wrong secret", "Compare")
        # A host of its own is refused behind the header.
        host = tmp_path / "host"
        host.mkdir()
        failure(findings(support.write_config(host, config(
            tmp_path / "store", mine | {
                "jid": "localhost", "allow_domains": ["localhost"]})),
            "localhost"), "conflict: the server has no", "virtual hosts")
        slotd = start(config(tmp_path / "other", mine))
        slotd.wait_line("state=connected")
        assert "the running slotd is connected" in (
            findings(slotd.path)["connection"]["seen"])
        slotd.stop()
