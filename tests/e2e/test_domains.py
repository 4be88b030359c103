"""A domain has one form, however it is written: in JIDs, in the
configuration, in queries, in tokens."""

import base64
import re
import urllib.parse

import pytest

import dialects
import support
from scrape import scrape

U_LABEL, A_LABEL = "bücher.example", "xn--bcher-kva.example"
BELOW = ("b.straße.example", "b.xn--strae-oqa.example")
# What is one domain; the last is the form that is shown.
SAME = [
    (U_LABEL, "BÜCHER.example.", "bu\u0308cher.Example", A_LABEL),
    BELOW,
    ("[2001:DB8:0::1]", "[2001:0db8:0:0:0:0:0:1]", "[2001:db8::1]"),
]
ALLOWED = [U_LABEL, "*.xn--strae-oqa.example", "[2001:db8:0:0::1]"]
LIMITED = [
    {"name": "xn--bcher-kva.example", "max_size": 5000},
    {"name": "*.straße.example", "max_size": 5000},
    {"name": "[2001:DB8::0:1]", "max_size": 5000}]


def config_of(make, *args, **over):
    secret = support.SECRET
    return make(*args, callers=[
        {"id": "prosody", "secret": secret, "allow_domains": ALLOWED},
        {"id": "ejabberd", "secret": secret + "-ejabberd",
         "dialect": "ejabberd", "allow_domains": ALLOWED},
        *over.pop("callers", [])], domains=LIMITED,
        storage={"key": "{domain}/{random}/{filename}"},
        policy={"bytes_per_day": 1000000}, **over)


@pytest.fixture(scope="module")
def s3(start_once):
    return start_once(config_of(support.s3_config, log={"jids": True}))


def ask(slotd, method, target):
    return slotd.ask(method, target, headers=[
        ("Authorization", support.authorization(method, target))])


def escaped(text):
    return urllib.parse.quote(text, safe="")


@pytest.mark.parametrize("forms", SAME)
def test_slots(s3, forms):
    """Allowed, limited, counted, in the key, the log and the metrics."""
    for size, domain in enumerate(forms, 1):
        local = "Juliet" if size % 2 else "juliet"
        slot = s3.slot(jid=f"{local}@{domain}/x", size=size)
        key = support.key_of(slot["get"], "https://bucket.s3.example.org")
        assert key.startswith(forms[-1] + "/"), key
        reply = s3.post(support.slot_body(jid=domain, size=5001))
        problem = support.assert_problem(reply, "file-too-large")
        assert problem["max_file_size"] == 5000
    total = sum(range(1, len(forms) + 1))
    for domain in forms:
        reply = ask(s3, "GET", "/quota?jid=" + escaped("JULIET@" + domain))
        assert reply.json["bytes"] == total, reply
        reply = ask(s3, "GET", "/limits?domain=" + escaped(domain))
        assert (reply.status, reply.json["max_size"]) == (200, 5000), reply
        done = support.run("quota", "-c", s3.path, "juLiet@" + domain)
        assert done.stdout.startswith(b"juliet@" + forms[-1].encode() + b"\n")
        assert f"({total} of 1000000 bytes)".encode() in done.stdout, done
    assert scrape(s3).value(
        "slotd_slots_granted_total", "prosody", forms[-1]
    ) == len(forms)
    s3.wait_line("jid=juliet@" + re.escape(forms[-1]))


@pytest.mark.parametrize("forms", SAME)
def test_ejabberd(s3, forms):
    secret = f"ejabberd:{support.SECRET}-ejabberd"
    basic = "Basic " + base64.b64encode(secret.encode()).decode()
    for domain in forms:
        reply = s3.ask(
            "GET", f"/slot?jid={escaped('a@' + domain)}&name=x&size=1"
            "&content_type=image/png", headers=[("Authorization", basic)])
        assert reply.status == 200, reply
        assert escaped(forms[-1]).encode() in reply.body


def test_others_are_others(s3):
    """Nontransitional: ß is no ss. ASCII is as it is."""
    for domain in ("b.strasse.example", "bucher.example", "straße.example",
                   "xn--zz.example", "[2001:db8::2]", "192.0.2.7"):
        reply = s3.post(support.slot_body(jid="a@" + domain))
        support.assert_problem(reply, "forbidden")
        reply = ask(s3, "GET", "/limits?domain=" + escaped(domain))
        problem = support.assert_problem(reply, "forbidden")
        assert problem["detail"] == "domain: this caller gets no slots for it"
    # No form at all: a joiner out of place, what is no letter (RFC 5892).
    for domain in ("a\u200db.example", "\u2603.example", "bü.xn--zz.example"):
        reply = s3.post(support.slot_body(jid="a@" + domain))
        assert support.assert_problem(
            reply, "bad-request")["detail"].startswith("jid: "), domain
        reply = ask(s3, "GET", "/limits?domain=" + escaped(domain))
        support.assert_problem(reply, "bad-request")


def test_subject_of_a_token(start, tmp_path):
    slotd = start(config_of(
        support.fs_config, tmp_path / "store",
        callers=[dialects.caller("jwt", allow_domains=ALLOWED)]))
    number = 0
    for domain in (domain for forms in SAME for domain in forms):
        for size, status in ((4, 201), (5001, 413)):
            number += 1
            ticket = dialects.Pass("jwt", f"id/{number}", size, "image/png",
                                   sub="a@" + domain)
            reply = slotd.ask(
                "PUT", ticket.put, b"x" * size, list(ticket.headers.items()))
            assert reply.status == status, (domain, reply)
    for forms in SAME:
        slotd.wait_line(" domain=" + re.escape(forms[-1]))


def test_commands(tmp_path):
    """{user} is one for all spellings of a JID."""
    key = tmp_path / "slotd.key"
    key.write_text("k" * 40 + "\n")
    key.chmod(0o600)
    path = support.write_config(tmp_path, config_of(
        support.s3_config, key_file=str(key)))
    for forms in SAME:
        done = support.run("user", "-c", path, *(
            local + "@" + domain for domain in forms
            for local in ("juliet", "Juliet")))
        assert done.returncode == 0, done
        lines = done.stdout.split()
        assert len(lines) == 2 * len(forms) and len(set(lines)) == 1, done
        done = support.run("slot", "-c", path, "--jid", "a@" + forms[0],
                           "--size", "5001", "x")
        assert done.returncode == 1
        assert b"the limit is 5000 bytes" in done.stderr


@pytest.mark.parametrize("domain, says", [
    ("xn--zz.example", b"is not an A-label"),
    ("*.xn--a.example", b"is not an A-label"),
    ("a\u200db.example", b"the domain has no ASCII form"),
    ("[2001:db8::1", b"must be a domain"),
    ("*.[2001:db8::1]", b"an IP address has no subdomains"),
    ("*.192.0.2.1", b"an IP address has no subdomains"),
])
def test_check_refuses(tmp_path, domain, says):
    for over, setting in (
            ({"callers": [{"id": "a", "secret": support.SECRET,
                           "allow_domains": [domain]}]},
             b": callers[0].allow_domains[0]: "),
            ({"domains": [{"name": domain}]}, b": domains[0].name: ")):
        path = support.write_config(tmp_path, support.s3_config(**over))
        done = support.run("check", "-c", path)
        assert done.returncode == 1, (domain, done)
        assert setting in done.stderr and says in done.stderr, done


def test_check_knows_one_domain_twice(tmp_path):
    path = support.write_config(tmp_path, support.s3_config(
        domains=[{"name": U_LABEL}, {"name": A_LABEL}]))
    done = support.run("check", "-c", path)
    assert done.returncode == 1, done
    assert b"domains[1].name: another entry already has this name" in done.stderr


@pytest.mark.parametrize("names, hidden", [
    (["*.example.org", "*.b.example.org"], 1),
    (["*.b.example.org", "*.example.org"], None),
    (["*.example.org", "b.example.org"], None),
    (["b.example.org", "*.b.example.org"], None),
    (["*.example.org", "*.badexample.org"], None),
    (["*.b\u00fccher.example", "a.example", "*.A.XN--BCHER-KVA.example"], 2),
])
def test_check_tells_what_never_counts(tmp_path, names, hidden):
    path = support.write_config(tmp_path, support.s3_config(
        domains=[{"name": name} for name in names]))
    done = support.run("check", "-c", path)
    assert done.returncode == 0, done
    said = [line.split(b": ", 1)[1] for line in done.stderr.splitlines()]
    assert said == [] if hidden is None else said == [
        b"domains[%d].name: warning: is never used, because domains[0] "
        b"matches the same domains first: move this entry before that one"
        % hidden], done
