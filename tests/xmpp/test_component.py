"""slotd as a component of a real Prosody, with no module."""

import pytest

import configs
import prosody
import stanza

serve = prosody.serve
SECRET = "not-a-secret-of-a-component"


def component(port, **over):
    return {"jid": "upload.localhost", "port": port, "secret": SECRET, **over}


def config(folder, *components):
    """Of a slotd on the embedded store, with these components alone."""
    return configs.fs_config(folder, callers=None, components=components)


@pytest.fixture
def upload(tmp_path, start, serve):
    """A Prosody, and a slotd that is its component upload.localhost."""
    server = serve({"component_secret": SECRET}, how=None)
    slotd = start(config(tmp_path / "store", component(server.component_port)))
    slotd.wait_line("msg=component .*state=connected")
    server.slotd = slotd
    return server


def test_it_is_found_and_gives_slots(upload):
    with stanza.Client(upload.port, "alice@localhost", "secret") as alice:
        disco = stanza.disco_info(alice, upload.upload)
        assert disco.identities == {("store", "file"): "File upload"}
        assert {stanza.NS0, stanza.NS_OLD} <= disco.features
        assert disco.forms[stanza.NS0] == {"max-file-size": "1073741824"}
        for ns in (stanza.NS0, stanza.NS_OLD):
            slot = stanza.parse_slot(alice.iq(
                "get", upload.upload,
                stanza.slot_request("cat.jpg", 5, "image/jpeg", ns=ns)))
            assert slot.put.endswith("/cat.jpg")
            assert slot.headers == {}
