"""Clients: they ask for everything that slotd does, note what they got and
what they did not expect, and keep what they were promised."""

import collections
import datetime
import hashlib
import http.client
import math
import multiprocessing
import random
import secrets
import time
import urllib.parse

import dialects
import support
import worker
from stage import BUCKET, EPHEMERAL, FS, MEAGRE, RELAY
from upload import Upload

# What a request came to without a status.
REFUSED, CUT, LATE, WRONG = "refused", "cut off", "late", "wrong"
KEPT = 40           # promises that a client goes on with
STEP = math.log(1.1)
JSON = ("Content-Type", "application/json")


class Sky:
    """What all clients see: which weathers there are, and how far slotd's
    clock is ahead."""

    def __init__(self):
        self.numbers = multiprocessing.RawArray("q", 2)

    @property
    def weathers(self):
        return self.numbers[0]

    @weathers.setter
    def weathers(self, bits):
        self.numbers[0] = bits

    @property
    def ahead(self):
        return self.numbers[1]

    @ahead.setter
    def ahead(self, seconds):
        self.numbers[1] = seconds


class Failed(Exception):
    """It is noted; the journey is over."""


Promise = collections.namedtuple("Promise", "target digest size")
# Of a request that was not answered as expected.
Surprise = collections.namedtuple("Surprise", "kind outcome begin end detail")


def bucket_of(seconds):
    return int(math.log(max(seconds * 1e6, 1)) / STEP)


class Journal:
    """What requests came to: counts and times by weather; surprises."""

    def __init__(self, sky):
        self.sky = sky
        self.counts = collections.Counter()     # by (kind, outcome)
        self.times = collections.defaultdict(collections.Counter)
        self.surprises = []

    def note(self, kind, outcome, begin, weathers, expected, detail=""):
        end = time.monotonic()
        self.counts[kind, outcome] += 1
        if outcome not in expected:
            self.surprises.append(Surprise(
                kind, outcome, begin, end, str(detail)[:600]))
        elif weathers == self.sky.weathers:
            self.times[kind, weathers][bucket_of(end - begin)] += 1

    def take(self):
        """What there is since the last time."""
        taken = self.counts, dict(self.times), self.surprises
        self.__init__(self.sky)
        return taken


def outcome_of(fault):
    if isinstance(fault, ConnectionRefusedError):
        return REFUSED
    return LATE if isinstance(fault, TimeoutError) else CUT


class Client(worker.Worker):
    def __init__(self, number, seed, address, sky, rate):
        super().__init__()
        self.name = f"client {number}"
        self.dice = random.Random(f"{seed} {number}")
        self.address = address
        self.sky = sky
        self.pause = 1 / rate
        self.journal = Journal(sky)
        self.connection = None
        self.used = 0           # when it last was
        self.promises = []
        self.ending = []        # (target, end)
        self.relayed = {}       # key: digest
        self.journeys = [
            (12, self.embedded), (30, self.read), (12, self.bucket),
            (6, self.relay), (12, self.dialect), (4, self.ejabberd),
            (4, self.ephemeral), (3, self.late), (6, self.quota),
            (8, self.refused), (3, self.broken_off), (6, self.look)]

    def __repr__(self):
        return self.name

    # --- what it is told --------------------------------------------------

    def run(self):
        weights, journeys = zip(*self.journeys)
        while not self.told():
            began = time.monotonic()
            try:
                self.dice.choices(journeys, weights)[0]()
            except Failed:
                self.hang_up()
            time.sleep(max(0, began + self.pause - time.monotonic()))
        self.hang_up()

    def report(self):
        return self.journal.take()

    def audit(self):
        """Reads everything that it was promised. Gives how many files these
        were, and links that it will not ask for again."""
        count = len(self.promises)
        for promise in self.promises:
            try:
                self.whole("audit", promise)
            except Failed:
                self.hang_up()
        self.hang_up()
        self.dice.shuffle(self.promises)
        gone, self.promises = self.promises[KEPT:], self.promises[:KEPT]
        return count, [promise.target for promise in gone]

    def promised_to_the_store(self):
        return self.relayed

    # --- requests ---------------------------------------------------------

    def hang_up(self):
        if self.connection:
            self.connection.close()
            self.connection, self.used = None, 0

    def ask(self, kind, method, target, body=None, headers=(),
            expected=(200,)):
        begin, weathers = time.monotonic(), self.sky.weathers
        try:
            if not self.connection:
                self.connection = support.Connection(self.address)
            reply = self.connection.ask(method, target, body, headers)
        except (OSError, http.client.HTTPException) as fault:
            # One that was kept may have been cut off since then.
            self.journal.note(
                kind, outcome_of(fault), self.used or begin, weathers,
                expected, f"{method} {target} {fault!r}")
            self.hang_up()
            raise Failed from None
        self.used = time.monotonic()
        self.journal.note(kind, reply.status, begin, weathers, expected,
                          f"{method} {target} {reply}")
        if reply.status not in expected:
            raise Failed
        return reply

    def wrong(self, kind, detail):
        self.journal.note(kind, WRONG, time.monotonic(), 0, (), detail)
        raise Failed

    def now(self):
        return int(time.time()) + self.sky.ahead

    def signed(self, kind, method, target, body=None, headers=(),
               expected=(200,), **auth):
        line = support.authorization(
            method, target, body or b"", ts=self.now(), **auth)
        return self.ask(kind, method, target, body, [
            ("Authorization", line), *headers], expected)

    def slot(self, kind, domain, size, expected=(200,), **members):
        body = support.slot_body(
            jid=f"u{self.dice.randrange(50)}@{domain}/balcony",
            filename=self.dice.choice(["cat.jpg", "très cool.png", "a.txt"]),
            size=size, **members)
        return self.signed(kind, "POST", "/slot", body, [JSON], expected)

    def data(self):
        size = self.dice.choice([0, 1, 300, 5000, 5000, 20000, 20000, 300000])
        return self.dice.randbytes(size + self.dice.randrange(100))

    def put(self, kind, slot, data):
        """The target of the file that is promised then."""
        target = support.split_url(slot["put"])[1]
        self.ask(kind, "PUT", target, data, slot["headers"], (201,))
        return support.split_url(slot["get"])[1]

    def promise(self, target, data):
        promise = Promise(
            target, hashlib.sha256(data).hexdigest(), len(data))
        self.promises.append(promise)
        return promise

    def whole(self, kind, promise):
        reply = self.ask(kind, "GET", promise.target)
        if hashlib.sha256(reply.body).hexdigest() != promise.digest:
            self.wrong(kind, promise)
        return reply

    # --- journeys ---------------------------------------------------------

    def embedded(self):
        data = self.data()
        slot = self.slot("slot", FS, len(data)).json
        self.whole("get", self.promise(self.put("put", slot, data), data))

    def read(self):
        if not self.promises:
            return
        promise = self.dice.choice(self.promises)
        way = self.dice.randrange(4)
        if way == 0:
            etag = self.whole("get", promise).headers["ETag"]
            self.ask("get", "GET", promise.target, headers=[
                ("If-None-Match", etag)], expected=(304,))
        elif way == 1:
            reply = self.ask("head", "HEAD", promise.target)
            if int(reply.headers["Content-Length"]) != promise.size:
                self.wrong("head", reply)
        elif promise.size and way == 2:
            first = self.dice.randrange(promise.size)
            reply = self.ask("range", "GET", promise.target, headers=[
                ("Range", f"bytes={first}-")], expected=(206,))
            if len(reply.body) != promise.size - first:
                self.wrong("range", reply)
        else:
            self.whole("get", promise)

    def bucket(self):
        slot = self.slot("slot s3", BUCKET, 1234).json
        if "X-Amz-Signature=" not in slot["put"]:
            self.wrong("slot s3", slot)
        self.follow(slot["get"])

    def follow(self, url):
        target = support.split_url(url)[1]
        reply = self.ask("link", self.dice.choice(["GET", "HEAD"]), target,
                         expected=(302,))
        if "X-Amz-Signature=" not in reply.headers["Location"]:
            self.wrong("link", reply)

    def relay(self):
        data = self.data()
        slot = self.slot("slot relay", RELAY, len(data)).json
        target = self.put("put relay", slot, data)
        key = urllib.parse.unquote(target.split("/", 3)[3])
        self.relayed[key] = hashlib.sha256(data).hexdigest()
        self.follow(slot["get"])

    def dialect(self):
        data = self.data()
        name = f"{secrets.token_hex(16)}/a.jpg"
        dialect = self.dice.choice(dialects.ALL)
        claims = {}
        if dialect == "jwt":
            claims = {"iat": self.now(), "exp": self.now() + 300,
                      "sub": f"u1@{FS}"}
        ticket = dialects.Pass(
            dialect, name, len(data), "image/jpeg", **claims)
        self.ask("put " + dialect, "PUT", ticket.put, data, ticket.headers,
                 expected=(201,))
        self.whole("get " + dialect, self.promise(ticket.get, data))

    def ejabberd(self):
        data = self.data()
        query = urllib.parse.urlencode({
            "jid": f"u1@{FS}", "name": "a b.jpg", "size": len(data),
            "content_type": "image/jpeg"})
        reply = self.ask("slot ejabberd", "GET", "/slot?" + query,
                         headers=dialects.basic("ejabberd"))
        put, get = reply.body.decode().split("\n")
        self.promise(self.put("put", {
            "put": put, "get": get, "headers": {}}, data), data)

    def ephemeral(self):
        """It can be read until its end, and then never again."""
        data = self.data()
        before = datetime.datetime.fromtimestamp(
            self.now() + 3600, datetime.timezone.utc)
        slot = self.slot("slot", FS, len(data), purpose=EPHEMERAL,
                         expire_before=before.isoformat()).json
        target = self.put("put", slot, data)
        end = datetime.datetime.strptime(
            slot["file_expires"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
        self.ending = [(target, end), *self.ending[:200]]

    def late(self):
        over = [target for target, end in self.ending if end + 2 < self.now()]
        if over:
            self.ask("get late", "GET", self.dice.choice(over),
                     expected=(410,))

    def quota(self):
        target = "/quota?jid=" + urllib.parse.quote(f"u1@{FS}")
        self.signed("quota", "GET", target)
        self.slot("slot meagre", MEAGRE, 15000, expected=(200, 429))

    def refused(self):
        body = support.slot_body(jid=f"u1@{FS}")
        line = support.authorization(body=body, ts=self.now())
        forged = support.authorization(
            body=body, ts=self.now(), secret=support.SECRET + "?")

        def post(kind, line, body, expected, *headers):
            self.ask(kind, "POST", "/slot", body, [
                ("Authorization", line), *(headers or [JSON])], (expected,))
        way = self.dice.randrange(5)
        if way == 0:
            post("forged", forged, body, 401)
        elif way == 1:
            post("slot", line, body, 200)
            post("replayed", line, body, 401)
        elif way == 2:
            self.signed("forbidden", "POST", "/slot", body, [JSON], (403,),
                        caller="narrow", secret=dialects.secret_of("narrow"))
        elif way == 3:
            self.signed("malformed", "POST", "/slot", b'{"jid": 1', [JSON],
                        (400,))
        else:
            self.ask("forged", "PUT", f"/u/{'A' * 80}/x/a.jpg", b"abc",
                     expected=(403, 404))

    def broken_off(self):
        """An upload that ends half-way; another may follow it."""
        data = self.dice.randbytes(30000)
        slot = self.slot("slot", FS, len(data)).json
        try:
            first = Upload(slot["put"], len(data))
            first.send(data[:self.dice.randrange(len(data))])
            first.close()
        except OSError:
            return
        # The first may not have ended yet.
        reply = self.ask("put again", "PUT", support.split_url(slot["put"])[1],
                         data, slot["headers"], (201, 409))
        if reply.status == 201:
            self.promise(support.split_url(slot["get"])[1], data)

    def look(self):
        target = self.dice.choice([
            "/healthz", "/readyz", "/metrics", "/openapi.yaml", "/limits",
            "/nowhere"])
        if target == "/limits":
            self.signed("look", "GET", f"/limits?domain={FS}")
        else:
            self.ask("look " + target[1:], "GET", target, expected=(
                404 if target == "/nowhere" else 200,))
