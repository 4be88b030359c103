"""The server's side of XEP-0114, in the hands of a test: it sends what it
wants, and sees each stanza that slotd sends.

    with Server() as server:
        slotd = start(config(folder, server.component()))
        with server.accept() as peer:
            peer.shake()
            peer.send(iq("1", "<ping xmlns='urn:xmpp:ping'/>"))
            assert peer.answer("1").get("type") == "result"
"""

import contextlib
import hashlib
import select
import socket
import time
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import quoteattr

import configs
import stanza
import support
import whole_tags

JID = "upload.example.org"
SECRET = "not-a-secret-of-a-component"
ID = "stream-id-1"
USER = "juliet@example.org/balcony"
ACCEPT = "jabber:component:accept"
STREAMS = "http://etherx.jabber.org/streams"
ERRORS = "{urn:ietf:params:xml:ns:xmpp-streams}"
HEADER = (f"<?xml version='1.0'?><stream:stream xmlns='{ACCEPT}' "
          f"xmlns:stream='{STREAMS}' id='{ID}' from='{JID}'>")
PING = "<ping xmlns='urn:xmpp:ping'/>"


def iq(number, payload, kind="get", to=JID, sender=USER, more=""):
    """None leaves an attribute out."""
    given = {"type": kind, "id": number, "to": to, "from": sender}
    return "<iq{}{}>{}</iq>".format("".join(
        f" {name}={quoteattr(value)}" for name, value in given.items()
        if value is not None), more, payload)


def slot(number, filename="cat.jpg", size=5, ns=stanza.NS0, **more):
    return iq(number, stanza.slot_request(filename, size, ns=ns), **more)


def error(condition):
    """A stream error, and the end."""
    return (f"<stream:error><{condition} xmlns='{ERRORS[1:-1]}'/>"
            "</stream:error></stream:stream>")


def config(folder, *components, **over):
    """Of a slotd on the embedded store, with these components alone."""
    return configs.fs_config(folder, callers=None, components=components,
                             **over)


class Peer:
    """One connection of slotd's."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(support.PATIENCE)
        self.reader = whole_tags.Reader()
        self.depth = 0
        self.header = None
        self.stanzas = []
        self.came = b""
        self.ended = False   # </stream:stream> came
        self.closed = False  # and the connection is no more

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def reset(self):
        """Ends it by RST."""
        self.sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    # --- sending ----------------------------------------------------------

    def send(self, text):
        """Also what is no XML; what comes meanwhile is read."""
        data = text if isinstance(text, bytes) else text.encode()
        end = time.monotonic() + support.PATIENCE
        while data:
            assert time.monotonic() < end, "slotd does not read"
            readable, writable, _ = select.select(
                [self.sock], [self.sock], [], support.PATIENCE)
            if readable:
                self._read()
            if writable and not self.closed:
                data = data[self.sock.send(data[:65536]):]

    def send_all_of(self, text):
        """As send, to one that may end the stream meanwhile."""
        with contextlib.suppress(ConnectionError, AssertionError):
            self.send(text)

    # --- reading ----------------------------------------------------------

    def _read(self):
        try:
            data = self.sock.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self.closed = True
            raise ConnectionError("slotd has closed the connection")
        self.came += data
        for event, element in self.reader.events(data):
            if event == "start":
                self.depth += 1
                if self.depth == 1:
                    self.header = element
                continue
            self.depth -= 1
            if self.depth == 1:
                self.header.remove(element)
                self.stanzas.append(element)
            if self.depth == 0:
                self.ended = True

    def wait(self, what, condition, patience=None):
        end = time.monotonic() + (patience or support.PATIENCE)
        while not (found := condition()):
            left = end - time.monotonic()
            assert left > 0, (what, self.came[-2000:])
            if select.select([self.sock], [], [], left)[0]:
                self._read()
        return found

    def next(self):
        """The next stanza."""
        self.wait("a stanza", lambda: self.stanzas)
        return self.stanzas.pop(0)

    def answer(self, number):
        """The one answer to this request; others are kept."""
        def found():
            return [s for s in self.stanzas if s.get("id") == number]
        self.wait("the answer " + number, found)
        answer, = found()
        self.stanzas.remove(answer)
        return answer

    def ask(self, text):
        """Sends an IQ; gives its answer."""
        self.send(text)
        return self.answer(ElementTree.fromstring(text).get("id"))

    def fence(self, number="fence"):
        """What was sent before was read: gives what came before this."""
        answer = self.ask(iq(number, PING))
        assert answer.get("type") == "result", stanza.show(answer)
        came, self.stanzas = self.stanzas, []
        return came

    def rest(self, patience=None):
        """Everything until slotd closes; gives the stanzas."""
        with contextlib.suppress(ConnectionError):
            self.wait("the end", lambda: False, patience)
        assert self.closed
        came, self.stanzas = self.stanzas, []
        return came

    def end(self):
        """The stream error with which slotd ends the stream, or None."""
        last = self.rest()[-1:]
        if not last or last[0].tag != f"{{{STREAMS}}}error":
            return None
        condition, = last[0]
        assert condition.tag.startswith(ERRORS), stanza.show(last[0])
        assert self.ended
        return condition.tag[len(ERRORS):]

    # --- the stream -------------------------------------------------------

    def head(self, header=HEADER, jid=JID):
        """slotd's header, and ours."""
        self.wait("the header", lambda: self.header is not None)
        assert self.header.tag == f"{{{STREAMS}}}stream"
        assert self.header.attrib == {"to": jid}
        assert f"xmlns='{ACCEPT}'".encode() in self.came
        self.send(header)

    def handshake(self, secret=SECRET):
        """slotd's handshake."""
        digest = hashlib.sha1((ID + secret).encode()).hexdigest()
        came = self.next()
        assert came.tag == f"{{{ACCEPT}}}handshake", stanza.show(came)
        assert came.text == digest

    def shake(self, secret=SECRET, jid=JID):
        """Up to an open stream."""
        self.head(jid=jid)
        self.handshake(secret)
        self.send("<handshake/>")
        return self


class Server:
    """A listening socket."""

    def __init__(self):
        self.sock = socket.create_server(
            ("127.0.0.1", configs.free_port()), backlog=8)
        self.port = self.sock.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def component(self, **over):
        return {"jid": JID, "port": self.port, "secret": SECRET, **over}

    def accept(self, patience=None):
        self.sock.settimeout(patience or support.PATIENCE)
        return Peer(self.sock.accept()[0])


class Silent:
    """A Redis that takes connections and answers nothing, until it ends all
    of them: then slots are granted without being counted."""

    def __init__(self, folder):
        self.path = str(folder / "silent.sock")
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(self.path)
        self.sock.listen(64)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()

    def release(self):
        """Whoever waits is reset, and nobody is let in any more."""
        self.sock.close()

    def quota(self):
        return {"type": "redis", "unix": self.path, "timeout": 10000}
