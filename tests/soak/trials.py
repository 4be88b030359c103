"""What is tried with a slotd of its own, one thing after the other: each
allocation of a path fails once, and addresses are ever fewer."""

import collections
import http.client
import os
import random
import signal
import subprocess
import threading
import urllib.parse

import configs
import dialects
import support
from clients import CUT
from stage import BUCKET, FS, RELAY, Service, configuration

LACK = (500, 503, CUT)
DATA = b"0123456789abcdef" * 2000
MOST = 3000         # allocations that a path may make


def tried(slotd, method, target, *more):
    """A request's status, or that it was cut off; it is not to wait."""
    try:
        return slotd.ask(method, target, *more).status
    except TimeoutError:
        raise AssertionError(f"{method} {target} has no end") from None
    except (OSError, http.client.HTTPException):
        return CUT


def signed(slotd, method, target):
    line = support.authorization(method, target)
    return tried(slotd, method, target, None, [("Authorization", line)])


def target_of(url):
    return support.split_url(url)[1]


# --- paths ----------------------------------------------------------------
# Each prepares itself, waits, makes its request and gives its status; what
# comes then is tried without faults.


def slot_of(domain):
    def path(slotd):
        body = support.slot_body(jid=f"a@{domain}", filename="très.jpg")
        headers = [("Authorization", support.authorization(body=body)),
                   ("Content-Type", "application/json")]
        yield 200
        yield tried(slotd, "POST", "/slot", body, headers)
    return path


def ejabberd(slotd):
    query = urllib.parse.urlencode({
        "jid": f"a@{FS}", "name": "a b.jpg", "size": 1})
    yield 200
    yield tried(slotd, "GET", "/slot?" + query, None,
                dialects.basic("ejabberd"))


def upload_to(domain):
    def path(slotd):
        slot = slotd.slot(jid=f"a@{domain}", size=len(DATA))
        target = target_of(slot["put"])
        yield 201
        first = tried(slotd, "PUT", target, DATA)
        yield first
        # It is there whole, or can be made.
        status = slotd.ask("PUT", target, DATA).status
        assert status in ((409,) if first == 201 and domain == FS
                          else (201, 409)), (first, status)
        if domain == FS:
            assert slotd.ask("GET", target_of(slot["get"])).body == DATA
    return path


def dialect(name):
    def path(slotd):
        ticket = dialects.Pass(name, f"{os.urandom(16).hex()}/a.jpg",
                               len(DATA), "image/jpeg", sub=f"a@{FS}") \
            if name == "jwt" else dialects.Pass(
                name, f"{os.urandom(16).hex()}/a.jpg", len(DATA))
        yield 201
        yield tried(slotd, "PUT", ticket.put, DATA, ticket.headers)
    return path


def stored(slotd):
    """The target of a file; one is enough."""
    if not hasattr(slotd, "stored"):
        slot = slotd.slot(jid=f"a@{FS}", size=len(DATA))
        assert support.fetch("PUT", slot["put"], DATA).status == 201
        slotd.stored = target_of(slot["get"])
    return slotd.stored


def read(method, status, *headers):
    def path(slotd):
        target = stored(slotd)
        yield status
        yield tried(slotd, method, target, None, headers)
    return path


def link(slotd):
    target = target_of(slotd.slot(jid=f"a@{BUCKET}")["get"])
    yield 302
    yield tried(slotd, "GET", target)


def about(method, target, status=200):
    def path(slotd):
        # Redis is asked again only some time after it could not be.
        support.wait_for(target, lambda: signed(
            slotd, method, target) == status)
        yield status
        yield signed(slotd, method, target)
    return path


def look(target, status=200):
    def path(slotd):
        yield status
        yield tried(slotd, "GET", target)
    return path


def malformed(slotd):
    body = b'{"jid": "a@b", "filename": "x", "size": 1'
    headers = [("Authorization", support.authorization(body=body)),
               ("Content-Type", "application/json")]
    yield 400
    yield tried(slotd, "POST", "/slot", body, headers)


def reload(slotd):
    def count():
        return sum(slotd.metric("slotd_config_reloads_total", result)
                   for result in ("success", "failure"))
    before = count()
    yield "reloaded"
    seen = len(slotd.lines)
    slotd.process.send_signal(signal.SIGHUP)
    # A line may lack memory, too.
    line = slotd.wait_line("msg=reloaded|keeping the previous", seen)
    yield "reloaded" if "msg=reloaded" in line else 503
    assert count() == before + 1
    slotd.slot(jid=f"a@{FS}")


def erase(slotd):
    """What is accepted was noted before in each store."""
    folder = slotd.config["storage"]["path"] / "slotd-erase"

    def notes():
        return len(os.listdir(folder)) if folder.exists() else 0
    before = notes()
    yield 202
    status = signed(slotd, "DELETE", "/files" + JID)
    yield status
    assert status != 202 or notes() > before


JID = "?jid=" + urllib.parse.quote(f"a@{FS}")
PATHS = {
    "slot": slot_of(FS), "slot s3": slot_of(BUCKET), "ejabberd": ejabberd,
    "put": upload_to(FS), "put relay": upload_to(RELAY),
    **{f"put {name}": dialect(name) for name in dialects.ALL},
    "get": read("GET", 200), "head": read("HEAD", 200),
    "range": read("GET", 206, ("Range", "bytes=5-")), "link": link,
    "limits": about("GET", f"/limits?domain={FS}"),
    "quota": about("GET", "/quota" + JID),
    "quota reset": about("DELETE", "/quota" + JID),
    "erase": erase,
    "healthz": look("/healthz"), "metrics": look("/metrics"),
    "openapi": look("/openapi.yaml"), "nowhere": look("/nowhere", 404),
    "malformed": malformed, "reload": reload}


def in_turn(slotd, path, strides):
    """Fails one allocation after the other until the path makes no more.
    Gives what came of it."""
    outcomes, nth = collections.Counter(), 0
    while nth < MOST:
        nth += next(strides)
        attempt = path(slotd)
        expected = next(attempt)
        slotd.allocations.fail(nth=nth)
        outcome = next(attempt)
        failed = slotd.allocations.failed
        slotd.allocations.fail()
        assert slotd.process.poll() is None, (nth, slotd.process.returncode)
        assert outcome in (expected, *LACK), (nth, outcome)
        for _ in attempt:
            pass
        outcomes[outcome] += 1
        if not failed:
            assert outcome == expected, (nth, outcome)
            return outcomes
    return outcomes


# --- trials ---------------------------------------------------------------


class Trials:
    """Each gives a line of what came of it."""

    def __init__(self, stage, seed, short):
        self.stage, self.short = stage, short
        self.dice = random.Random(f"{seed} trials")
        self.folder = stage.folder / "trials"
        self.folder.mkdir()
        config = configuration(stage, {
            "address": "127.0.0.1", "port": configs.free_port()})
        del config["components"]
        config["storage"]["path"] = self.folder / "store"
        # What waits for something that never comes does so visibly.
        config["limits"]["body_timeout"] = 3600
        self.config = config

    def open(self):
        return Service(self.folder, self.config, {
            self.stage.store.port, self.stage.redis.port})

    def allocations_of_requests(self):
        slotd = self.open()
        total = collections.Counter()
        try:
            slotd.slot(jid=f"a@{FS}")
            before = slotd.open_files()
            for name, path in PATHS.items():
                strides = self.strides(name == "reload")
                try:
                    total += in_turn(slotd, path, strides)
                except AssertionError as fault:
                    raise AssertionError(f"{name}: {fault}") from fault
            support.wait_for("its descriptors", lambda: (
                slotd.open_files() == before))
        finally:
            slotd.stop((0, 1))
        return total

    def strides(self, many):
        """Each of tens of allocations; a reload makes a thousand."""
        most = (300 if many else 8) if self.short else (10 if many else 1)
        while True:
            yield self.dice.randint(1, most)

    def allocations_of_a_start(self):
        slotd = self.open()
        environment, plan = slotd.environment, slotd.allocations
        slotd.stop()
        plan.fail()
        assert self.life(environment) == "ready"
        count = plan.count
        outcomes = collections.Counter()
        for nth in sorted(self.dice.sample(
                range(1, count), 6 if self.short else 300)):
            plan.fail(nth=nth)
            outcomes[self.life(environment)] += 1
        return outcomes

    def addresses_of_a_start(self):
        """From plenty to what the loader cannot do with, finer around where
        it begins to start. With less the kernel cannot even map it."""
        configs.write_config(self.folder, self.config)
        outcomes, low, high = collections.Counter(), 4 << 20, 512 << 20
        sizes = [high >> n for n in range(8)]
        for step in range(10 if self.short else 60):
            size = sizes[step] if step < len(sizes) else (
                (low + high) // 2 if step < 16 else
                self.dice.randrange(low * 3 // 4, high * 5 // 4))
            outcome = self.life(
                os.environ, ["prlimit", f"--as={size}"], (0, 1, 127))
            outcomes[outcome] += 1
            if outcome == "ready":
                high = min(high, size)
            else:
                low = max(low, size)
        return outcomes

    def life(self, environment, command=(), codes=(0, 1)):
        """ready: it began, and answered or not; refused: with a sentence.
        127 is the dynamic loader's."""
        process = subprocess.Popen(
            [*command, support.SLOTD, "serve", "-c",
             str(self.folder / "slotd.conf")], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        guard = threading.Timer(support.PATIENCE, process.kill)
        guard.start()
        said, ready = [], False
        try:
            while not ready and (line := process.stderr.readline()):
                said.append(line)
                ready = b" msg=ready " in line
            if ready:
                self.visit()
                process.send_signal(signal.SIGTERM)
            said.append(process.stderr.read())
            process.wait()
        finally:
            guard.cancel()
            process.kill()
            process.wait()
            process.stderr.close()
        assert any(said) and process.returncode in codes, (
            process.returncode, said)
        return "ready" if ready else "refused"

    def visit(self):
        with_slotd = support.Slotd.__new__(support.Slotd)
        with_slotd.address = "127.0.0.1", self.config["listen"]["port"]
        for status in (tried(with_slotd, "GET", "/healthz"), next(
                iter(list(slot_of(FS)(with_slotd))[1:]))):
            assert status in (200, *LACK), status


ALL = {
    "each allocation of each path": Trials.allocations_of_requests,
    "allocations of a start": Trials.allocations_of_a_start,
    "addresses for a start": Trials.addresses_of_a_start}
