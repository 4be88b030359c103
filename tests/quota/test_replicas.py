"""Three slotd that share one Redis."""

import collections
import secrets
import threading
import time
import urllib.parse

import pytest

import support
from scrape import scrape

CLIENTS = 50
SIZE = 1 << 20


def config(server, policy, **quota):
    return support.s3_config(
        policy=policy,
        callers=[{"id": "prosody", "secret": support.SECRET},
                 {"id": "bound", "secret": support.SECRET + "-bound",
                  "allow_domains": ["example.net"]}],
        quota={"type": "redis", "unix": str(server.path), "timeout": 10000,
               "on_error": "refuse", **quota})


@pytest.fixture
def replicas(start):
    def start_three(*arguments, **quota):
        return [start(config(*arguments, **quota)) for _ in range(3)]
    return start_three


def race(three, count=4, **members):
    """Fifty clients at once, each with some requests: how often each status
    was answered."""
    body = support.slot_body(**members)
    begin, seen = threading.Barrier(CLIENTS), collections.Counter()
    lock = threading.Lock()

    def client(number):
        begin.wait(support.PATIENCE)
        for i in range(count):
            reply = three[(number + i) % 3].post(body)
            with lock:
                seen[reply.status] += 1

    threads = [threading.Thread(target=client, args=(n,))
               for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3 * support.PATIENCE)
    assert sum(seen.values()) == CLIENTS * count
    return seen


@pytest.mark.parametrize("policy, jid", (
    ({"bytes_per_day": 17 * SIZE + SIZE // 2}, "juliet@example.org"),
    ({"domain_bytes_per_day": 17 * SIZE}, "romeo@example.org"),
    ({"slots_per_minute": 17}, "juliet@example.org")))
def test_the_last_bytes(redis, replicas, policy, jid):
    """As many slots as fit, whoever asks whom; and all of them."""
    seen = race(replicas(redis(), policy), jid=jid, size=SIZE)
    assert seen == {200: 17, 429: CLIENTS * 4 - 17}


def signed(method="POST", target="/slot", body=b"", **auth):
    return [("Content-Type", "application/json"),
            ("Authorization",
             support.authorization(method, target, body, **auth))]


@pytest.mark.parametrize("policy", ({}, {"bytes_per_day": 100 * SIZE}))
def test_a_captured_request_is_refused_everywhere(redis, replicas, policy):
    three = replicas(redis(), policy)
    body = support.slot_body(size=SIZE)
    headers = signed(body=body)
    assert three[0].ask("POST", "/slot", body, headers).status == 200
    for slotd in three:
        reply = slotd.ask("POST", "/slot", body, headers)
        support.assert_problem(reply, "replayed")
    assert three[1].post(body).status == 200


@pytest.mark.parametrize("target", (
    "/limits?domain=example.org", "/quota?jid=juliet%40example.org"))
def test_of_other_requests_too(redis, replicas, target):
    three = replicas(redis(), {"bytes_per_day": SIZE})
    headers = signed("GET", target)
    assert three[0].ask("GET", target, None, headers).status == 200
    for slotd in three:
        reply = slotd.ask("GET", target, None, headers)
        support.assert_problem(reply, "replayed")
    assert three[2].ask(
        "GET", target, None, signed("GET", target)).status == 200


def test_a_refused_one_too(redis, replicas):
    """Refused for its size, its domain or the quota: nowhere again."""
    three = replicas(redis(), {"bytes_per_day": 2 * SIZE})
    three[2].slot(size=2 * SIZE)
    for status, members, auth in (
            (413, {"size": 3 * SIZE}, {}), (429, {"size": SIZE}, {}),
            (403, {}, {"caller": "bound",
                       "secret": support.SECRET + "-bound"})):
        body = support.slot_body(**members)
        headers = signed(body=body, **auth)
        assert three[0].ask("POST", "/slot", body, headers).status == status
        support.assert_problem(
            three[1].ask("POST", "/slot", body, headers), "replayed")


def test_nonces_of_two_callers_do_not_meet(redis, replicas):
    three = replicas(redis(), {})
    nonce, body = secrets.token_hex(8), support.slot_body(
        jid="juliet@example.net")
    for slotd, auth in ((three[0], {}), (three[1], {
            "caller": "bound", "secret": support.SECRET + "-bound"})):
        assert slotd.ask("POST", "/slot", body, signed(
            body=body, nonce=nonce, **auth)).status == 200


def use(slotd, jid):
    target = "/quota?jid=" + urllib.parse.quote(jid, safe="")
    reply = slotd.ask("GET", target, None, signed("GET", target))
    assert reply.status == 200, reply
    return reply.json


def test_all_see_the_same_use(redis, replicas):
    three = replicas(redis(), {"bytes_per_day": 10 * SIZE})
    for slotd in three:
        slotd.slot(size=SIZE)
    assert {slotd.address: use(slotd, "juliet@example.org")["bytes"]
            for slotd in three} == {
                slotd.address: 3 * SIZE for slotd in three}


@pytest.mark.parametrize("on_error, status", (("allow", 200),
                                              ("refuse", 503)))
def test_redis_dies_and_comes_back(redis, start, on_error, status):
    """What asks for nothing of it goes on; then all is counted again."""
    server = redis()
    slotd = start(config(
        server, {"slots_per_minute": 3}, on_error=on_error))
    support.wait_for("a connection", lambda: slotd.post(
        support.slot_body(jid="nurse@example.org")).status == 200)
    server.kill()
    seen = len(slotd.lines)
    for i in range(20):
        begin = time.monotonic()
        reply = slotd.post(support.slot_body(jid="romeo@example.org"))
        assert time.monotonic() - begin < support.PATIENCE / 2
        # The first may find the connection cut under way.
        assert reply.status == status, reply
        assert slotd.healthy()
        assert slotd.ask("GET", "/readyz").status == 200
    slotd.wait_line("level=warn.*Redis at .*cannot be reached", seen)
    target = "/limits?domain=example.org"
    assert slotd.ask(
        "GET", target, None, signed("GET", target)).status == status
    # The local table is asked in any case.
    body = support.slot_body()
    headers = signed(body=body)
    assert slotd.ask("POST", "/slot", body, headers).status == status
    support.assert_problem(
        slotd.ask("POST", "/slot", body, headers), "replayed")
    server.start()
    slotd.wait_line("level=info.*Redis works again", seen)
    assert [slotd.post(support.slot_body(jid="nurse@example.org")).status
            for _ in range(4)] == [200, 200, 200, 429]


def test_restarts_of_redis_under_load(redis, replicas):
    """No request hangs, and none is lost."""
    server = redis()
    three = replicas(server, {"bytes_per_day": 1000 * SIZE}, timeout=200,
                     on_error="allow")
    stop, seen, longest = threading.Event(), collections.Counter(), [0]

    def client(number):
        body = support.slot_body(size=1)
        while not stop.is_set():
            begin = time.monotonic()
            status = three[number % 3].post(body).status
            longest[0] = max(longest[0], time.monotonic() - begin)
            seen[status] += 1

    threads = [threading.Thread(target=client, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            before = seen[200]
            support.wait_for("load", lambda: seen[200] > before + 100)
            server.kill()
            before = seen[200]
            support.wait_for("load", lambda: seen[200] > before + 100)
            server.start(wait=False)
            support.wait_for("Redis", server.is_there)
            client_of = server.client()
            support.wait_for("a count", lambda: client_of(
                "KEYS", "slotd:{example.org}:u:*"))
            client_of.close()
    finally:
        stop.set()
        for thread in threads:
            thread.join(support.PATIENCE)
    assert set(seen) == {200}
    # However busy the machine is: none hung.
    assert longest[0] < support.PATIENCE


def test_metrics_tell_whether_it_counts(redis, start):
    """One that is full answers everything, and counts nothing."""
    server = redis("--maxmemory-policy", "noeviction")
    slotd = start(config(
        server, {"slots_per_minute": 9}, on_error="allow"))

    def metric(name):
        return scrape(slotd).value("slotd_quota_redis_" + name)

    support.wait_for("Redis", lambda: metric("up"))
    slotd.slot()
    client = server.client()
    client("CONFIG", "SET", "maxmemory", "1")
    undone = metric("undone_total")
    for count in range(1, 4):
        slotd.slot()
        assert (metric("up"), metric("undone_total")) == (0, undone + count)
    slotd.wait_line("its memory is full")
    client("CONFIG", "SET", "maxmemory", "0")
    client.close()
    support.wait_for("Redis", lambda: metric("up"))
    slotd.wait_line("works again")
