"""The lines of deploy/component/README.md for Prosody and ejabberd, with nothing
changed but the secret, the port and the store."""

import re

import pytest
import yaml

import configs
import stanza
import support
from ejabberd import Ejabberd
from prosody import PASSWORD, Prosody

PAGE = (support.ROOT / "deploy/component/README.md").read_text()
SECRET = "not-a-secret-of-a-component"
NAME = "upload.example.org"
ITEMS = "http://jabber.org/protocol/disco#items"
# Where the page has example.net; the servers of the tests have this host.
OTHER = "localhost"


def blocks(title, language):
    section = re.search(rf"^## {title}\n(.*?)^## ", PAGE, re.S | re.M)[1]
    found = re.findall(rf"^```{language}\n(.*?)^```$", section, re.S | re.M)
    return [text.replace("SECRET", SECRET).replace("example.net", OTHER)
            for text in found]


@pytest.fixture
def connect(start, tmp_path):
    """Starts a slotd as the page configures it, before the server's port."""
    line = re.search(r"^components = \( \{ (.*) \} \);$", PAGE, re.M)[1]
    named = dict(re.findall(r'(\w+) = "([^"]*)";', line))
    assert set(named) == {"jid", "secret_file"}
    assert named["jid"] == NAME
    secret = tmp_path / named["secret_file"].rpartition("/")[2]
    secret.write_text(SECRET + "\n")
    secret.chmod(0o640)

    def connect(port):
        slotd = start(configs.fs_config(
            tmp_path / "store", callers=None, components=[{
                **named, "secret_file": secret, "port": port,
                "allow_domains": ["example.org", OTHER]}]))
        slotd.wait_line(f"component={NAME} .*state=connected")
        return slotd
    return connect


def items(client, domain):
    answer = client.iq("get", domain, f"<query xmlns='{ITEMS}'/>")
    return {item.get("jid") for item in answer.iter(f"{{{ITEMS}}}item")}


def finds_and_sends(port, jid):
    """A user finds the component by asking the own domain, and uploads."""
    domain = jid.partition("@")[2]
    with stanza.Client(port, jid, PASSWORD) as client:
        assert NAME in items(client, domain)
        assert stanza.NS0 in stanza.disco_info(client, NAME).features
        slot = stanza.parse_slot(client.iq(
            "get", NAME, stanza.slot_request("cat.jpg", 5)))
    for method, url, body, status in (
            ("PUT", slot.put, b"bytes", 201), ("GET", slot.get, None, 200)):
        host, port, target = re.fullmatch(
            r"http://([^:/]+):(\d+)(/.*)", url).groups()
        reply = support.request((host, int(port)), method, target, body)
        assert reply.status == status
    assert reply.body == b"bytes"


def test_prosody(tmp_path, connect):
    lines = "".join(blocks("Prosody", "lua"))
    with Prosody(tmp_path, {"component_secret": "of-another-component"},
                 how=None, hosts=lines) as server:
        connect(server.component_port)
        finds_and_sends(server.port, "carol@example.org")
        finds_and_sends(server.port, "alice@" + OTHER)
    server.assert_sound()


def test_ejabberd(tmp_path, connect):
    listen, elsewhere = map(yaml.safe_load, blocks("ejabberd", "yaml"))
    (entry,) = listen["listen"]
    assert entry["port"] == 5347
    entry["port"] = configs.free_port()
    with Ejabberd(tmp_path, elsewhere["modules"], beams=None, listen=[entry],
                  hosts=("example.org", OTHER)) as server:
        connect(entry["port"])
        finds_and_sends(server.port, "alice@example.org")
        finds_and_sends(server.port, "bob@" + OTHER)
