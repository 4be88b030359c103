"""A small XMPP client that shows every stanza as it came.

    with Client(server.port, "alice@localhost", "secret") as alice:
        answer = alice.iq("get", "upload.localhost",
                          slot_request("cat.jpg", 1234))
        slot = parse_slot(answer)

No thread: whoever sends or waits also reads, so that neither side waits for
the other when many requests are under way. Every wait is bounded.
"""

import base64
import collections
import hashlib
import select
import socket
import ssl
import time
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape, quoteattr

import support
import whole_tags

NS0 = "urn:xmpp:http:upload:0"
NS_OLD = "urn:xmpp:http:upload"
PURPOSE = "urn:xmpp:http:upload:purpose:0"
STREAMS = "{http://etherx.jabber.org/streams}"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
DISCO = "http://jabber.org/protocol/disco#info"
FORMS = "{jabber:x:data}"

Slot = collections.namedtuple("Slot", "put get headers")
Error = collections.namedtuple(
    "Error", "condition type text max_file_size retry")
Disco = collections.namedtuple("Disco", "identities features forms")


class Client:
    """One logged-in connection; `sent` and `came` tell an id's times."""

    NS = "jabber:client"

    def __init__(self, port, jid, password, resource="test"):
        self.user, _, self.domain = jid.partition("@")
        self.password = password
        self.number = 0
        self.sent = {}
        self.came = {}
        self.answers = collections.OrderedDict()
        self.messages = collections.deque()
        self.stanzas = collections.deque()
        self.outgoing = b""
        self.ended = False
        self.sock = socket.create_connection(
            ("127.0.0.1", port), support.PATIENCE)
        try:
            self._log_in(resource)
        except BaseException:
            self.sock.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.sock.setblocking(False)
            self.sock.send(b"</stream:stream>")
        except (OSError, ValueError):
            pass
        self.sock.close()

    # --- logging in -------------------------------------------------------

    def _log_in(self, resource):
        features = self._open_stream()
        mechanisms = [e.text for e in features.iter(f"{{{SASL}}}mechanism")]
        starttls = features.find(f"{{{TLS}}}starttls")
        if starttls is not None and (
                "PLAIN" not in mechanisms
                or starttls.find(f"{{{TLS}}}required") is not None):
            self._start_tls()
            features = self._open_stream()
        plain = f"\0{self.user}\0{self.password}".encode()
        self.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'>"
                  f"{base64.b64encode(plain).decode()}</auth>")
        answer = self._next()
        assert answer.tag == f"{{{SASL}}}success", show(answer)
        features = self._open_stream()
        bound = self.iq("set", None, f"<bind xmlns='{BIND}'><resource>"
                        f"{escape(resource)}</resource></bind>")
        self.jid = bound.find(f".//{{{BIND}}}jid").text
        self.send("<presence/>")

    def _open_stream(self):
        """A new stream; gives its features."""
        self._send_header(self.domain)
        features = self._next()
        assert features.tag == STREAMS + "features", show(features)
        return features

    def _send_header(self, to):
        self.reader = whole_tags.Reader()
        self.depth = 0
        self.root = None
        self.send(
            "<?xml version='1.0'?><stream:stream version='1.0' "
            f"to={quoteattr(to)} xmlns='{self.NS}' "
            "xmlns:stream='http://etherx.jabber.org/streams'>")

    def _start_tls(self):
        self.send(f"<starttls xmlns='{TLS}'/>")
        answer = self._next()
        assert answer.tag == f"{{{TLS}}}proceed", show(answer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock.settimeout(support.PATIENCE)
        self.sock = context.wrap_socket(self.sock)

    # --- bytes ------------------------------------------------------------

    def send(self, text):
        """Any XML; what comes meanwhile is read and kept."""
        if len(text) > 1000:
            # From 2.6 on, and in Debian 12's updates, expat looks at what
            # was unfinished only once as much has come again.
            text += " " * len(text)
        self.outgoing += text.encode()
        end = time.monotonic() + support.PATIENCE
        self._pump(0)
        while self.outgoing:
            assert time.monotonic() < end, "the server does not read"
            self._pump(0.1)

    def _pump(self, wait):
        """Writes and reads what is possible; waits for it a moment."""
        self.sock.setblocking(False)
        pending = isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()
        readable, writable, _ = select.select(
            [self.sock], [self.sock] if self.outgoing else [], [],
            0 if pending else wait)
        if writable:
            try:
                count = self.sock.send(self.outgoing[:65536])
                self.outgoing = self.outgoing[count:]
            except (BlockingIOError, ssl.SSLWantReadError,
                    ssl.SSLWantWriteError):
                pass
        if readable or pending:
            self._read()

    def _read(self):
        try:
            data = self.sock.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError,
                ssl.SSLWantWriteError):
            return
        now = time.monotonic()
        if not data:
            self.ended = True
            raise ConnectionError("the server ended the connection")
        for event, element in self.reader.events(data):
            if event == "start":
                self.depth += 1
                if self.depth == 1:
                    self.root = element
            else:
                self.depth -= 1
                if self.depth == 1:
                    self.root.remove(element)
                    self._sort(element, now)

    def _sort(self, element, now):
        kind, jabber = element.get("type"), f"{{{self.NS}}}"
        if element.tag == jabber + "iq" and kind in ("result", "error"):
            number = element.get("id")
            assert number in self.sent, show(element)
            assert number not in self.came, "twice: " + show(element)
            self.came[number] = now
            self.answers[number] = element
        elif element.tag == jabber + "message":
            self.messages.append(element)
        elif element.tag not in (jabber + "iq", jabber + "presence"):
            self.stanzas.append(element)

    def _wait(self, what, condition, patience=None):
        end = time.monotonic() + (patience or support.PATIENCE)
        while not condition():
            assert not self.stanzas or self.stanzas[0].tag != (
                STREAMS + "error"), show(self.stanzas[0])
            left = end - time.monotonic()
            assert left > 0, "waited too long for " + what
            self._pump(left)

    def _next(self):
        """The next that is no stanza: features, success, …"""
        self._wait("the server", lambda: self.stanzas)
        return self.stanzas.popleft()

    # --- stanzas ----------------------------------------------------------

    def send_iq(self, kind, to, payload, sender=None):
        """Sends a request and gives its id; the answer comes later."""
        self.number += 1
        number = f"q{self.number}"
        to = f" to={quoteattr(to)}" if to else ""
        if sender:
            to += f" from={quoteattr(sender)}"
        self.sent[number] = time.monotonic()
        self.send(f"<iq type='{kind}' id='{number}'{to}>{payload}</iq>")
        return number

    def read_iq(self, number=None, patience=None):
        """The answer to this request, or the first that came."""
        def is_there():
            return number in self.answers if number else self.answers
        self._wait("the answer " + (number or ""), is_there, patience)
        return self.answers.pop(number or next(iter(self.answers)))

    def iq(self, kind, to, payload, patience=None):
        return self.read_iq(self.send_iq(kind, to, payload), patience)

    def took(self, number):
        """Seconds between a request and its answer."""
        return self.came[number] - self.sent[number]

    def message(self, to, text):
        self.send(f"<message type='chat' to={quoteattr(to)}>"
                  f"<body>{escape(text)}</body></message>")

    def read_message(self, patience=None):
        """The text of the next message that has one."""
        while True:
            self._wait("a message", lambda: self.messages, patience)
            body = self.messages.popleft().find(f"{{{self.NS}}}body")
            if body is not None:
                return body.text


class Component(Client):
    """An external component (XEP-0114): a gateway, or any other domain whose
    stanzas the server takes; send_iq's sender says whose it is."""

    NS = "jabber:component:accept"

    def __init__(self, port, domain, secret):
        super().__init__(port, "@" + domain, secret)

    def _log_in(self, _):
        self._send_header(self.domain)
        self._wait("the stream", lambda: self.root is not None)
        text = self.root.get("id") + self.password
        digest = hashlib.sha1(text.encode()).hexdigest()
        self.send(f"<handshake>{digest}</handshake>")
        answer = self._next()
        assert answer.tag == f"{{{self.NS}}}handshake", show(answer)

    def send_iq(self, kind, to, payload, sender=None):
        return super().send_iq(kind, to, payload, sender or self.domain)


def show(element):
    return ElementTree.tostring(element, "unicode")


# --- slots ----------------------------------------------------------------


def slot_request(filename, size, content_type=None, ns=NS0, purpose=""):
    """The payload of a request, in the words of either namespace; purpose is
    the XML of its element."""
    if ns == NS_OLD:
        kind = content_type and (
            f"<content-type>{escape(content_type)}</content-type>")
        return (f"<request xmlns='{ns}'><filename>{escape(filename)}"
                f"</filename><size>{size}</size>{kind or ''}{purpose}"
                "</request>")
    kind = content_type and " content-type=" + quoteattr(content_type)
    return (f"<request xmlns='{ns}' filename={quoteattr(filename)} "
            f"size='{size}'{kind or ''}>{purpose}</request>")


def purpose(name, before=None):
    """A purpose of XEP-0363 1.2, in XML."""
    before = f" expire-before={quoteattr(before)}" if before else ""
    return f"<{name} xmlns='{PURPOSE}'{before}/>"


def parse_slot(iq):
    """The slot in an answer, of either namespace."""
    assert iq.get("type") == "result", show(iq)
    assert len(iq) == 1, show(iq)
    slot = iq[0]
    ns = slot.tag[1:].partition("}")[0]
    assert slot.tag == f"{{{ns}}}slot" and ns in (NS0, NS_OLD), show(iq)
    put, get = slot.find(f"{{{ns}}}put"), slot.find(f"{{{ns}}}get")
    assert put is not None and get is not None and len(slot) == 2, show(iq)
    if ns == NS_OLD:
        assert not put.attrib and not get.attrib and len(put) == 0, show(iq)
        return Slot(put.text, get.text, {})
    headers = {}
    for header in put:
        assert header.tag == f"{{{ns}}}header", show(iq)
        assert header.get("name") not in headers, show(iq)
        headers[header.get("name")] = header.text or ""
    return Slot(put.get("url"), get.get("url"), headers)


def parse_error(iq):
    """The stanza error in an answer; what is not there is None."""
    assert iq.get("type") == "error", show(iq)
    error = iq.find(iq.tag.removesuffix("iq") + "error")
    conditions = [e.tag[len(STANZAS):] for e in error
                  if e.tag.startswith(STANZAS) and e.tag != STANZAS + "text"]
    assert len(conditions) == 1, show(iq)
    text = error.find(STANZAS + "text")
    size = retry = None
    for ns in (NS0, NS_OLD):
        found = error.find(f"{{{ns}}}file-too-large/{{{ns}}}max-file-size")
        size = size if found is None else int(found.text)
        found = error.find(f"{{{ns}}}retry")
        retry = retry if found is None else found.get("stamp")
    return Error(conditions[0], error.get("type"),
                 None if text is None else text.text, size, retry)


def disco_info(client, to):
    """What `to` says that it is: category/type pairs with their names,
    features, and forms as {FORM_TYPE: {field: value}}."""
    answer = client.iq("get", to, f"<query xmlns='{DISCO}'/>")
    assert answer.get("type") == "result", show(answer)
    query = answer.find(f"{{{DISCO}}}query")
    forms = {}
    for form in query.iter(FORMS + "x"):
        fields = {field.get("var"): field.findtext(FORMS + "value")
                  for field in form.iter(FORMS + "field")}
        forms[fields.pop("FORM_TYPE", None)] = fields
    return Disco(
        {(e.get("category"), e.get("type")): e.get("name")
         for e in query.iter(f"{{{DISCO}}}identity")},
        {e.get("var") for e in query.iter(f"{{{DISCO}}}feature")}, forms)


def wait_size(client, to, size):
    """Until `to` advertises this size for both namespaces: its server has to
    read slotd's answer first. Gives what disco_info gives."""
    def found():
        info = disco_info(client, to)
        return all(info.forms.get(ns) == {"max-file-size": str(size)}
                   for ns in (NS0, NS_OLD)) and info
    return support.wait_for(f"the size {size}", found)
