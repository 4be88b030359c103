"""A slotd that plays faults.

    with Stub() as stub:                    # .url, .requests
        stub.then(problem(413, "file-too-large", max_file_size=10))
        stub.then(CLOSE, slot())            # the first, then the second
        event = stub.hold()                 # the next waits for event.set()

Every request to /slot takes the next answer of the script; when there is
none, it gets `stub.otherwise`, a slot. Requests to /limits get `stub.limits`
and are kept apart, in `stub.asked_limits`; those to /files take the next of
`stub.then_erase()`, else 202, and are in `stub.erasures`. Whose HMAC is not the contract's,
or whose nonce was seen before, gets a 401 in any case and takes nothing.
"""

import collections
import http.client
import http.server
import io
import json
import re
import socket
import ssl
import struct
import threading
import time
import urllib.parse

import support

CALLER = "prosody"
PUT = "https://put.example.org/aB3/cat.jpg?X-Amz-Signature=00ff&x=a%2Fb"
GET = "https://get.example.org/aB3/cat.jpg"

Answer = collections.namedtuple("Answer", "status headers body")
# No answer: the connection is closed once the request was read.
CLOSE = object()


def answer(status, body=b"", headers=(), content_type="application/json"):
    """Any answer; a body that is no bytes is made JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return Answer(
        status, [("Content-Type", content_type), *headers], body)


def slot(put=PUT, get=GET, headers=None, **more):
    return answer(200, {"get": get, "put": put, "headers": headers or {},
                        "expires": "2030-01-01T00:00:00Z", **more})


def problem(status, code, condition=None, kind=None, headers=(), **more):
    """An error as the contract has it; with a condition, its stanza's."""
    body = {"type": "about:blank", "title": code, "status": status,
            "code": code, "detail": f"What the stub says: {code}.", **more}
    if condition:
        body["xmpp"] = {"condition": condition, "type": kind}
    return answer(status, body, headers, "application/problem+json")


ERASED = answer(202, b"")


def too_large(size):
    return problem(413, "file-too-large", "not-acceptable", "modify",
                   max_file_size=size)


def quota(stamp="2030-01-02T03:04:05Z"):
    return problem(
        429, "quota-exceeded", "resource-constraint", "wait",
        [("Retry-After", "60")], retry_at=stamp)


class Reset(bytes):
    """Raw bytes, and then the connection is reset."""

    LINGER = struct.pack("ii", 1, 0)


class Request:
    """As it was received: method, raw target, header pairs, raw body."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.when = time.monotonic()

    def header(self, name):
        """The header's value; None without it. Twice is a fault."""
        found = [v for n, v in self.headers if n.lower() == name.lower()]
        assert len(found) < 2, self.headers
        return found[0] if found else None

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def signed(self):
        """What Authorization says, as a dict; empty when it is another."""
        scheme, _, rest = (self.header("Authorization") or "").partition(" ")
        if scheme.lower() != "slot-hmac-sha256":
            return {}
        return dict(re.findall(r'(\w+)="?([^",\s]*)"?', rest))

    @property
    def nonce(self):
        return self.signed.get("nonce")

    def is_signed_by(self, caller, secret):
        """By the contract's formula, and not long ago."""
        given = self.signed
        return (
            {"id", "ts", "nonce", "sig"} <= set(given)
            and given["id"] == caller
            and re.fullmatch("[1-9][0-9]{0,11}", given["ts"]) is not None
            and abs(int(given["ts"]) - time.time()) < 300
            and re.fullmatch("[A-Za-z0-9_-]{8,64}", given["nonce"]) is not None
            and given["sig"] == support.signature(
                secret, caller, self.method, self.target, given["ts"],
                given["nonce"], self.body))

    def __repr__(self):
        return f"<{self.method} {self.target} {self.headers} {self.body!r}>"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = support.PATIENCE

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (OSError, http.client.HTTPException):
            self.close_connection = True

    def serve(self):
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length)) if length else b""
        # Not self.path: that is tidied up.
        request = Request(self.command, self.requestline.split(" ")[1],
                          self.headers.items(), body)
        given = self.server.choose(request)
        if given is CLOSE:
            self.close_connection = True
        elif isinstance(given, bytes):
            self.wfile.write(given)
            self.close_connection = True
            if isinstance(given, Reset):
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, Reset.LINGER)
        else:
            self.write(given)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = serve

    def write(self, given):
        head = io.StringIO()
        head.write(f"HTTP/1.1 {given.status} Scripted\r\n")
        for name, value in given.headers:
            head.write(f"{name}: {value}\r\n")
        names = {name.lower() for name, _ in given.headers}
        if "content-length" not in names:
            head.write(f"Content-Length: {len(given.body)}\r\n")
        head.write("\r\n")
        self.wfile.write(head.getvalue().encode("latin-1") + given.body)

    def log_message(self, *_):
        pass


class Crowd:
    def __init__(self, stub):
        self.stub = stub
        self.given = stub.otherwise
        self.open = threading.Event()
        self.now = self.most = 0

    def wait(self, _):
        with self.stub.changed:
            self.now += 1
            self.most = max(self.most, self.now)
            self.stub.changed.notify_all()
        self.open.wait(3 * support.PATIENCE)
        with self.stub.changed:
            self.now -= 1
        return self.given

    def wait_for(self, count):
        with self.stub.changed:
            assert self.stub.changed.wait_for(
                lambda: self.now >= count, support.PATIENCE), self.now


class Stub:
    """tls: paths of a certificate and its key. secret=None: no HMAC is
    asked for. listening=False: until listen(), connections are refused."""

    def __init__(self, *, tls=None, caller=CALLER, secret=support.SECRET,
                 listening=True):
        self.caller, self.secret = caller, secret
        self.requests = []
        self.asked_limits = []
        self.erasures = []
        self.refused = []
        self.otherwise = slot()
        self.limits = answer(200, {
            "max_size": 1073741824, "put_ttl": 600, "allow_types": []})
        self.script = collections.deque()
        self.erase_script = collections.deque()
        self.changed = threading.Condition()
        self.nonces = set()
        self.events = []
        self.connections = set()
        self.threads = []
        self.ending = False
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
        # Bound but not listening is what refuses, and keeps the port: one
        # that was named, as one that the kernel chose is given back.
        self.door = socket.socket()
        self.door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port = support.free_port()
        self.door.bind(("127.0.0.1", self.port))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.is_listening = False
        if listening:
            self.listen()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- what the test says -----------------------------------------------

    def then(self, *answers):
        """Adds to the script: an Answer, CLOSE, raw bytes (sent as they
        are, then closed), or a function of the request that gives one."""
        with self.changed:
            self.script.extend(answers)

    def then_erase(self, *answers):
        """The same for /files."""
        with self.changed:
            self.erase_script.extend(answers)

    def hold(self, given=None):
        """Adds an answer that waits for the event that this gives."""
        event = threading.Event()
        self.events.append(event)

        def wait(_):
            event.wait(3 * support.PATIENCE)
            return self.otherwise if given is None else given
        self.then(wait)
        return event

    def crowd(self):
        """From here on every answer waits until `.open` is set; `.now` and
        `.most` are how many wait, and how many ever did."""
        crowd = Crowd(self)
        self.events.append(crowd.open)
        self.otherwise = crowd.wait
        return crowd

    def wait_requests(self, count, patience=None):
        """Until so many have come to /slot; gives them all."""
        return self._wait(self.requests, count, patience)

    def wait_limits(self, count=1):
        """The same for /limits."""
        return self._wait(self.asked_limits, count)

    def wait_erasures(self, count):
        """Until so many have come to /files; gives their JIDs."""
        return [urllib.parse.unquote(r.target.partition("/files?jid=")[2])
                for r in self._wait(self.erasures, count,
                                    3 * support.PATIENCE)]

    def _wait(self, came, count, patience=None):
        with self.changed:
            self.changed.wait_for(lambda: len(came) >= count,
                                  patience or support.PATIENCE)
            assert len(came) >= count, came
            return list(came)

    def listen(self):
        """Takes connections, as at the start."""
        assert not self.is_listening
        self.door.listen(1024)
        self.is_listening = True
        self._spawn(self._accept)

    def refuse(self):
        """From here on connections are refused; open ones are ended."""
        self.is_listening = False
        self.door.shutdown(socket.SHUT_RDWR)
        self.drop()

    def drop(self):
        """Ends all open connections, idle ones as well."""
        with self.changed:
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.ending = True
        for event in self.events:
            event.set()
        if self.is_listening:
            self.refuse()
        self.drop()
        for thread in list(self.threads):
            thread.join(support.PATIENCE)
        self.door.close()

    # --- what the handler asks --------------------------------------------

    def choose(self, request):
        with self.changed:
            if self.secret is not None:
                fault = self._fault(request)
                if fault:
                    self.refused.append(request)
                    return problem(401, fault, headers=[
                        ("WWW-Authenticate", "Slot-HMAC-SHA256")])
            path = request.target.partition("?")[0]
            limits, files = path.endswith("/limits"), path.endswith("/files")
            (self.asked_limits if limits else
             self.erasures if files else self.requests).append(request)
            self.changed.notify_all()
            if limits:
                given = self.limits
            elif files:
                given = (self.erase_script.popleft() if self.erase_script
                         else ERASED)
            else:
                given = (self.script.popleft() if self.script
                         else self.otherwise)
        return given(request) if callable(given) else given

    def _fault(self, request):
        if not request.is_signed_by(self.caller, self.secret):
            return "unauthorized"
        if request.nonce in self.nonces:
            return "replayed"
        self.nonces.add(request.nonce)
        return None

    # --- connections ------------------------------------------------------

    def _spawn(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        self.threads = [t for t in self.threads if t.is_alive()]
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        while self.is_listening:
            try:
                connection, address = self.door.accept()
            except OSError:
                return
            with self.changed:
                self.connections.add(connection)
            self._spawn(self._serve, connection, address)

    def _serve(self, connection, address):
        plain = connection
        try:
            connection.settimeout(support.PATIENCE)
            if self.context:
                connection = self.context.wrap_socket(
                    connection.dup(), server_side=True)
            Handler(connection, address, self)
        except OSError:
            pass
        finally:
            with self.changed:
                self.connections.discard(plain)
            for end in {plain, connection}:
                try:
                    # A shutdown would end it in order.
                    if end.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      8) != Reset.LINGER:
                        end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()
