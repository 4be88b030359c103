"""Quotas: what a user has used, who is refused and until when."""

import base64
import datetime
import json
import re
import threading
import time
import urllib.parse

import reloading
import support

MIB = 1 << 20


def limited(**over):
    policy = {"slots_per_minute": 0, "bytes_per_day": 0}
    policy.update(over.pop("policy", {}))
    return support.s3_config(policy=policy, **over)


def quota(slotd, jid, method="GET", **auth):
    target = "/quota?jid=" + urllib.parse.quote(jid, safe="")
    return slotd.ask(method, target, headers=[
        ("Authorization", support.authorization(method, target, **auth))])


def used(slotd, jid="juliet@example.org"):
    reply = quota(slotd, jid)
    assert reply.status == 200, reply
    return reply.json


def when(stamp):
    return datetime.datetime.strptime(
        stamp, "%Y-%m-%dT%H:%M:%S%z").timestamp()


def assert_refused(reply, code, within):
    """Until a moment that is at most `within` seconds ahead."""
    now = time.time()
    problem = support.assert_problem(reply, code)
    ahead = when(problem["retry_at"]) - now
    assert -2 < ahead <= within + 1, problem
    after = int(reply.headers["Retry-After"])
    assert after >= 1
    assert abs(after - ahead) < 30
    return problem


def ask(slotd, **members):
    return slotd.post(support.slot_body(**members))


def test_slots_of_a_minute(start):
    slotd = start(limited(policy={"slots_per_minute": 3}))
    begun = time.time()
    for _ in range(3):
        slotd.slot(jid="juliet@example.org/balcony")
    problem = assert_refused(
        ask(slotd, jid="Juliet@EXAMPLE.org/garden"), "rate-limited", 60)
    # The first of them leaves a minute after it came, in whole seconds.
    assert begun + 60 <= when(problem["retry_at"]) <= time.time() + 61
    slotd.slot(jid="romeo@example.org")
    # A domain alone is one user.
    for _ in range(3):
        slotd.slot(jid="gateway.example.org")
    assert_refused(
        ask(slotd, jid="gateway.example.org/x"), "rate-limited", 60)


def test_bytes_of_a_day(start):
    slotd = start(limited(policy={"bytes_per_day": "10 MiB"}))
    slotd.slot(size=6 * MIB)
    slotd.slot(size=4 * MIB - 1)
    assert_refused(ask(slotd, size=2), "quota-exceeded", 86400)
    slotd.slot(size=1)
    slotd.slot(size=0)
    answer = used(slotd)
    assert answer["bytes"] == 10 * MIB
    assert answer["slots"] == 0  # has no limit: is not counted
    assert answer["limits"] == {
        "slots_per_minute": 0, "bytes_per_day": 10 * MIB,
        "domain_bytes_per_day": 0}
    assert abs(when(answer["bytes_free_at"]) - time.time() - 86400) < 60
    assert answer["slots_free_at"] is None


def test_a_file_beyond_the_day_is_too_large(start):
    """Waiting would be no use, so it is no quota-exceeded."""
    slotd = start(limited(policy={"bytes_per_day": "10 MiB"}))
    reply = ask(slotd, size=10 * MIB + 1)
    problem = support.assert_problem(reply, "file-too-large")
    assert problem["max_file_size"] == 10 * MIB
    target = "/limits?domain=example.org"
    reply = slotd.ask("GET", target, headers=[
        ("Authorization", support.authorization("GET", target))])
    assert reply.json["max_size"] == 10 * MIB


def test_domains_have_their_own(start):
    slotd = start(limited(
        policy={"bytes_per_day": 1000, "domain_bytes_per_day": 5000},
        domains=[
            {"name": "large.example", "bytes_per_day": 0},
            {"name": "small.example", "bytes_per_day": 500,
             "domain_bytes_per_day": 800}]))
    for _ in range(5):
        slotd.slot(jid="a@large.example", size=1000)
    assert_refused(
        ask(slotd, jid="b@large.example", size=1), "quota-exceeded", 86400)
    slotd.slot(jid="a@small.example", size=500)
    assert_refused(
        ask(slotd, jid="b@small.example", size=301), "quota-exceeded", 86400)
    slotd.slot(jid="b@small.example", size=300)
    slotd.slot(jid="a@other.example", size=1000)
    answer = used(slotd, "b@small.example")
    assert (answer["bytes"], answer["domain_bytes"]) == (300, 800)
    assert abs(when(answer["domain_free_at"]) - time.time() - 86400) < 60


def test_fifty_race_for_the_last_bytes(start):
    slotd = start(limited(policy={"bytes_per_day": 10007}))
    gate = threading.Barrier(50)
    results = []

    def run():
        gate.wait(support.PATIENCE)
        for _ in range(3):
            results.append(ask(slotd, size=1000).status)

    threads = [threading.Thread(target=run) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(support.PATIENCE)
    assert sorted(results) == [200] * 10 + [429] * 140
    slotd.slot(size=7)
    assert_refused(ask(slotd, size=1), "quota-exceeded", 86400)


def test_what_fails_later_is_not_counted(start, tmp_path):
    """The disk has no room: no slot, and nothing used."""
    slotd = start(support.fs_config(
        tmp_path / "store", storage={"min_free": "1000 TiB"},
        policy={"bytes_per_day": "1 MiB", "slots_per_minute": 10}))
    for _ in range(3):
        reply = ask(slotd, size=1000)
        support.assert_problem(reply, "insufficient-storage")
    answer = used(slotd)
    assert (answer["slots"], answer["bytes"]) == (0, 0)
    assert answer["bytes_free_at"] is None


def test_an_upload_is_not_counted_again(start, tmp_path):
    slotd = start(support.fs_config(
        tmp_path / "store", policy={"bytes_per_day": "1 MiB"}))
    answer = slotd.slot(size=10)
    assert support.fetch("PUT", answer["put"], b"0123456789").status == 201
    assert used(slotd)["bytes"] == 10


def test_a_reload_keeps_what_is_used(start):
    config = limited(policy={"bytes_per_day": 1000})
    slotd = start(config)
    slotd.slot(size=600)
    config["policy"]["bytes_per_day"] = 700
    lines = reloading.reload(slotd, config)
    assert not [line for line in lines if "setting=quota" in line], lines
    assert used(slotd)["bytes"] == 600
    assert_refused(ask(slotd, size=101), "quota-exceeded", 86400)
    slotd.slot(size=100)
    config["quota"] = {"max_users": 500}
    lines = reloading.reload(slotd, config)
    assert [line for line in lines if "setting=quota" in line], lines
    assert used(slotd)["bytes"] == 700


def restart(slotd):
    slotd.terminate()
    slotd.wait()
    slotd.start()


def test_a_restart_keeps_the_state_file(start, tmp_path):
    state = tmp_path / "quota.state"
    config = limited(policy={"bytes_per_day": 1000},
                     quota={"state_file": str(state)})
    slotd = start(config)
    slotd.slot(size=600)
    restart(slotd)
    assert state.stat().st_mode & 0o777 == 0o600
    assert_refused(ask(slotd, size=401), "quota-exceeded", 86400)
    slotd.slot(size=400)
    restart(slotd)
    assert used(slotd)["bytes"] == 1000
    # No names of users are in it.
    assert b"juliet" not in state.read_bytes()


def test_rubbish_in_the_state_file(start, tmp_path):
    state = tmp_path / "quota.state"
    state.write_bytes(b"not of slotd\n")
    slotd = start(limited(policy={"bytes_per_day": 1000},
                          quota={"state_file": str(state)}))
    slotd.wait_line("quota.state: is damaged")
    slotd.wait_line("msg=ready")
    slotd.slot(size=1000)
    restart(slotd)
    assert used(slotd)["bytes"] == 1000


def test_without_a_state_file_a_restart_forgets(start):
    slotd = start(limited(policy={"bytes_per_day": 1000}))
    slotd.slot(size=600)
    restart(slotd)
    assert used(slotd)["bytes"] == 0


def test_ejabberds_dialect_has_402(start):
    secret = support.SECRET + "-ejabberd"
    slotd = start(limited(
        policy={"bytes_per_day": 1000},
        callers=[{"id": "ejabberd", "secret": secret,
                  "dialect": "ejabberd"}]))
    basic = base64.b64encode(f"ejabberd:{secret}".encode()).decode()

    def get():
        return slotd.ask(
            "GET", "/slot?jid=a%40example.org&name=a.txt&size=600",
            headers=[("Authorization", "Basic " + basic)])

    assert get().status == 200
    reply = get()
    assert reply.status == 402
    assert reply.json["code"] == "quota-exceeded"
    assert abs(when(reply.json["retry_at"]) - time.time() - 86400) < 60


def test_who_may_look(start):
    other = support.SECRET + "-other"
    slotd = start(limited(
        policy={"bytes_per_day": 1000},
        callers=[{"id": "prosody", "secret": support.SECRET},
                 {"id": "other", "secret": other,
                  "allow_domains": ["example.net"]}]))
    slotd.slot(size=1)
    reply = quota(slotd, "juliet@example.org", caller="other", secret=other)
    support.assert_problem(reply, "forbidden")
    reply = quota(
        slotd, "juliet@example.org", "DELETE", caller="other", secret=other)
    support.assert_problem(reply, "forbidden")
    reply = slotd.ask("GET", "/quota?jid=juliet%40example.org")
    support.assert_problem(reply, "unauthorized")
    support.assert_problem(quota(slotd, "a@b@c"), "bad-request")
    assert used(slotd)["bytes"] == 1
    reply = quota(slotd, "juliet@example.org/x", "DELETE")
    assert reply.status == 200
    assert reply.json["bytes"] == 0
    assert reply.json["bytes_free_at"] is None


def test_the_command(start):
    slotd = start(limited(
        policy={"bytes_per_day": "10 MiB", "slots_per_minute": 5,
                "domain_bytes_per_day": "20 MiB"}))
    before = time.time()
    slotd.slot(size=3 * MIB)

    def command(*args):
        return support.run("quota", "-c", slotd.path, *args)

    done = command("Juliet@example.org/x")
    assert done.returncode == 0, done
    text = done.stdout.decode()
    assert text.startswith("juliet@example.org\n"), text
    # Each with its own time.
    frees = dict(re.findall(r"^  (.*?): .*, frees from (\S+)$", text, re.M))
    assert abs(when(frees["slots in the last minute"]) - before - 60) < 60
    for what in ("bytes in the last day", "of the whole domain"):
        assert abs(when(frees[what]) - before - 86400) < 60, text
    assert "slots in the last minute: 1 of 5" in text
    assert "3.0 MiB of 10.0 MiB (3145728 of 10485760 bytes)" in text
    assert "3.0 MiB of 20.0 MiB" in text
    done = command("--reset", "juliet@example.org")
    assert done.returncode == 0, done
    assert "bytes in the last day: 0 bytes of 10.0 MiB\n" in (
        done.stdout.decode())
    assert used(slotd)["bytes"] == 0
    # What the domain has used in all is another matter.
    assert used(slotd)["domain_bytes"] == 3 * MIB
    assert command("--reset", "example.org").returncode == 0
    assert used(slotd)["domain_bytes"] == 0
    assert command().returncode == 2
    assert command("a", "b").returncode == 2
    assert command("a@b@c").returncode == 2
    slotd.stop()
    done = command("juliet@example.org")
    assert done.returncode == 1
    assert b"does not answer" in done.stderr


def test_the_command_by_a_unix_socket(start, tmp_path):
    """Below a path, too, that a proxy would take off."""
    slotd = start(support.s3_config(
        listen={"address": None, "port": None, "base_path": "/up",
                "unix": str(tmp_path / "slotd.sock")},
        policy={"slots_per_minute": 5}))
    done = support.run("quota", "-c", slotd.path, "a@example.org")
    assert done.returncode == 0, done
    assert b"slots in the last minute: 0 of 5\n" in done.stdout
    assert b"bytes in the last day: no limit\n" in done.stdout


def test_the_command_without_a_caller(start):
    slotd = start(limited(callers=[
        {"id": "prosody", "secret": support.SECRET,
         "allow_domains": ["example.org"]}]))
    done = support.run("quota", "-c", slotd.path, "a@example.net")
    assert done.returncode == 1
    assert b"no caller" in done.stderr
    assert support.run(
        "quota", "-c", slotd.path, "a@example.org").returncode == 0


def test_who_is_near_is_logged_once(start, tmp_path):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef0123456789abcdef0123456789abcdef\n")
    key.chmod(0o600)
    slotd = start(limited(policy={"bytes_per_day": 1000},
                          key_file=str(key), log={"format": "json"}))
    for size in (899, 1, 1, 1):
        slotd.slot(size=size)
    user = support.run(
        "user", "-c", slotd.path, "juliet@example.org").stdout.decode()
    slotd.stop()
    lines = [json.loads(line) for line in slotd.lines
             if "nearly" in line]
    assert len(lines) == 1, lines
    assert lines[0]["user"] == user.strip()
    assert lines[0]["bytes"] == 900
    assert lines[0]["bytes_per_day"] == 1000
    assert "juliet" not in "".join(slotd.lines)


def test_metrics(start):
    slotd = start(limited(policy={"bytes_per_day": 1000}))
    for user in ("a", "b", "b"):
        slotd.slot(jid=user + "@example.org", size=500)
    assert_refused(
        ask(slotd, jid="b@example.org", size=1), "quota-exceeded", 86400)
    lines = slotd.ask("GET", "/metrics").body.decode().splitlines()
    assert "slotd_quota_users 2" in lines
    assert "slotd_quota_users_max 100000" in lines
    assert 'slotd_refusals_total{code="quota-exceeded"} 1' in lines
    assert 'slotd_refusals_total{code="rate-limited"} 0' in lines
    assert not [line for line in lines if "a@" in line or "b@" in line]


def test_a_full_table_forgets_nobody(start):
    slotd = start(limited(policy={"bytes_per_day": 1000},
                          quota={"max_users": 10}))
    for number in range(10):
        slotd.slot(jid=f"u{number}@example.org", size=600)
    reply = ask(slotd, jid="one-more@example.org", size=1)
    support.assert_problem(reply, "unavailable")
    slotd.wait_line("max_users")
    assert_refused(ask(slotd, jid="u0@example.org", size=401),
                   "quota-exceeded", 86400)
    slotd.slot(jid="u0@example.org", size=400)


def test_no_jid_in_the_log(start):
    """Also when the question is refused."""
    slotd = start(support.s3_config())
    seen = len(slotd.lines)
    for auth in ({"secret": "another-secret-only-for-tests"}, {"ts": 1}):
        reply = quota(slotd, "juliet@example.org", **auth)
        assert reply.status == 401, reply
    slotd.wait_line("code=clock-skew", seen)
    text = "\n".join(slotd.lines[seen:])
    assert "target=/quota" in text
    assert "juliet" not in text
