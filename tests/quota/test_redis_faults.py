"""Redis dies, stalls, fills up, fails over: nobody waits for it, and it is
taken up again by itself."""

import signal
import socket
import threading
import time

import pytest

import configs
import support

# What one call may take. How long a busy machine takes is nobody's promise:
# times below are those of a call that hangs.
LIMIT_MS = 1000
HANGS = support.PATIENCE * 1_000_000


def until(one, condition):
    """Lets the load go on until its counts are as wanted; gives their sum
    and the longest call."""
    beat, total = threading.Event(), [0, 0, 0, 0]
    end = time.monotonic() + support.PATIENCE
    while not condition(total):
        assert time.monotonic() < end, (total, one.stats())
        count = one.count()
        total = [a + b for a, b in zip(total, count[:3])] + [
            max(total[3], count[3])]
        beat.wait(0.01)
    return total


@pytest.mark.parametrize("allow", (True, False))
def test_restarts_under_load(redis, drive, allow):
    server = redis()
    # A Redis that is gone refuses at once; one that is back is never too slow.
    one = drive(server, **({"allow": 1} if allow else {}))
    one.load(8)
    for _ in range(3):
        until(one, lambda total: total[0] > 100)
        server.kill()
        if allow:
            before = one.stats()["undone"]
            until(one, lambda total: one.stats()["undone"] > before + 1000)
        else:
            total = until(one, lambda total: total[2] > 1000)
            assert total[3] < HANGS
        server.start(wait=False)
        support.wait_for("Redis", server.is_there)
        support.wait_for("the part", lambda: one.stats()["up"])
        client = server.client()
        support.wait_for("a count", lambda: client(
            "EXISTS", "slotd:{example.org}:d"))
        client.close()
    total = one.count("stop")
    assert total[3] < HANGS
    one.hear("cannot be reached")
    one.hear("works again")
    # What is up stays up.
    assert one.take(slots=9)[0] == "ok" and one.use()[0] == 1


@pytest.mark.parametrize("first", (True, False))
def test_a_cut_network(redis, drive, wire, first):
    """Connections are accepted, bytes vanish: one wait, then none."""
    cable = wire(redis().port)
    if first:
        cable.stall()
    one = drive(address="127.0.0.1", port=cable.port, timeout_ms=LIMIT_MS)
    if not first:
        support.wait_for(
            "a slot", lambda: one.take(slots=4000)[0] == "ok")
        cable.stall()
    assert one.take(slots=4000)[0] == "unavailable"
    said = one.hear("warning")
    assert "no answer in time" in said
    # Each probe may cost nobody anything: these are decided at once. Had
    # each waited, it would have been a quarter of an hour.
    assert sum(one.take(slots=4000)[4] for _ in range(1000)) < HANGS
    assert not one.stats()["up"]
    cable.flow()
    one.hear("works again")
    support.wait_for("a slot", lambda: one.take(slots=4000)[0] == "ok")


def test_a_stopped_redis_holds_nobody(redis, drive):
    """Its kernel takes connections, nobody answers them."""
    server = redis()
    one = drive(server, timeout_ms=LIMIT_MS, pool=8)
    one.take(slots=9)
    one.load(8)
    until(one, lambda total: total[0] > 100)
    server.signal(signal.SIGSTOP)
    total = until(one, lambda total: total[2] > 5000)
    # Had each waited, 5,000 of them on 8 threads would take ten minutes.
    assert total[3] < HANGS
    server.signal(signal.SIGCONT)
    one.hear("works again")
    until(one, lambda total: total[0] > 100)
    one.count("stop")


def test_full_memory(redis, drive):
    """Told in plain words, tried again by each call, and over when there is
    room."""
    server = redis("--maxmemory-policy", "noeviction")
    one, client = drive(server), server.client()
    assert one.take(slots=9)[0] == "ok"
    assert one.stats()["up"] == 1
    client("CONFIG", "SET", "maxmemory", "1")
    assert one.take(slots=9)[0] == "unavailable"
    said = one.hear("warning")
    assert "its memory is full (maxmemory)" in said
    assert one.ask("nonce", "c", "n0nce-1234", "x", 2_000_000_000) == [
        "unavailable"]
    stats = one.stats()
    assert stats["memory"] == 2 and stats["up"] == 0
    # Reading works as ever, and does not show that counting does.
    assert one.use()[0] == 1
    assert one.stats()["up"] == 0
    client("CONFIG", "SET", "maxmemory", "0")
    assert one.take(slots=9)[0] == "ok"
    assert one.stats()["up"] == 1
    one.hear("works again")
    assert one.use()[0] == 2
    client.close()


# What Redis says while it is there and does not count, how that comes about,
# and how it ends.
UNCOUNTED = {
    "memory": (("CONFIG", "SET", "maxmemory", "1"),
               ("CONFIG", "SET", "maxmemory", "0"),
               "its memory is full"),
    "acl": (("ACL", "SETUSER", "default", "-eval", "-evalsha"),
            ("ACL", "SETUSER", "default", "+@all"),
            "its user lacks rights"),
    "disk": ((),
             ("CONFIG", "SET", "save", ""),
             "MISCONF"),
    "replicas": (("CONFIG", "SET", "min-replicas-to-write", "1"),
                 ("CONFIG", "SET", "min-replicas-to-write", "0"),
                 "NOREPLICAS"),
    "replica": (("REPLICAOF", "127.0.0.1", "1"),
                ("REPLICAOF", "NO", "ONE"),
                "it is a replica"),
}


def break_disk(client, server):
    """Nothing can be saved, so nothing may be written."""
    (server.folder / "dump.rdb").mkdir()
    client("CONFIG", "SET", "save", "3600 1")
    client("SET", "a-mark", "1")
    client("BGSAVE")
    support.wait_for("the failure", lambda: (
        b"rdb_last_bgsave_status:err" in client("INFO", "persistence")))


def uncounted(server, how):
    """Brings it about; gives what ends it, and what slotd says."""
    begin, end, said = UNCOUNTED[how]
    client = server.client()
    if how == "disk":
        break_disk(client, server)
    else:
        client(*begin)
    client.close()

    def mend():
        other = server.client()
        other(*end)
        other.close()

    return mend, said


@pytest.mark.parametrize("how", UNCOUNTED)
@pytest.mark.parametrize("first", (True, False))
def test_up_means_that_it_counts(redis, drive, how, first):
    """Not that there is a connection: whether it stopped to count before the
    first connection was made, or later; and nobody has to call for it to be
    seen that it counts again."""
    server = redis("--maxmemory-policy", "noeviction")
    if first:
        mend, text = uncounted(server, how)
    one = drive(server, allow=1)
    if not first:
        support.wait_for("the part", lambda: one.stats()["up"])
        assert one.take(slots=9)[0] == "ok"
        mend, text = uncounted(server, how)
        assert one.take(slots=9)[2:4] == (0, 0)
    said = one.hear("warning")
    assert text in said and "slots are granted uncounted" in said
    for _ in range(3):
        assert one.take(slots=9)[0] == "ok"
        assert one.stats()["up"] == 0
    assert one.stats()["undone"] >= 3
    mend()
    support.wait_for("the part", lambda: one.stats()["up"])
    one.hear("works again")
    used = one.use()[0]
    assert one.take(slots=9)[0] == "ok"
    assert one.use()[0] == used + 1


def test_commands_that_are_not_there(redis, drive):
    """As at some who rent Redis out."""
    server = redis("--rename-command", "EVAL", "",
                   "--rename-command", "EVALSHA", "")
    one = drive(server, allow=1)
    assert "unknown command" in one.hear("warning")
    assert one.take(slots=9)[0] == "ok"
    stats = one.stats()
    assert (stats["up"], stats["undone"]) == (0, 1)


def test_failover(redis, drive, wire):
    """The master becomes a replica; the address leads to the new one."""
    old, new = redis(), redis()
    to_new = new.client()
    to_new("REPLICAOF", "127.0.0.1", old.port)
    support.wait_for("the replica", lambda: (
        b"master_link_status:up" in to_new("INFO", "replication")))
    cable = wire(old.port)
    one = drive(address="127.0.0.1", port=cable.port)
    assert one.take(slots=3)[0] == "ok"
    # WAIT is for what its own client has written, and all before that.
    to_old = old.client()
    to_old("SET", "a-mark", 1)
    assert to_old("WAIT", 1, 20000) == 1
    to_new("REPLICAOF", "NO", "ONE")
    to_old("REPLICAOF", "127.0.0.1", new.port)
    assert one.take(slots=3)[0] == "unavailable"
    assert "replica that takes no writes" in one.hear("warning")
    assert one.stats()["readonly"] >= 1
    cable.port_behind = new.port
    one.hear("works again")
    # What was counted before counts there, too.
    assert one.take(slots=3)[0] == "ok"
    assert one.use()[0] == 2
    to_old.close()
    to_new.close()


def test_a_shard_of_a_cluster(redis, drive):
    server = redis("--cluster-enabled", "yes")
    one, client = drive(server), server.client()
    said = one.hear("warning")
    assert "it is a node of a cluster" in said and "a proxy" in said
    assert one.take(slots=1)[0] == "unavailable"
    # One that has all the slots is as good as any.
    client("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    one.hear("works again")
    assert one.take(size=1, slots=1, bytes=9, domain_bytes=9, nonce=(
        "c", "n0nce-1234", "example.org", 2_000_000_000))[0] == "ok"
    client.close()


def test_keys_of_a_call_lie_in_one_slot(redis, drive):
    server = redis()
    one, client = drive(server), server.client()
    one.take(size=1, slots=1, bytes=9, domain_bytes=9, nonce=(
        "c", "n0nce-1234", "example.org", 2_000_000_000))
    keys = client("KEYS", "slotd:{example.org}:*")
    client.close()
    assert len(keys) == 3
    cluster = redis("--cluster-enabled", "yes").client()
    assert len({cluster("CLUSTER", "KEYSLOT", key) for key in keys}) == 1
    cluster.close()


@pytest.mark.parametrize("allow", (True, False))
def test_on_error(drive, allow):
    """What is let through uncounted is not given back, either."""
    one = drive(address="127.0.0.1", port=configs.free_port(),
                **({"allow": 1} if allow else {}))
    said = one.hear("cannot be reached")
    assert ("slots are granted uncounted" if allow
            else "slots are refused") in said
    what, _, used, now, _ = one.take(slots=1, size=5, bytes=9)
    assert what == ("ok" if allow else "unavailable")
    assert (used, now) == (0, 0)
    nonce = ("c", "n0nce-1234", "example.org", 2_000_000_000)
    for _ in range(2):
        assert one.ask("nonce", *nonce) == [what]
    assert one.ask("use", "juliet@example.org") == ["unavailable"]
    assert one.ask("reset", "juliet@example.org") == ["unavailable"]
    assert one.stats()["undone"] >= 5


def test_it_is_not_told_again_and_again(redis, drive):
    """A warning once a minute, however many calls fail."""
    one = drive(address="127.0.0.1", port=configs.free_port())
    one.hear("cannot be reached")
    for _ in range(500):
        one.take(slots=1)
    support.wait_for("tries", lambda: one.stats()["connection"] > 3)
    assert one.said.empty()


def test_something_else_answers(drive):
    server = socket.create_server(("127.0.0.1", 0))
    one = drive(address="127.0.0.1", port=server.getsockname()[1])
    server.settimeout(support.PATIENCE)
    near = server.accept()[0]
    near.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    one.hear("does not speak Redis' protocol")
    assert one.take(slots=1)[0] == "unavailable"
    near.close()
    server.close()


@pytest.mark.parametrize("address", ("127.0.0.1", "localhost"))
def test_it_ends_while_a_peer_is_silent(drive, address):
    """Nobody waits for the connection that is being made."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(support.PATIENCE)
    one = drive(address=address, port=server.getsockname()[1],
                timeout_ms=100 * support.PATIENCE * 1000)
    near = server.accept()[0]
    near.settimeout(support.PATIENCE)
    assert b"SCRIPT" in near.recv(65536)
    one.close()
    assert one.said.empty()
    near.close()
    server.close()
