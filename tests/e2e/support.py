"""What the end-to-end tests share: a client, a signer, a running slotd."""

import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import secrets
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

from configs import (  # noqa: F401
    ACCESS_KEY, ACCESS_SECRET, KEEPERS, KEY_LINE, SECRET, free_port, fs_config,
    s3_config, write_config, write_key)

ROOT = pathlib.Path(__file__).resolve().parents[2]
SLOTD = os.path.abspath(os.environ.get("SLOTD", str(ROOT / "build/slotd")))
SANITIZED = os.environ.get("SLOTD_SAN") == "1"
# The bound of every wait, in seconds. Nothing passes because it was fast.
PATIENCE = int(os.environ.get("SLOTD_PATIENCE", 60 if SANITIZED else 20))

# code: (status, stanza error), from the contract's table.
CODES = {
    "bad-request": (400, ("bad-request", "modify")),
    "unauthorized": (401, None),
    "clock-skew": (401, None),
    "replayed": (401, None),
    "forbidden": (403, ("forbidden", "auth")),
    "slot-invalid": (403, None),
    "slot-expired": (403, None),
    "not-found": (404, None),
    "method-not-allowed": (405, None),
    "already-exists": (409, None),
    "gone": (410, None),
    "length-required": (411, None),
    "file-too-large": (413, ("not-acceptable", "modify")),
    "length-mismatch": (413, None),
    "body-too-large": (413, None),
    "unsupported-media-type": (415, None),
    "range-not-satisfiable": (416, None),
    "rate-limited": (429, ("resource-constraint", "wait")),
    "quota-exceeded": (429, ("resource-constraint", "wait")),
    "not-implemented": (501, None),
    "unavailable": (503, ("service-unavailable", "wait")),
    "insufficient-storage": (507, ("resource-constraint", "wait")),
}


def wait_for(what, condition, patience=None):
    """Polls until condition() is true and gives its value."""
    end = time.monotonic() + (patience or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "waited too long for " + what
        time.sleep(0.02)


def patiently(function, *args):
    """For go-sendxmpp, which gives up after 10 seconds: a busy machine may
    need them, so it is tried again."""
    for _ in range(2):
        try:
            return function(*args)
        except AssertionError:
            pass
    return function(*args)


def is_script():
    """Whether it starts the program of another Debian: tests/debian13.sh."""
    with open(SLOTD, "rb") as program:
        return program.read(4) != b"\x7fELF"


def run(*args, stdin=b"", env=None, program=SLOTD, patience=PATIENCE):
    """One run of slotd that is to end by itself."""
    return subprocess.run(
        [program, *map(str, args)], input=stdin, capture_output=True,
        timeout=patience, env=env)


# --- requests -------------------------------------------------------------


class Reply:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.headers.items()} {self.body[:500]!r}>"


class Connection(http.client.HTTPConnection):
    """To a (host, port) pair or to the path of a unix socket."""

    def __init__(self, address):
        self.unix = address if isinstance(address, str) else None
        host, port = ("localhost", 80) if self.unix else address
        super().__init__(host, port, timeout=PATIENCE)

    def connect(self):
        if not self.unix:
            return super().connect()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        return self.sock.connect(self.unix)

    def ask(self, method, target, body=None, headers=()):
        headers = list(getattr(headers, "items", lambda: headers)())
        self.putrequest(method, target, skip_accept_encoding=True)
        names = {name.lower() for name, _ in headers}
        if body is not None and not names & {
                "content-length", "transfer-encoding"}:
            headers.append(("Content-Length", str(len(body))))
        for name, value in headers:
            self.putheader(name, value)
        self.endheaders()
        if body:
            self.send(body)
        response = self.getresponse()
        return Reply(response, response.read())


def request(address, method, target, body=None, headers=()):
    connection = Connection(address)
    try:
        return connection.ask(method, target, body, headers)
    finally:
        connection.close()


def split_url(url):
    """The address and the raw target of a URL."""
    match = re.fullmatch(r"https?://(\[[^]]*\]|[^/:]*):(\d+)(/.*)", url)
    return (match[1].strip("[]"), int(match[2])), match[3]


def fetch(method, url, body=None, headers=()):
    address, target = split_url(url)
    return request(address, method, target, body, headers)


def chunked(body, size=4096):
    parts = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(
        b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"


def raw(address, data, patience=None):
    """Writes data, then reads until the other side closes."""
    with socket.create_connection(
            address, timeout=patience or PATIENCE) as sock:
        sock.sendall(data)
        answer = b""
        while True:
            piece = sock.recv(65536)
            if not piece:
                return answer
            answer += piece


def statuses(answer):
    """The status of every response in a stream of bytes."""
    return [int(s) for s in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


def signature(secret, caller, method, target, ts, nonce, body=b""):
    text = f"slotd-v1\n{caller}\n{method}\n{target}\n{ts}\n{nonce}\n"
    return hmac.new(
        secret.encode(), text.encode() + body, hashlib.sha256).hexdigest()


def authorization(method="POST", target="/slot", body=b"", *, caller="prosody",
                  secret=SECRET, ts=None, nonce=None):
    ts = int(time.time()) if ts is None else ts
    nonce = nonce or secrets.token_hex(8)
    sig = signature(secret, caller, method, target, ts, nonce, body)
    return f"Slot-HMAC-SHA256 id={caller}, ts={ts}, nonce={nonce}, sig={sig}"


def slot_body(**members):
    body = {"jid": "juliet@example.org", "filename": "cat.jpg", "size": 1234}
    body.update(members)
    return json.dumps({k: v for k, v in body.items() if v is not ...}).encode()


def assert_problem(reply, code):
    """That reply is the contract's answer for this code."""
    status, xmpp = CODES[code]
    assert reply.status == status, reply
    assert reply.headers["Content-Type"] == "application/problem+json", reply
    problem = reply.json
    assert problem["code"] == code, problem
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"] and problem["detail"]
    expected = {"condition": xmpp[0], "type": xmpp[1]} if xmpp else None
    assert problem.get("xmpp") == expected, problem
    if status == 401:
        challenge = reply.headers.get_all("WWW-Authenticate")
        assert challenge == ["Slot-HMAC-SHA256"]
    if status == 405:
        assert reply.headers["Allow"]
    if status == 503:
        assert int(reply.headers["Retry-After"]) >= 0
    return problem


# --- a running slotd ------------------------------------------------------


def program_of(config):
    """slotd, or the one that has the store of tests/memory_store, too."""
    storage = {} if isinstance(config, str) else config["storage"]
    return SLOTD + ("-memory" if storage.get("type") == "memory" else "")


class Slotd:
    """`slotd serve`, from its ready line to its exit status."""

    def __init__(self, folder, config):
        self.config = config
        self.path = write_config(folder, config)
        # Who starts it with a text knows its addresses.
        listen = {} if isinstance(config, str) else config["listen"]
        self.address = listen.get("unix") or (
            listen.get("address"), listen.get("port"))
        self.lines = []
        self.changed = threading.Condition()
        self.start()

    def spawn(self, command, **options):
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, **options)

    def start(self):
        self.ended = False
        self.process = self.spawn([
            program_of(self.config), "serve", "-c", str(self.path)])
        self.reader = threading.Thread(target=self._read, daemon=True)
        seen = len(self.lines)
        self.reader.start()
        try:
            self.wait_line("", seen)
            assert self.process.poll() is None, self.lines
        except BaseException:
            self.process.kill()
            self.process.wait()
            self.process = None
            raise

    def _read(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_line(self, pattern, after=0):
        """The first line of stderr from number `after` on that matches."""
        def find():
            return next((n for n in range(after, len(self.lines))
                         if re.search(pattern, self.lines[n])), None)
        with self.changed:
            self.changed.wait_for(
                lambda: find() is not None or self.ended, PATIENCE)
            number = find()
            assert number is not None, (pattern, self.lines[after:])
            return self.lines[number]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join(PATIENCE)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, statuses=(0,)):
        """Waits for the end, which is to be a clean one; 1: work was cut."""
        status = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process = None
        text = "\n".join(self.lines)
        assert "Sanitizer" not in text, text
        assert "runtime error:" not in text, text
        assert status in statuses, (status, self.lines[-20:])

    def stop(self, statuses=(0,)):
        """By SIGTERM; by SIGKILL when that does not help."""
        if self.process is None:
            return
        process = self.process
        try:
            self.terminate()
            self.wait(statuses)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def ask(self, method, target, body=None, headers=()):
        return request(self.address, method, target, body, headers)

    def post(self, body, headers=None, target="/slot", **auth):
        """A signed POST /slot."""
        if headers is None:
            headers = [("Content-Type", "application/json")]
        line = authorization("POST", target, body, **auth)
        return self.ask(
            "POST", target, body, [("Authorization", line), *headers])

    def slot(self, caller=None, **members):
        """The answer to a request that is to succeed."""
        auth = {}
        if caller:
            auth = {"caller": caller, "secret": SECRET + "-" + caller}
        reply = self.post(slot_body(**members), **auth)
        assert reply.status == 200, reply
        return reply.json

    def healthy(self):
        return self.ask("GET", "/healthz").status == 200


def key_of(url, base):
    """The decoded object key of a URL below base."""
    assert url.startswith(base + "/"), url
    path = url[len(base) + 1:].split("?")[0]
    return urllib.parse.unquote(path, errors="strict")
