"""Prosody beside slotd as its Debian package configures it, by the steps of
the package and "Does it work?" of deploy/prosody/README.md."""

import os
import shutil

import pytest

from authority import Authority
import clients
from front import Front
import packaged
from prosody import options
import servers
from stanza import Client, parse_slot, slot_request
import support

README = (support.ROOT / "deploy/prosody/README.md").read_text()


@pytest.fixture
def place(tmp_path):
    return packaged.Place(tmp_path)


@pytest.fixture
def slotd(place, start):
    """Before Prosody, whose module asks again only after a minute."""
    return place.serve(start)


@pytest.fixture
def prosody(place, slotd, tmp_path_factory):
    """With a copy of the package's secret, as its caller "xmpp"."""
    folder = tmp_path_factory.mktemp("prosody")
    copy = folder / "slotd.secret"
    shutil.copy(place.folder / "xmpp.secret", copy)
    with servers.prosody(folder, Authority(folder), options(
            f"http://127.0.0.1:{place.ports[0]}", caller="xmpp", secret=None,
            secret_file=copy, timeout=support.PATIENCE), "component") as it:
        yield it
        it.assert_sound()


def said_in_readme(words):
    assert words in README
    return words


def test_does_it_work(place, slotd, prosody, tmp_path):
    """As installed, the log says why clients upload nothing; with https and a
    reload they do."""
    prosody.wait_log(said_in_readme("may have 104857600 bytes"))
    with Client(prosody.port, clients.FROM, clients.PASSWORD) as alice:
        slot = parse_slot(alice.iq(
            "get", prosody.upload, slot_request("cat.jpg", 1234)))
    assert slot.put.startswith("http://127.0.0.1:")
    prosody.wait_log(said_in_readme("gives http URLs, which most clients "
                                    "refuse"))

    authority = Authority(tmp_path)
    with Front(tmp_path, place.ports[1], authority) as front:
        def https(text):
            text = packaged.with_https(text)
            return text.replace("https://upload.example.org", front.url)

        place.reload(slotd, https)
        data = os.urandom(100000)
        path = tmp_path / "cat.jpg"
        path.write_bytes(data)
        with Client(prosody.port, clients.TO, clients.PASSWORD) as bob:
            clients.go_sendxmpp(prosody, path, tmp_path, authority.certificate)
            link = bob.read_message()
        assert link.startswith(front.url + "/f/")
        assert clients.fetch(link, tmp_path, authority.certificate) == data
