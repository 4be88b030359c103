"""Who may ask: the Authorization header in every wrong form."""

import re
import threading
import time

import pytest

import support

JSON = ("Content-Type", "application/json")
BODY = support.slot_body()


def now():
    return int(time.time())


def ask(slotd, *lines, body=BODY, target="/slot", method="POST"):
    """A request with these Authorization headers."""
    headers = [("Authorization", line) for line in lines]
    return slotd.ask(method, target, body, [*headers, JSON])


class Parts:
    """A header in its parts, right until a test spoils one."""

    def __init__(self, body=BODY, **over):
        self.id = over.get("id", "prosody")
        self.ts = str(over.get("ts", now()))
        self.nonce = over.get("nonce") or support.secrets.token_hex(8)
        self.sig = support.signature(
            over.get("secret", support.SECRET), self.id,
            over.get("method", "POST"), over.get("target", "/slot"),
            self.ts, self.nonce, body)

    def line(self, form="Slot-HMAC-SHA256 id={id}, ts={ts}, nonce={nonce}, "
                        "sig={sig}"):
        return form.format(**vars(self))


S = "Slot-HMAC-SHA256 "


@pytest.mark.parametrize("form", [
    "slot-hmac-sha256 id={id}, ts={ts}, nonce={nonce}, sig={sig}",
    "SLOT-HMAC-SHA256 id={id},ts={ts},nonce={nonce},sig={sig}",
    S + "sig={sig}, nonce={nonce}, ts={ts}, id={id}",
    S + 'id="{id}", ts="{ts}", nonce="{nonce}", sig="{sig}"',
    S + "id={id} , ts={ts}  ,  nonce={nonce} , sig={sig}",
    S + 'id={id}, ts={ts}, nonce={nonce}, sig={sig}, more=x, else="a, b"',
])
def test_right_forms(s3, form):
    assert ask(s3, Parts().line(form)).status == 200


@pytest.mark.parametrize("form", [
    "", "Slot-HMAC-SHA256", S, S + ",", S + "=",
    "Basic cHJvc29keTpzZWNyZXQ=", "Bearer {sig}",
    "Slot-HMAC-SHA1 id={id}, ts={ts}, nonce={nonce}, sig={sig}",
    "Slot-HMAC-SHA256,id={id}, ts={ts}, nonce={nonce}, sig={sig}",
    "Slot-HMAC-SHA256id={id}, ts={ts}, nonce={nonce}, sig={sig}",
    S + "ts={ts}, nonce={nonce}, sig={sig}",
    S + "id={id}, nonce={nonce}, sig={sig}",
    S + "id={id}, ts={ts}, sig={sig}",
    S + "id={id}, ts={ts}, nonce={nonce}",
    S + "id={id} ts={ts} nonce={nonce} sig={sig}",
    S + "id={id}; ts={ts}; nonce={nonce}; sig={sig}",
    S + "id={id}, id={id}, ts={ts}, nonce={nonce}, sig={sig}",
    S + "id={id}, ts={ts}, ts={ts}, nonce={nonce}, sig={sig}",
    S + "id={id}, ts={ts}, nonce={nonce}, nonce={nonce}, sig={sig}",
    S + "id={id}, ts={ts}, nonce={nonce}, sig={sig}, sig={sig}",
    S + "id={id}, ts={ts}, nonce={nonce}, sig={sig}0",
    S + "id={id}, ts={ts}, nonce={nonce}, sig=",
    S + "id={id}, ts={ts}, nonce={nonce}, sig={sig:.63}",
    S + "id={id}, ts={ts}, nonce={nonce}, sig=" + "0" * 64,
    S + "id={id}, ts={ts}, nonce={nonce}, sig=" + "g" * 64,
    S + 'id={id}, ts={ts}, nonce={nonce}, sig="{sig}',
    S + 'id={id}, ts={ts}, nonce={nonce}, sig={sig}"',
    S + "id={id}, ts=+{ts}, nonce={nonce}, sig={sig}",
    S + "id={id}, ts=0{ts}, nonce={nonce}, sig={sig}",
    S + "id={id}, ts={ts}.0, nonce={nonce}, sig={sig}",
    S + "id={id}, ts=-{ts}, nonce={nonce}, sig={sig}",
    S + "id=nobody, ts={ts}, nonce={nonce}, sig={sig}",
    S + "id=, ts={ts}, nonce={nonce}, sig={sig}",
    S + "id={id}, ts={ts}, nonce={nonce}, sig={sig}, pad=" + "x" * 512,
])
def test_wrong_forms(s3, form):
    reply = ask(s3, Parts().line(form))
    support.assert_problem(reply, "unauthorized")


def test_upper_case_signature(s3):
    parts = Parts()
    parts.sig = parts.sig.upper()
    support.assert_problem(ask(s3, parts.line()), "unauthorized")


@pytest.mark.parametrize("over", [
    {"nonce": "short-7"}, {"nonce": "n" * 65}, {"nonce": "with.dot.s"},
    {"ts": ""}, {"ts": "0"}, {"ts": "1" * 13}, {"ts": "-5"},
    {"ts": "1e9"}, {"id": "x" * 65}, {"id": "a/b"},
    {"secret": support.SECRET[:-1]}, {"secret": ""},
    {"method": "PUT"}, {"method": "post"}, {"target": "/slot?"},
    {"target": "/slot/"}, {"target": ""}, {"body": BODY + b" "},
    {"body": b""},
])
def test_wrongly_signed(s3, over):
    """Each of these is signed, but not what was sent, or not so."""
    support.assert_problem(ask(s3, Parts(**over).line()), "unauthorized")


def test_longest_and_shortest(s3):
    for nonce in ("n" * 64, support.secrets.token_hex(4), "-_" * 5 + "x"):
        assert ask(s3, Parts(nonce=nonce).line()).status == 200
    line = Parts().line()
    line += ", pad=" + "x" * (512 - len(line) - len(", pad="))
    assert len(line) == 512
    assert ask(s3, line).status == 200
    line = Parts().line()
    line += ", pad=" + "x" * (513 - len(line) - len(", pad="))
    support.assert_problem(ask(s3, line), "unauthorized")


def test_two_headers(s3):
    line = Parts().line()
    support.assert_problem(ask(s3, line, line), "unauthorized")
    support.assert_problem(ask(s3, line, "Basic eDp4"), "unauthorized")
    support.assert_problem(ask(s3), "unauthorized")
    # None of that used up the nonce.
    assert ask(s3, line).status == 200


def test_one_sentence_for_all(s3):
    replies = [
        ask(s3), ask(s3, Parts(id="nobody").line()),
        ask(s3, Parts(secret="wrong, but long enough").line()),
        ask(s3, S + "id=prosody")]
    assert len({reply.body for reply in replies}) == 1


def test_time(s3):
    for off in (-280, 280):
        assert ask(s3, Parts(ts=now() + off).line()).status == 200
    for off in (-320, 320, -86400, 10**9):
        reply = ask(s3, Parts(ts=now() + off).line())
        support.assert_problem(reply, "clock-skew")
    reply = ask(s3, Parts(ts="9" * 12).line())
    support.assert_problem(reply, "clock-skew")
    wrong = Parts(ts=now() - 320, secret="wrong, but long enough")
    support.assert_problem(ask(s3, wrong.line()), "unauthorized")


def test_replay(s3):
    line = Parts().line()
    assert ask(s3, line).status == 200
    for _ in range(3):
        support.assert_problem(ask(s3, line), "replayed")
    # The same nonce in another request is the same nonce.
    parts = Parts(nonce="twice-the-same", ts=now())
    assert ask(s3, parts.line()).status == 200
    parts = Parts(nonce="twice-the-same", ts=now() - 5)
    support.assert_problem(ask(s3, parts.line()), "replayed")


def test_refused_later_is_used_up(s3):
    """The signature was right, so the nonce is gone."""
    line = Parts(body=b"{").line()
    support.assert_problem(ask(s3, line, body=b"{"), "bad-request")
    support.assert_problem(ask(s3, line, body=b"{"), "replayed")


def test_refused_earlier_is_not(s3):
    nonce = support.secrets.token_hex(8)
    wrong = Parts(nonce=nonce, secret="wrong, but long enough")
    support.assert_problem(ask(s3, wrong.line()), "unauthorized")
    late = Parts(nonce=nonce, ts=now() - 400)
    support.assert_problem(ask(s3, late.line()), "clock-skew")
    early = Parts(nonce=nonce, ts=now() + 400)
    support.assert_problem(ask(s3, early.line()), "clock-skew")
    assert ask(s3, Parts(nonce=nonce).line()).status == 200


def test_eight_at_once(s3):
    line = Parts().line()
    found = []
    threads = [threading.Thread(
        target=lambda: found.append(ask(s3, line).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(support.PATIENCE)
    assert sorted(found) == [200] + [401] * 7


def test_two_callers(start):
    slotd = start(support.s3_config(
        callers=[{"id": "one", "secret": "the first secret of one"},
                 {"id": "two", "secret": "the first secret of two"}],
        auth={"replay_max": 4}))
    def go(caller, nonce):
        return ask(slotd, Parts(
            id=caller, secret="the first secret of " + caller,
            nonce=nonce).line())
    assert go("one", "same-nonce").status == 200
    for nonce in ("other-nonce", "third-nonce", "fourth-nonce"):
        assert go("one", nonce).status == 200
    # One holds all four; two is guaranteed its half.
    support.assert_problem(go("one", "fifth-nonce"), "unavailable")
    assert go("two", "same-nonce").status == 200
    assert go("two", "other-nonce").status == 200
    support.assert_problem(go("two", "third-nonce"), "unavailable")
    support.assert_problem(go("one", "same-nonce"), "replayed")
    wrong = Parts(id="one", secret="the first secret of two")
    support.assert_problem(ask(slotd, wrong.line()), "unauthorized")


@pytest.mark.parametrize("from_file", [False, True])
def test_two_secrets(start, tmp_path, from_file):
    both = ["the old secret is this", "the new secret is this"]
    setting = {"secrets": both}
    if from_file:
        setting = {"secret_files": []}
        for number, secret in enumerate(both):
            path = tmp_path / str(number)
            path.write_text(secret + "\n")
            path.chmod(0o600)
            setting["secret_files"].append(str(path))
    slotd = start(support.s3_config(callers=[{"id": "prosody", **setting}]))
    for secret in both:
        assert ask(slotd, Parts(secret=secret).line()).status == 200
    for secret in (support.SECRET, both[0] + "\n"):
        reply = ask(slotd, Parts(secret=secret).line())
        support.assert_problem(reply, "unauthorized")


def test_allow_domains(start):
    slotd = start(support.s3_config(callers=[{
        "id": "prosody", "secret": support.SECRET,
        "allow_domains": ["example.org", "*.example.net"]}]))
    for domain, allowed in (
            ("example.org", True), ("EXAMPLE.ORG.", True),
            ("a.example.net", True), ("b.a.Example.net", True),
            ("example.net", False), ("a.example.org", False),
            ("xexample.net", False), ("example.org.evil.com", False),
            ("evil.com", False)):
        for jid in (domain, "j@" + domain, "j@" + domain + "/example.org"):
            reply = slotd.post(support.slot_body(jid=jid))
            if allowed:
                assert reply.status == 200, (jid, reply)
            else:
                support.assert_problem(reply, "forbidden")


def test_base_path(start):
    slotd = start(support.s3_config(listen={"base_path": "/up"}))
    assert ask(slotd, Parts(target="/up/slot").line()).status == 200
    reply = ask(slotd, Parts(target="/slot").line())
    support.assert_problem(reply, "unauthorized")
    # Routes are those of the target as it comes.
    assert slotd.ask("GET", "/healthz").status == 200
    support.assert_problem(slotd.ask("GET", "/up/healthz"), "not-found")
    line = Parts(target="/up/slot").line()
    support.assert_problem(ask(slotd, line, target="/up/slot"), "not-found")


def test_query_is_signed(s3):
    line = Parts(target="/slot?a=%2f").line()
    assert ask(s3, line, target="/slot?a=%2f").status == 200
    for target in ("/slot?a=%2F", "/slot?a=/", "/slot"):
        line = Parts(target="/slot?a=%2f").line()
        reply = ask(s3, line, target=target)
        support.assert_problem(reply, "unauthorized")


def log_line(slotd, mark, *lines):
    """What the log says about a request, without what changes each time."""
    seen = len(slotd.lines)
    ask(slotd, *lines, target="/slot?" + mark)
    line = slotd.wait_line(mark, seen)
    assert "/slot?" + mark in line
    return re.sub(r"[0-9]+", "#", line.replace(mark, "MARK"))


def test_log_has_the_truth(s3):
    """One sentence for the client, the true reason for the operator."""
    target = "/slot?mark{}"
    wrong = Parts(target=target.format(2), secret="wrong, but long enough")
    late = Parts(target=target.format(3), ts=now() - 400)
    unknown = Parts(target=target.format(1), id="nobody")
    found = [
        log_line(s3, "mark0"), log_line(s3, "mark1", unknown.line()),
        log_line(s3, "mark2", wrong.line()),
        log_line(s3, "mark3", late.line()),
        log_line(s3, "mark4", S + "id=prosody")]
    assert len(set(found)) == 5, found
    log = "\n".join(s3.lines)
    for secret in (support.SECRET, wrong.sig, late.sig, unknown.sig):
        assert secret not in log
