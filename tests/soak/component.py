"""slotd as a component, and a user who asks it again and again."""

import time

import support
import worker
import xmpp_server
from clients import CUT, Journal


class Component(worker.Worker):
    """An XMPP server that has slotd as a component, and a user of it."""

    def __init__(self, port, sky):
        super().__init__()
        self.port = port
        self.sky = sky
        self.journal = Journal(sky)
        self.number = 0

    def run(self):
        with support.socket.create_server(
                ("127.0.0.1", self.port)) as self.sock:
            self.sock.settimeout(0.5)
            while not self.told():
                try:
                    peer = xmpp_server.Peer(self.sock.accept()[0])
                except TimeoutError:
                    continue
                with peer:
                    self.talk(peer)

    def talk(self, peer):
        kind = "iq stream"
        begin, weathers = time.monotonic(), self.sky.weathers
        try:
            peer.shake()
            while not self.told():
                kind = "iq slot"
                begin, weathers = time.monotonic(), self.sky.weathers
                self.number += 1
                answer = peer.ask(xmpp_server.slot(
                    str(self.number), sender="u1@example.org/x"))
                self.journal.note(kind, answer.get("type"), begin, weathers,
                                  ("result",), peer.came[-600:])
                peer.came = b""
                time.sleep(0.1)
        except (OSError, AssertionError) as fault:
            self.journal.note(kind, CUT, begin, weathers, (), repr(fault))

    def report(self):
        return self.journal.take()
