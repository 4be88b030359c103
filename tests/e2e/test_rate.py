"""callers[].rate: how many requests one XMPP server may send."""

import base64
import datetime
import signal
import time

import support


def config(**rate):
    return support.s3_config(callers=[
        {"id": "prosody", "secret": support.SECRET, **rate},
        {"id": "other", "secret": support.SECRET + "-other"}])


def stamp(reply):
    return datetime.datetime.strptime(
        reply.json["retry_at"], "%Y-%m-%dT%H:%M:%S%z").timestamp()


def ask(slotd, **auth):
    return slotd.post(support.slot_body(), **auth)


def exhaust(slotd, count):
    """All that are left; the first refusal."""
    for _ in range(count):
        reply = ask(slotd)
        if reply.status != 200:
            return reply
    raise AssertionError("never refused")


def test_at_retry_at_it_succeeds(start):
    slotd = start(config(rate=1, burst=2))
    reply = exhaust(slotd, 50)
    problem = support.assert_problem(reply, "rate-limited")
    assert int(reply.headers["Retry-After"]) >= 1
    assert "caller" in problem["detail"]
    # Others have their own.
    assert ask(slotd, caller="other",
               secret=support.SECRET + "-other").status == 200
    ahead = stamp(reply) - time.time()
    assert ahead <= 2
    support.wait_for("retry_at", lambda: time.time() >= stamp(reply))
    assert ask(slotd).status == 200


def test_a_reload_fills_nothing(start):
    """Who was over its rate is so still, also by new settings."""
    slotd = start(config(rate=1, burst=200))
    exhaust(slotd, 2000)
    began = time.monotonic()
    for settings in ({"rate": 1, "burst": 200}, {"rate": 2, "burst": 190}):
        seen = len(slotd.lines)
        again = config(**settings)
        again["listen"] = slotd.config["listen"]
        support.write_config(slotd.path.parent, again)
        slotd.process.send_signal(signal.SIGHUP)
        slotd.wait_line("msg=reloaded", seen)
        granted = 0
        while ask(slotd).status == 200:
            granted += 1
        assert granted <= 2 * (time.monotonic() - began) + 2
    # Who took nothing has all.
    assert ask(slotd, caller="other",
               secret=support.SECRET + "-other").status == 200


def told(slotd, caller):
    """All that a request with a wrong signature is told."""
    reply = ask(slotd, caller=caller, secret="a-stranger-who-guesses")
    return reply.status, reply.body, sorted(
        (name, value) for name, value in reply.headers.items()
        if name not in ("Date", "X-Request-Id"))


def test_a_stranger_learns_no_ids(start):
    """A caller over its rate looks like one that is not there."""
    slotd = start(config(rate=1, burst=1))

    def looked():
        exhaust(slotd, 50)
        answers = [told(slotd, "prosody"), told(slotd, "nobody")]
        # Only if it was over its rate all the time.
        return ask(slotd).status == 429 and answers

    known, unknown = support.wait_for("a caller over its rate", looked)
    assert known[0] == 401
    assert known == unknown


def test_what_was_refused_may_come_again(start):
    """The very same request: its nonce was not used up."""
    slotd = start(config(rate=1, burst=1))
    body = support.slot_body()

    def refused():
        exhaust(slotd, 50)
        headers = [("Authorization", support.authorization(body=body)),
                   ("Content-Type", "application/json")]
        reply = slotd.ask("POST", "/slot", body, headers)
        return reply.status == 429 and (headers, reply)

    headers, reply = support.wait_for("a refusal", refused)
    support.wait_for("retry_at", lambda: time.time() >= stamp(reply))
    assert slotd.ask("POST", "/slot", body, headers).status == 200


def test_a_stranger_exhausts_nobody(start):
    """Neither by the caller's id, nor by a captured request."""
    slotd = start(config(rate=1, burst=5))
    for _ in range(100):
        reply = ask(slotd, secret="a-stranger-who-only-knows-the-id")
        support.assert_problem(reply, "unauthorized")
    body = support.slot_body()
    line = support.authorization(body=body)
    headers = [("Authorization", line), ("Content-Type", "application/json")]
    assert slotd.ask("POST", "/slot", body, headers).status == 200
    for _ in range(100):
        reply = slotd.ask("POST", "/slot", body, headers)
        support.assert_problem(reply, "replayed")
    for _ in range(4):
        assert ask(slotd).status == 200


def test_ids_that_nobody_has(start):
    slotd = start(config(rate=1, burst=1))
    for _ in range(20):
        support.assert_problem(
            ask(slotd, caller="nobody"), "unauthorized")
    assert ask(slotd).status == 200


def test_a_caller_of_ejabberds_dialect(start):
    secret = support.SECRET + "-ejabberd"
    slotd = start(support.s3_config(callers=[
        {"id": "ejabberd", "secret": secret, "dialect": "ejabberd",
         "rate": 1, "burst": 2}]))

    def get(secret):
        basic = base64.b64encode(f"ejabberd:{secret}".encode()).decode()
        return slotd.ask("GET", "/slot?jid=a%40x.org&name=a&size=1",
                         headers=[("Authorization", "Basic " + basic)])

    for _ in range(50):
        assert get("a-strangers-guess").status == 401
    replies = [get(secret) for _ in range(50)]
    assert [reply.status for reply in replies[:2]] == [200, 200]
    refused = [reply for reply in replies if reply.status != 200]
    assert refused
    assert {(reply.status, reply.json["code"]) for reply in refused} == {
        (402, "rate-limited")}
    assert all(int(reply.headers["Retry-After"]) >= 1 for reply in refused)
