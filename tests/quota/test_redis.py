"""What the Redis part does while all is well."""

import hashlib
import threading

import pytest

import support


def test_a_slot_is_counted_and_refused(redis, drive):
    one = drive(redis())
    what, _, _, first, _ = one.take(slots=2, size=10, bytes=100)
    assert what == "ok"
    what, _, used, now, _ = one.take(slots=2, size=10, bytes=100)
    assert (what, used) == ("ok", 20)
    what, again, _, _, _ = one.take(slots=2, size=10, bytes=100)
    assert what == "rate-limited"
    assert first // 1000 <= again - 60 <= now // 1000 + 1
    what, again, _, _, _ = one.take(size=81, bytes=100)
    assert what == "quota-exceeded"
    assert first // 1000 <= again - 86400 <= now // 1000 + 1
    assert one.take(size=101, bytes=100)[:2] == ("quota-exceeded", 0)
    assert one.take("romeo@example.org", slots=2)[0] == "ok"
    slots, used, slots_free, bytes_free, *domain = one.use()
    assert (slots, used, domain) == (2, 20, [0, 0])
    assert first - 1000 < slots_free - 60_000 <= now + 1000
    assert first - 1000 < bytes_free - 86_400_000 <= now + 1000


def test_an_account_of_its_own(redis, drive):
    """Bytes for a purpose; slots are the user's, whatever they are for."""
    one = drive(redis())
    account = "juliet@example.org/profile"
    assert one.take(size=60, slots=4, bytes=100)[::2][:2] == ("ok", 60)
    what, _, used, now, _ = one.take(account, size=70, slots=4, bytes=70)
    assert (what, used) == ("ok", 70)
    assert one.take(account, size=1, bytes=70)[0] == "quota-exceeded"
    assert one.take(size=40, bytes=100)[0] == "ok"
    assert one.take(size=1, bytes=100)[0] == "quota-exceeded"
    assert one.use()[:2] == [2, 100]
    assert one.use(account)[:2] == [0, 70]
    one.back(now, account, size=70, slots=4, bytes=70)
    assert one.use()[:2] == [1, 100]
    assert one.use(account)[:2] == [0, 0]
    assert one.take(account, size=70, slots=2, bytes=70)[0] == "ok"
    assert one.take(account, size=1, slots=2, bytes=100)[0] == "rate-limited"


@pytest.mark.parametrize("ahead", (-3_000_000, 100_000, 5_000_000))
def test_a_slotd_whose_clock_is_wrong(redis, drive, ahead):
    """Redis' clock counts; until when to wait is by the clock of slotd."""
    one = drive(redis())
    now = one.take(slots=1)[3]
    assert one.take("romeo@example.org", slots=1, now=now + ahead)[3] < (
        now + support.PATIENCE * 1000)
    ours = now + ahead
    what, again, *_ = one.take(slots=1, now=ours)
    assert what == "rate-limited"
    assert 60_000 - support.PATIENCE * 1000 < again * 1000 - ours < 62_000


@pytest.mark.parametrize("ahead", (100, 500, 900))
def test_a_clock_a_little_ahead(redis, drive, ahead):
    """Whoever waits as told is not refused again."""
    server = redis()
    one, client = drive(server), server.client()

    def theirs():
        seconds, micros = map(int, client("TIME"))
        return seconds * 1000 + -(-micros // 1000)

    granted = one.take(slots=1)[3]
    frees = -(-granted // 1000) * 1000 + 60_000
    ours = theirs() + ahead
    what, again, *_ = one.take(slots=1, now=ours)
    assert what == "rate-limited"
    # By our clock it frees no earlier than this.
    assert again * 1000 >= frees + ours - theirs()
    client.close()


def test_a_domain_has_its_own(redis, drive):
    one = drive(redis())
    assert one.take("a@example.org", size=6, domain_bytes=10)[0] == "ok"
    assert one.take("b@example.org", size=6, domain_bytes=10)[0] == (
        "quota-exceeded")
    assert one.take("b@example.net", size=6, domain_bytes=10)[0] == "ok"
    assert one.take("example.org", size=4, domain_bytes=10, bytes=9)[0] == (
        "ok")
    assert one.use("example.org")[1] == 4
    assert one.use("example.org")[4] == 10
    assert one.ask("reset", "example.org") == ["ok"]
    assert one.use("example.org") == [0] * 6


def test_what_is_given_back_was_never_there(redis, drive):
    server = redis()
    one, client = drive(server), server.client()
    limits = {"size": 7, "slots": 5, "bytes": 20, "domain_bytes": 30}
    first = one.take(**limits)
    before = {key: client("HGETALL", key) for key in client("KEYS", "*:[ud]*")}
    assert len(before) == 2
    second = one.take(**limits)
    one.back(second[3], **limits)
    # Only when the last grant was stays, with the later second.
    assert one.use()[:2] == [1, 7] and one.use("example.org")[4] == 7
    one.back(first[3], **limits)
    assert client("KEYS", "*:[ud]*") == []
    client.close()


def test_reset_forgets_one_user(redis, drive):
    one = drive(redis())
    for user in ("a@example.org", "b@example.org"):
        one.take(user, size=3, slots=9, bytes=9)
    assert one.ask("reset", "a@example.org") == ["ok"]
    assert one.use("a@example.org")[:3] == [0, 0, 0]
    assert one.use("b@example.org")[:2] == [1, 3]


def test_keys(redis, drive):
    """Under the prefix, one hash tag for a call, no JID, and all expire."""
    server = redis()
    one, client = drive(server), server.client()
    nonce = ("prosody", "n0nce-1234", "example.org", 2_000_000_000)
    one.take(size=3, slots=9, bytes=9, domain_bytes=9, nonce=nonce)
    client("DEL", "slotd:{probe}:n:")
    digest = hashlib.sha256(b"juliet@example.org").hexdigest()[:32]
    keys = sorted(key.decode() for key in client("KEYS", "*"))
    assert keys == ["slotd:{example.org}:d",
                    "slotd:{example.org}:n:prosody:n0nce-1234",
                    "slotd:{example.org}:u:" + digest]
    assert all(client("TTL", key) > 0 for key in keys)
    dumped = b"".join(client("DUMP", key) for key in keys)
    assert b"juliet" not in dumped
    client.close()


def test_a_nonce_is_taken_once(redis, drive):
    server = redis()
    one, other, client = drive(server), drive(server), server.client()
    until = int(client("TIME")[0]) + 300
    nonce = ("prosody", "n0nce-1234", "example.org", until)
    assert one.take(slots=9, nonce=nonce)[0] == "ok"
    assert other.take(slots=9, nonce=nonce)[0] == "replayed"
    assert other.ask("nonce", *nonce) == ["replayed"]
    assert one.use()[0] == 1
    assert one.ask("nonce", "ejabberd", *nonce[1:]) == ["ok"]
    # Kept until its time stamp is too old, and somewhat longer.
    left = client("PTTL", "slotd:{example.org}:n:prosody:n0nce-1234") / 1000
    assert 300 < left <= 300 + 61
    # A slot that is refused uses it up, too.
    second = ("prosody", "n0nce-5678", "example.org", until)
    assert one.take(slots=1, nonce=second)[0] == "rate-limited"
    assert other.take(slots=9, nonce=second)[0] == "replayed"
    client.close()


def commands(client):
    """How often each was called, without what scripts call."""
    lines = client("INFO", "commandstats").decode().split()
    return {line[8:].partition(":")[0]:
            int(line.partition("calls=")[2].partition(",")[0])
            for line in lines if line.startswith("cmdstat_")}


def test_one_trip_a_slot(redis, drive):
    server = redis()
    one, client = drive(server), server.client()
    one.take(slots=1000)
    client("CONFIG", "RESETSTAT")
    for i in range(20):
        nonce = ("prosody", f"n0nce-{i:04}", "example.org", 2_000_000_000)
        assert one.take(slots=1000, nonce=nonce)[0] == "ok"
    seen = commands(client)
    assert seen["evalsha"] == 20
    assert "eval" not in seen and "script|load" not in seen
    client.close()


def test_the_script_comes_back_after_a_flush(redis, drive):
    server = redis()
    one, client = drive(server), server.client()
    one.take(slots=9)
    client("SCRIPT", "FLUSH")
    assert one.take(slots=9)[0] == "ok"
    client("CONFIG", "RESETSTAT")
    assert one.take(slots=9)[0] == "ok"
    assert one.use()[0] == 3
    seen = commands(client)
    assert seen["evalsha"] == 2 and "eval" not in seen
    assert one.stats()["faults"] == 0
    client.close()


@pytest.mark.parametrize("allow", (True, False))
def test_the_last_bytes_go_to_exactly_as_many_as_fit(redis, drive, allow):
    """Three processes, 48 threads, room for 100 of 48 * 25."""
    server = redis()
    more = {"allow": 1} if allow else {}
    three = [drive(server, pool=16, timeout_ms=60000, **more)
             for _ in range(3)]
    for one in three:
        one.load(16, rounds=25, size=7, bytes=705, domain_bytes=0)
    counts = [one.count("join") for one in three]
    assert sum(count[0] for count in counts) == 100
    assert sum(count[1] for count in counts) == 3 * 16 * 25 - 100
    assert sum(count[2] for count in counts) == 0
    assert three[0].use()[1] == 700


def connections(client):
    """How many there were so far."""
    return int(client("INFO", "stats").decode().partition(
        "total_connections_received:")[2].split()[0])


def test_connections_are_shared_and_bounded(redis, drive):
    server = redis()
    client = server.client()
    before = connections(client)
    one = drive(server, pool=3)
    one.load(12, rounds=200)
    assert one.count("join")[0] == 2400
    assert 1 <= one.stats()["open"] <= 3
    assert 1 <= connections(client) - before <= 3
    client.close()


def test_a_connection_closed_in_idle_times_is_no_outage(redis, drive):
    server = redis()
    one, client = drive(server), server.client()
    for _ in range(5):
        assert one.take(slots=100)[0] == "ok"
        # Answered after they are closed.
        assert client("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert one.take(slots=100)[0] == "ok"
    assert one.stats()["faults"] == 0
    client.close()


def test_another_database(redis, drive):
    server = redis()
    one, client = drive(server, database=3), server.client()
    one.take(slots=9)
    assert client("DBSIZE") == 0
    client("SELECT", 3)
    assert client("DBSIZE") >= 1
    client.close()


def test_it_ends_while_calls_run(redis, drive):
    server = redis()
    one = drive(server)
    one.load(4)
    beat = threading.Event()
    while not one.count()[0]:
        beat.wait(0.01)
    one.close()
    drive_again = drive(server)
    assert drive_again.take(slots=1)[0] == "ok"
