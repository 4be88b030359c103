"""Bad weather: what happens to slotd while clients ask it.

Each says what may happen to whom then. Whatever else a client meets is a
fault: a file with other bytes is one in any weather.
"""

import resource
import signal
import time

import configs
import support
from clients import CUT, LATE, REFUSED
from stage import DISK, FS, MIB

# One moment after its end, during which its traces are meant as well.
AFTER = 1
GONE = {REFUSED, CUT}
# The end of a process: the component's stream ends with it.
ENDS = {"": GONE, "look readyz": {503}}


class Weather:
    name = ""
    may = {}        # {the beginning of a kind: outcomes}
    alone = False   # with others like it
    ends = False    # it is another process afterwards
    slow = False    # waits are meant
    may_end = False # it by itself, with a sentence
    needs = staticmethod(lambda stage: None)    # why it cannot be here

    def __init__(self, stage, sky):
        self.stage, self.sky = stage, sky
        self.slotd = stage.slotd
        self.turns = 0

    def allows(self, surprise):
        return any(surprise.outcome in outcomes
                   for kind, outcomes in self.may.items()
                   if surprise.kind.startswith(kind))

    def begin(self):
        pass

    def tick(self):
        """Again and again between the two others."""

    def end(self):
        pass

    def wait_ready(self):
        support.wait_for("slotd to be well", lambda: self.slotd.is_healthy()
                         and self.slotd.ask("GET", "/readyz").status == 200)

    def check_alive(self):
        """It goes on, or has ended with a sentence."""
        process = self.slotd.process
        if process.poll() is None:
            return
        self.slotd.reader.join(support.PATIENCE)
        said = self.slotd.lines[-1:]
        assert process.returncode == 1 and said, (
            self.name, process.returncode, said)
        self.slotd.start()


class Reload(Weather):
    name = "reload"

    def tick(self):
        """Another configuration each time. Its log may not be read, and in
        bad weather it may not say what it has counted."""
        self.turns += 1
        limits = dict(self.slotd.config["limits"],
                      idle_timeout=60 + self.turns % 2)
        configs.write_config(
            self.stage.folder, dict(self.slotd.config, limits=limits))
        before = self.count()
        self.slotd.process.send_signal(signal.SIGHUP)
        if before is not None:
            support.wait_for(
                "a reload", lambda: self.count() in (None, before + 1))

    def count(self):
        counts = [self.slotd.metric("slotd_config_reloads_total", result)
                  for result in ("success", "failure")]
        return None if None in counts else sum(counts)

    def end(self):
        configs.write_config(self.stage.folder, self.slotd.config)


class Restart(Weather):
    """SIGTERM: what has begun is answered."""
    name = "restart"
    may = ENDS
    alone = True
    ends = True
    slow = True     # handshakes at its end are left to the next process

    def tick(self):
        # 1: something was cut off at the end of drain_timeout.
        self.slotd.restart((0, 1))
        time.sleep(0.3)


class Kill(Weather):
    """kill -9: an upload may be there that nobody was promised."""
    name = "kill -9"
    may = {**ENDS, "put again": GONE | {409}}
    alone = True
    ends = True

    def tick(self):
        self.slotd.kill()
        self.slotd.start()
        time.sleep(0.3)


class Log(Weather):
    """Nobody reads it."""
    name = "log unread"

    def tick(self):
        self.slotd.reading.clear()

    def end(self):
        self.slotd.reading.set()


class Memory(Weather):
    """Few addresses are left. Threads for pools may be missing, too."""
    name = "little memory"
    may = {"": {500, 503} | GONE, "iq": {"error", CUT}}
    alone = True
    may_end = True
    needs = staticmethod(lambda stage: support.SANITIZED and (
        "sanitizers reserve terabytes of addresses"))
    left = [16, 4, 1, 0]

    def tick(self):
        self.check_alive()
        more = self.left[self.turns % len(self.left)] * MIB
        self.turns += 1
        size = self.slotd.status_of("VmSize") << 10
        self.slotd.limit(resource.RLIMIT_AS, size + more)
        time.sleep(0.3)

    def end(self):
        if self.slotd.process.poll() is None:
            self.slotd.limit(resource.RLIMIT_AS, None)
        self.check_alive()
        self.wait_ready()


class Allocations(Memory):
    """One of so many fails, in the heap alone."""
    name = "allocations"
    often = [997, 101, 13]

    def tick(self):
        self.check_alive()
        self.slotd.allocations.fail(
            every=self.often[self.turns % len(self.often)])
        self.turns += 1
        time.sleep(0.3)

    def end(self):
        self.slotd.allocations.fail()
        super().end()


class Descriptors(Weather):
    name = "descriptors"
    may = {"": {500, 503, 507} | GONE | {LATE}, "iq": {"error", CUT}}
    alone = True
    left = [20, 3, 0]

    def tick(self):
        left = self.left[self.turns % len(self.left)]
        self.slotd.limit(
            resource.RLIMIT_NOFILE, self.slotd.count_files() + left)
        self.turns += 1
        time.sleep(0.3)

    def end(self):
        self.slotd.limit(resource.RLIMIT_NOFILE, None)
        self.wait_ready()


class TooFewDescriptors(Descriptors):
    """Not even enough for the connections that there are."""
    name = "too few descriptors"
    slow = True
    left = [-2, -6]


class FullDisk(Weather):
    name = "disk full"
    # 402 is how ejabberd's dialect says it.
    may = {"slot": {507}, "slot ejabberd": {402}, "put": {507},
           "iq slot": {"error"}, "look readyz": {503}}
    alone = True
    needs = staticmethod(lambda stage: None if stage.mounted else (
        "there is no right to mount"))

    def begin(self):
        # A size below what is there by now is refused.
        support.wait_for("a full disk", lambda: self.stage.mount(
            f"remount,size={self.stage.used() + 65536}"))

    def end(self):
        assert self.stage.mount(f"remount,size={DISK}")
        body = support.slot_body(jid=f"a@{FS}", size=MIB)
        support.wait_for("room", lambda: (
            self.slotd.post(body).status == 200))


class ReadOnlyDisk(FullDisk):
    name = "disk read-only"
    may = {"slot": {503}, "put": {503}, "iq slot": {"error"},
           "look readyz": {503}}

    def begin(self):
        # Not while a file is being written.
        support.wait_for("a quiet disk", lambda: self.stage.mount(
            "remount,ro"))

    def end(self):
        assert self.stage.mount("remount,rw")
        self.wait_ready()


class LargeFiles(Weather):
    """RLIMIT_FSIZE, as a disk that is full for some."""
    name = "file sizes"
    may = {"put": {507}}

    def begin(self):
        self.slotd.limit(resource.RLIMIT_FSIZE, 4096)

    def end(self):
        self.slotd.limit(resource.RLIMIT_FSIZE, None)


class Clock(Weather):
    """It steps by hours. What was forgotten meanwhile stays closed, and a
    restart is what the log asks for."""
    name = "clock"
    # A signature may be too old, and so may an upload's token.
    may = {"": GONE | {401}, "put": GONE | {401, 403},
           "put jwt": {410}, "slot": {400},
           "get late": GONE | {200, 404},
           "look readyz": GONE | {503}, "iq slot": {CUT}, "iq stream": {CUT}}
    alone = True
    ends = True
    slow = True     # it restarts
    needs = staticmethod(lambda stage: support.SANITIZED and (
        "the clock is moved by a library that goes before others"))
    hours = [1, 5, 0, 7, 2, 12]

    def tick(self):
        self.move(self.hours[self.turns % len(self.hours)] * 3600)
        self.turns += 1
        time.sleep(0.3)

    def move(self, seconds):
        self.slotd.clock.move(seconds)
        self.sky.ahead = seconds

    def end(self):
        self.move(0)
        self.slotd.restart((0, 1))


class Redis(Weather):
    """It stalls, or is gone. Slots are not counted then."""
    name = "no redis"
    # Each process remembers requests on its own then.
    may = {"quota": {503}, "replayed": {200}}
    slow = True

    def begin(self):
        self.turns = 0
        self.stage.redis.signal(signal.SIGSTOP)

    def tick(self):
        self.turns += 1
        if self.turns == 3:
            self.stage.redis.signal(signal.SIGCONT)
            self.stage.redis.kill()

    def end(self):
        if self.turns < 3:
            self.stage.redis.signal(signal.SIGCONT)
        else:
            self.stage.redis.start()
        support.wait_for("Redis", lambda: self.slotd.metric(
            "slotd_quota_redis_up") == 1)


class Store(Weather):
    """It answers badly, or not at all."""
    name = "no store"
    may = {"put relay": {503, 502, 500, CUT}}
    moods = ["slow", "reset", "gone"]

    def tick(self):
        self.stage.store.call("turn", self.moods[self.turns % 3])
        self.turns += 1

    def end(self):
        self.stage.store.call("turn", "take")


class Crowd(Weather):
    """Thousands of connections that ask nothing, and hundreds that ask
    slowly; of one kind of sources after the other."""
    name = "crowd"

    def begin(self):
        self.crowd = self.stage.crowd
        kinds = self.stage.sources
        self.source = kinds[self.turns % len(kinds)]
        self.turns += 1
        self.crowd.tell("come", self.source)

    def end(self):
        counts = self.crowd.rest()
        self.stage.met.append((self.source, counts))
        support.wait_for("the crowd to be gone", lambda: (
            self.slotd.metric("slotd_connections", "listen") or 1e9) < 100)


ALL = [Reload, Restart, Kill, Log, Memory, Allocations, Descriptors,
       TooFewDescriptors, FullDisk, ReadOnlyDisk, LargeFiles, Clock, Redis,
       Store, Crowd]
