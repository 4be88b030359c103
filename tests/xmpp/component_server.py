"""An XMPP server's side of XEP-0114, for what a real one does not do.

    with Server() as server:
        link = server.accept()          # the component's next connection
        link.open()                     # header and handshake
        link.send("<iq …/>")
        link.read("iq")                 # the next stanza, as bytes
"""

import hashlib
import re
import socket

import support

SECRET = "not-a-secret-of-a-component"
DOMAIN = "upload.localhost"
HEADER = (
    "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
    "xmlns:stream='http://etherx.jabber.org/streams' id='{}' from='{}'>")


def iq(number, payload, kind="get", sender="a@localhost/x", to=DOMAIN):
    return (f"<iq type='{kind}' id='{number}' from='{sender}' to='{to}'>"
            f"{payload}</iq>")


def ping(number, **over):
    return iq(number, "<ping xmlns='urn:xmpp:ping'/>", **over)


def slot(number, name="cat.jpg", size=5, **over):
    return iq(number, "<request xmlns='urn:xmpp:http:upload:0' "
              f"filename='{name}' size='{size}'/>", **over)


class Link:
    """One connection of the component's."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(support.PATIENCE)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, text):
        self.sock.sendall(text.encode() if isinstance(text, str) else text)

    def read_to(self, pattern):
        """What came, up to the end of what matches."""
        while not (found := re.search(pattern, self.data, re.S)):
            piece = self.sock.recv(65536)
            if not piece:
                raise EOFError(self.data)
            self.data += piece
        before, self.data = (
            self.data[:found.end()], self.data[found.end():])
        return before.decode()

    def read(self, name="iq"):
        """Up to the end of the next such element."""
        return self.read_to(rf"<{name}( [^>]*)?/>|</{name}>".encode())

    def read_end(self):
        """What came until the component closed."""
        pieces = [self.data]
        while piece := self.sock.recv(65536):
            pieces.append(piece)
        self.data = b"".join(pieces)
        return self.data.decode()

    def open(self, secret=SECRET, stream_id="3BF96D32"):
        """Header and handshake; gives the component's header."""
        header = self.read_to(rb"<stream:stream [^>]*>")
        self.send(HEADER.format(stream_id, DOMAIN))
        digest = hashlib.sha1((stream_id + secret).encode()).hexdigest()
        assert self.read("handshake") == f"<handshake>{digest}</handshake>"
        self.send("<handshake/>")
        return header


class Server:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(support.PATIENCE)
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        return Link(self.listener.accept()[0])

    def component(self, **over):
        """As slotd's configuration has it."""
        return {"jid": DOMAIN, "port": self.port, "secret": SECRET, **over}
