"""A deleted account's files are asked to be erased, by both modules, until
slotd has answered 202, whichever side is started anew meanwhile."""

import os
import re
import signal
import threading

import pytest

import stub as stubs
import support
from ejabberd import MODULE, Ejabberd, slotd_options
from prosody import Prosody, options
from stanza import Client, parse_slot, slot_request

HOST = "localhost"
UNAVAILABLE = stubs.problem(503, "unavailable", "service-unavailable", "wait")
ASKS_ON = "are still to be erased"


class InProsody(Prosody):
    ODD = "jürgen+%2b.1"
    WITHOUT = {"erase": False}

    def __init__(self, url, folder, how="component", **more):
        super().__init__(folder, options(url, **more), how,
                         modules=["user_account_management"])

    def register(self, user, host=HOST):
        folder = self.folder / "data" / host.replace(".", "%2e") / "accounts"
        name = "".join(chr(b) if chr(b).isalnum() and b < 128 else f"%{b:02x}"
                       for b in user.encode())
        (folder / f"{name}.dat").write_text(
            'return { ["password"] = "secret" };\n')

    def unregister(self, user, host=HOST):
        with Client(self.port, f"{user}@{host}", "secret") as client:
            assert client.iq("set", host, "<query xmlns='jabber:iq:register'>"
                             "<remove/></query>").get("type") == "result"

    def kill(self):
        process, self.process = self.process, None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    again = Prosody.start


class InEjabberd(Ejabberd):
    ODD = "jürgen+%2b.1"
    WITHOUT = {"rm_on_unregister": False}

    def __init__(self, url, folder, **more):
        super().__init__(folder, {MODULE: slotd_options(url, **more)})

    def register(self, user, host=HOST):
        self.api("register", user=user, host=host, password="secret")

    def unregister(self, user, host=HOST):
        self.api("unregister", user=user, host=host)

    kill = Ejabberd.stop

    def again(self):
        """The log goes on in the same file."""
        count = len(self.lines("Start accepting TCP"))
        self.launch()
        self.wait_log("Start accepting TCP", count + 2)

    def lines(self, pattern):
        text = (self.folder / "logs/ejabberd.log").read_text()
        return [line for line in text.splitlines()
                if re.search(pattern, line)]


@pytest.fixture(params=[InProsody, InEjabberd], ids=["prosody", "ejabberd"])
def kind(request):
    return request.param


@pytest.fixture(scope="module", params=[InProsody, InEjabberd],
                ids=["prosody", "ejabberd"])
def shared(request, tmp_path_factory):
    with stubs.Stub() as slotd, request.param(
            slotd.url, tmp_path_factory.mktemp("xmpp")) as server:
        server.stub = slotd
        yield server


@pytest.fixture
def server(shared):
    shared.stub.erasures.clear()
    return shared


def delete(server, *users):
    for user in users:
        server.register(user)
        server.unregister(user)


def held_until(given):
    """An answer that waits, and the event that it waits for."""
    event = threading.Event()

    def wait(_):
        event.wait(support.PATIENCE)
        return given
    return wait, event


def nothing_more(server, count):
    """An account that is deleted later is the next that is asked for."""
    delete(server, "last")
    assert server.stub.wait_erasures(count + 1)[count:] == ["last@localhost"]


# --- asking ---------------------------------------------------------------


def test_it_is_asked_once(server):
    delete(server, "juliet")
    asked, = server.stub.wait_erasures(1)
    assert asked == "juliet@localhost"
    request, = server.stub.erasures
    assert request.method == "DELETE"
    assert request.target == "/files?jid=juliet%40localhost"
    assert request.body == b""
    assert request.is_signed_by("prosody", support.SECRET)
    server.wait_log("slotd erases the files of juliet@localhost")
    nothing_more(server, 1)


def test_an_odd_name(server):
    server.register(server.ODD)
    server.unregister(server.ODD)
    assert server.stub.wait_erasures(1) == [server.ODD + "@localhost"]


@pytest.mark.parametrize("given", [
    UNAVAILABLE, stubs.problem(500, "internal"), stubs.CLOSE,
    stubs.answer(404, b"Not Found", content_type="text/plain"),
    stubs.problem(401, "clock-skew"), stubs.answer(200, {}),
    # Not slotd's: a proxy may say so for a while.
    stubs.answer(403, b"no", content_type="text/plain"),
    stubs.answer(501, b"no", content_type="text/plain")],
    ids=["503", "500", "closed", "404", "401", "200", "403", "501"])
def test_until_it_is_accepted(server, given):
    count = len(server.lines(ASKS_ON))
    # A connection that ends without an answer is tried twice at once.
    server.stub.then_erase(*[given] * (2 if given is stubs.CLOSE else 1))
    delete(server, "juliet")
    tries = 3 if given is stubs.CLOSE else 2
    assert server.stub.wait_erasures(tries) == ["juliet@localhost"] * tries
    server.wait_log(ASKS_ON, count + 1)
    nothing_more(server, tries)
    assert len(server.lines(ASKS_ON)) == count + 1


def test_it_waits_longer_each_time(server):
    server.stub.then_erase(*[UNAVAILABLE] * 3)
    delete(server, "juliet")
    server.stub.wait_erasures(4)
    times = [request.when for request in server.stub.erasures]
    for n, seconds in enumerate((1, 2, 4)):
        assert times[n + 1] - times[n] > 0.9 * seconds


def test_one_that_fails_does_not_stop_others(server):
    """All wait while the first is asked for."""
    wait, held = held_until(UNAVAILABLE)
    server.stub.then_erase(wait, UNAVAILABLE)
    delete(server, "a", "b", "c")
    held.set()
    asked = server.stub.wait_erasures(5)
    assert asked[0] == "a@localhost"
    assert sorted(asked) == sorted(
        f"{name}@localhost" for name in ("a", asked[1][0], *"abc"))


@pytest.mark.parametrize("status, code, says", [
    (403, "forbidden", "allow_domains"),
    (501, "not-implemented", "key_file")])
def test_what_has_to_be_mended_is_told_once(server, status, code, says):
    """It is about all accounts: the other is asked for when one succeeds."""
    pattern = "keeps the files of deleted accounts, asking goes on.*" + says
    count = len(server.lines(pattern))
    given = stubs.problem(status, code, "forbidden", "auth")
    wait, held = held_until(given)
    server.stub.then_erase(wait, given)
    delete(server, "juliet", "romeo")
    held.set()
    asked = server.stub.wait_erasures(4)
    assert asked[0] == "juliet@localhost"
    assert sorted(asked[2:]) == ["juliet@localhost", "romeo@localhost"]
    nothing_more(server, 4)
    assert len(server.lines(pattern)) == count + 1


def test_a_jid_that_is_not_taken_is_asked_for_once(server):
    pattern = "keeps the files of deleted accounts.*JID {}@localhost"
    given = stubs.problem(400, "bad-request", "forbidden", "auth")
    wait, held = held_until(given)
    server.stub.then_erase(wait, given)
    delete(server, "juliet", "romeo")
    held.set()
    assert server.stub.wait_erasures(2) == ["juliet@localhost",
                                            "romeo@localhost"]
    nothing_more(server, 2)
    for name in "juliet", "romeo":
        server.wait_log(pattern.format(name), 1)


# --- beginning anew -------------------------------------------------------


@pytest.mark.parametrize("kind, end", [
    (InProsody, "stop"), (InProsody, "kill"), (InEjabberd, "kill")])
def test_over_restarts_of_both(tmp_path, kind, end):
    """slotd is down when the accounts go, and the server ends."""
    users = [f"user{n}" for n in range(20)]
    with stubs.Stub(listening=False) as slotd, kind(
            slotd.url, tmp_path) as server:
        server.stub = slotd
        for user in users:
            server.register(user)
        for user in users:
            server.unregister(user)
        getattr(server, end)()
        count = len(server.lines(ASKS_ON))
        server.again()
        server.wait_log(ASKS_ON, count + 1)
        server.kill()
        slotd.listen()
        server.again()
        assert sorted(slotd.wait_erasures(20)) == sorted(
            f"{user}@localhost" for user in users)
        server.wait_log("slotd erases the files of", 20)
        server.kill()
        server.again()
        nothing_more(server, 20)


def test_what_was_refused_is_asked_again(kind, tmp_path):
    """Once slotd is mended, over a restart."""
    with stubs.Stub() as slotd, kind(slotd.url, tmp_path) as server:
        server.stub = slotd
        slotd.then_erase(*[stubs.problem(501, "not-implemented")] * 2)
        delete(server, "juliet")
        server.wait_log("keeps the files of deleted accounts")
        server.kill()
        server.again()
        server.wait_log("slotd erases the files of juliet@localhost")


def test_without(kind, tmp_path):
    """The option turns it off."""
    with stubs.Stub() as slotd, kind(
            slotd.url, tmp_path, **kind.WITHOUT) as server:
        delete(server, "juliet")
        with Client(server.port, "alice@localhost", "secret") as alice:
            parse_slot(alice.iq("get", server.upload, slot_request("a", 1)))
        assert not slotd.erasures


# --- of one server alone --------------------------------------------------


def test_ejabberd_reload(tmp_path):
    """Mended options are used at once."""
    with stubs.Stub() as slotd, InEjabberd(
            "http://127.0.0.1:1", tmp_path) as server:
        delete(server, "juliet")
        server.wait_log(ASKS_ON)
        server.modules = {MODULE: slotd_options(slotd.url)}
        server.reload()
        assert slotd.wait_erasures(1) == ["juliet@localhost"]


def test_prosody_domains(tmp_path):
    """A component asks for all that it serves, a host for its own."""
    for how, asked in (("component", ["carol@example.org", "bob@localhost"]),
                       ("host", ["bob@localhost"])):
        folder = tmp_path / how
        folder.mkdir()
        with stubs.Stub() as slotd, InProsody(
                slotd.url, folder, how) as server:
            server.unregister("carol", "example.org")
            server.unregister("bob")
            assert slotd.wait_erasures(len(asked)) == asked
            server.assert_sound()


def test_prosody_access(tmp_path):
    with stubs.Stub() as slotd, InProsody(
            slotd.url, tmp_path, access=["example.org"]) as server:
        server.unregister("bob")
        server.unregister("carol", "example.org")
        assert slotd.wait_erasures(1) == ["carol@example.org"]


@pytest.mark.parametrize("storage", ["none", "memory"])
def test_prosody_keeps_nothing(tmp_path, storage):
    """It still works, and asks as long as it runs."""
    with stubs.Stub() as slotd, InProsody(slotd.url, tmp_path) as server:
        server.stop()
        server.options["storage"] = {"http_upload_slotd_erase": storage}
        server.start()
        slotd.then_erase(UNAVAILABLE)
        delete(server, "juliet")
        assert slotd.wait_erasures(2) == ["juliet@localhost"] * 2
        with Client(server.port, "alice@localhost", "secret") as alice:
            parse_slot(alice.iq("get", server.upload, slot_request("a", 1)))
        server.assert_sound()
