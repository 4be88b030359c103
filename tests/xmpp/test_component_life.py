"""A component's connection: reload, end, back-off, and slots that wait."""

import os
import pathlib
import re
import signal
import socket
import sys
import threading

import pytest

import configs
import support
from component_server import DOMAIN, SECRET, Link, Server, ping, slot

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "quota"))
import fake  # noqa: E402


ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"


@pytest.fixture
def server():
    with Server() as server:
        yield server


@pytest.fixture
def serve(tmp_path, start, server):
    """serve(…) is a slotd whose component is connected, as .link."""
    def serve(component=None, **over):
        config = configs.fs_config(
            tmp_path / "store", callers=None,
            components=[server.component(**component or {})], **over)
        slotd = start(config)
        slotd.link = server.accept()
        slotd.header = slotd.link.open()
        slotd.wait_line("state=connected")
        return slotd
    return serve


def reload(slotd, *components, **over):
    """With these components."""
    config = configs.merge(slotd.config, over)
    config["components"] = components
    seen = len(slotd.lines)
    support.write_config(slotd.path.parent, config)
    slotd.process.send_signal(signal.SIGHUP)
    slotd.wait_line("msg=reloaded", seen)
    return seen


def metric(slotd, name):
    text = slotd.ask("GET", "/metrics").body.decode()
    return int(re.search(re.escape(name) + r" (\d+)$", text, re.M)[1])


def test_a_reload_that_takes_the_component_away(serve, server):
    slotd = serve()
    with Server() as other:
        reload(slotd, other.component(jid="files.localhost"))
        assert slotd.link.read_end() == "</stream:stream>"
        assert "to='files.localhost'" in other.accept().open()
    slotd.wait_line('component=upload.localhost state=disconnected '
                    '.*reason="it is no longer configured"')
    # As 0 it would look like a fault.
    assert re.findall(
        r"^slotd_component_up{component=\"(.*)\"} \d$",
        slotd.ask("GET", "/metrics").body.decode(), re.M
    ) == ["files.localhost"]


def test_a_reload_cuts_a_wait_short(serve, server):
    slotd = serve()
    slotd.link.close()
    link = server.accept()
    link.read_to(rb"<stream:stream [^>]*>")
    link.send("<stream:stream xmlns='jabber:component:accept' id='1' "
              "xmlns:stream='http://etherx.jabber.org/streams'>")
    link.read("handshake")
    link.send(f"<stream:error><conflict xmlns='{ERRORS}'/></stream:error>")
    # It would wait for a minute: longer than this test does.
    slotd.wait_line('state=disconnected .*reason="conflict: another')
    reload(slotd, server.component())
    server.accept().open()
    assert metric(
        slotd, 'slotd_component_connects_total{component="upload.localhost",'
        'result="conflict"}') == 1


@pytest.mark.parametrize("condition, before, says", [
    ("host-unknown", True,
     "host-unknown: the server has no component with this jid"),
    ("not-authorized", True,
     "not-authorized: the server has no component with this jid"),
    ("not-authorized", False, "not-authorized: wrong secret"),
])
def test_the_log_says_why(tmp_path, start, server, condition, before, says):
    slotd = start(configs.fs_config(
        tmp_path / "store", callers=None, components=[server.component()]))
    link = server.accept()
    link.read_to(rb"<stream:stream [^>]*>")
    header = ("<stream:stream xmlns='jabber:component:accept' id='1' "
              "xmlns:stream='http://etherx.jabber.org/streams'>")
    error = (f"<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:"
             "xmpp-streams'/></stream:error></stream:stream>")
    if before:
        link.send(header + error)
    else:
        link.send(header)
        link.read("handshake")
        link.send(error)
    assert SECRET not in slotd.wait_line(
        f'state=disconnected .*reason="{says}"')
    # And it comes again.
    server.accept().open()
    slotd.wait_line("state=connected")


@pytest.mark.parametrize("header, says", [
    ("<stream:stream xmlns='jabber:client' id='1' "
     "xmlns:stream='http://etherx.jabber.org/streams'>",
     "invalid-namespace: this port is not for components"),
    ("HTTP/1.1 400 Bad Request\r\n\r\n",
     "not-well-formed: the server sent what is no stream"),
])
def test_another_port(tmp_path, start, server, header, says):
    slotd = start(configs.fs_config(
        tmp_path / "store", callers=None, components=[server.component()]))
    link = server.accept()
    link.send(header)
    slotd.wait_line(f'state=disconnected .*reason="{says}"')
    assert says.partition(":")[0] in link.read_end()


def test_a_unix_socket(tmp_path, start):
    path = str(tmp_path / "x.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        listener.settimeout(support.PATIENCE)
        start(configs.fs_config(
            tmp_path / "store", callers=None,
            components=[{"jid": DOMAIN, "unix": path, "secret": SECRET}]))
        with Link(listener.accept()[0]) as link:
            link.open()


def test_numbers_and_lines(serve):
    slotd = serve()
    link = slotd.link
    link.send(slot(1) + ping(2) + "<message from='a@b' to='c'/>")
    link.read()
    link.read()
    line = slotd.wait_line("msg=request")
    assert re.search(
        r" slot=[\w-]{8} route=component caller=upload\.localhost "
        r"domain=localhost size=5 us=\d+$", line), line
    support.wait_for("the message", lambda: metric(
        slotd, 'slotd_component_stanzas_total{component="upload.localhost",'
        'kind="other",result="none"}') == 1)
    assert metric(
        slotd, 'slotd_component_up{component="upload.localhost"}') == 1
    assert metric(
        slotd, 'slotd_slots_granted_total{caller="upload.localhost",'
        'domain="localhost"}') == 1
    assert metric(
        slotd, 'slotd_component_stanzas_total{component="upload.localhost",'
        'kind="slot",result="result"}') == 1
    assert not [line for line in slotd.lines if "ping" in line]


def test_the_end(serve):
    """What was read is answered before the stream ends."""
    slotd = serve()
    slotd.link.send(ping(1))
    slotd.link.read()
    slotd.terminate()
    slotd.link.read_to(b"</stream:stream>")
    slotd.link.send("</stream:stream>")
    slotd.wait()
    assert any('reason="the service is stopping"' in line
               for line in slotd.lines)


def test_the_server_ends_the_stream(serve, server):
    """It is ended in kind, and the component comes again."""
    slotd = serve()
    slotd.link.send("</stream:stream>")
    assert slotd.link.read_end() == "</stream:stream>"
    slotd.wait_line('level=warn .*reason="closed by the server"')
    server.accept().open()


def test_the_server_says_why_and_is_gone(serve):
    """slotd reads it, though it cannot send its answers any more."""
    slotd = serve()
    slotd.process.send_signal(signal.SIGSTOP)
    slotd.link.send("".join(ping(n) for n in range(100)) + "<stream:error>"
                    f"<conflict xmlns='{ERRORS}'/></stream:error>")
    slotd.link.close()
    slotd.process.send_signal(signal.SIGCONT)
    slotd.wait_line('state=disconnected .*reason="conflict: another')


class Redis(fake.Fake):
    """Answers while `open` is set."""

    def __init__(self):
        self.open = threading.Event()
        self.open.set()
        self.came = threading.Semaphore(0)
        super().__init__()

    def answer(self, *words):
        self.came.release()
        self.open.wait(support.PATIENCE)
        return super().answer(*words)


@pytest.fixture
def counted(serve):
    """One that counts in a Redis, as .redis."""
    redis = Redis()
    slotd = serve(
        quota={"type": "redis", "port": redis.port, "timeout": 10000,
               "pool": 2},
        policy={"bytes_per_day": "1 GiB"})
    slotd.link.send(slot("first"))
    assert "type='result' id='first'" in slotd.link.read()
    slotd.redis = redis
    yield slotd
    redis.open.set()


def test_slots_that_wait_delay_nothing_else(counted):
    link = counted.link
    counted.redis.open.clear()
    link.send("".join(slot(n) for n in range(1003)))
    # Strangers fill no queue.
    link.send(slot("stranger", sender="a@example.org") + ping("ping"))
    now = [link.read() for _ in range(5)]
    assert [text for text in now if "<resource-constraint " in text
            and "type='wait'" in text] == now[:3]
    assert "<forbidden " in now[3]
    assert "type='result' id='ping'" in now[4]
    counted.redis.open.set()
    later = "".join(link.read() for _ in range(1000))
    assert sorted(map(int, re.findall(r"type='result' id='(\d+)'", later))
                  ) == list(range(1000))


def resident(slotd):
    """VmRSS in KiB."""
    with open(f"/proc/{slotd.process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])


@pytest.mark.skipif(support.SANITIZED,
                    reason="sanitizers take memory of their own")
@pytest.mark.skipif(os.sysconf("SC_PAGESIZE") != 4096,
                    reason="larger pages are touched for less")
def test_memory_while_a_thousand_slots_wait(counted):
    link = counted.link
    counted.redis.open.clear()
    before = resident(counted)
    link.send("".join(slot(n) for n in range(1000)) + ping("ping"))
    # The first answer: none of the slots has one.
    assert link.read().startswith("<iq type='result' id='ping'")
    assert resident(counted) - before < 4 * 1024
    counted.redis.open.set()
    later = "".join(link.read() for _ in range(1000))
    assert later.count("<iq type='result' ") == 1000


def test_what_waits_when_the_stream_ends(counted, server):
    counted.redis.open.clear()
    counted.link.send("".join(slot(n) for n in range(20)) + ping("ping"))
    assert "id='ping'" in counted.link.read()
    counted.link.close()
    counted.wait_line("state=disconnected")
    counted.redis.open.set()
    link = server.accept()
    link.open()
    support.wait_for("all of them", lambda: sum(
        "ended=early" in line for line in counted.lines) == 20)
    # Those that Redis had been asked for are taken back, the others were
    # never counted, and nobody gets the answers.
    def taken(what):
        return sum(what in str(words) for words in counted.redis.asked)
    granted = sum("ended=early" in line and "slot=" in line
                  for line in counted.lines)
    assert granted <= 2
    support.wait_for("what is taken back", lambda: taken("back") == granted)
    link.send(ping("next"))
    assert link.read().startswith("<iq type='result' id='next'")


def test_many_long_answers_to_a_server_that_does_not_read(tmp_path, start,
                                                          server):
    """They do not end the stream: a user can ask for them."""
    redis = Redis()
    slotd = start(configs.fs_config(
        tmp_path / "store", callers=None, components=[server.component()],
        quota={"type": "redis", "port": redis.port, "timeout": 10000,
               "on_error": "refuse"}, policy={"bytes_per_day": "1 GiB"}))
    redis.open.clear()
    with server.accept() as link:
        link.open()
        long = f"<request a='{4000 * chr(34)}' "
        link.send("".join(slot(n).replace("<request ", long)
                          for n in range(1000)))
        link.send(ping("ping"))
        assert "id='ping'" in link.read()
        redis.close()
        redis.open.set()
        support.wait_for("the answers", lambda: metric(
            slotd, 'slotd_component_stanzas_total{component='
            '"upload.localhost",kind="slot",result="error"}') > 990)
        # 24 MB, as each quotation mark takes six bytes.
        slotd.terminate()
        answers = link.read_end()
    assert answers.count("</iq>") == 1000
    assert answers.endswith("</stream:stream>")


def test_the_end_answers_what_waits(counted):
    counted.redis.open.clear()
    counted.link.send("".join(slot(n) for n in range(20)) + ping("ping"))
    assert "id='ping'" in counted.link.read()
    counted.terminate()
    counted.wait_line("msg=stopping")
    counted.redis.open.set()
    last = counted.link.read_to(b"</stream:stream>")
    assert last.count("type='result'") == 20
    counted.link.send("</stream:stream>")
    counted.wait()
