"""What the log says, and what it must not say."""

import concurrent.futures
import json
import re
import time

import dialects
import pytest
import support
from upload import Upload

JID = "juliet@example.org"


def line_of(slotd, size, **members):
    """The log line of one slot, known by its size."""
    seen = len(slotd.lines)
    slotd.slot(size=size, **members)
    return slotd.wait_line(rf"\b{size}\b", seen)


def test_one_line_for_each_request(start):
    slotd = start(support.s3_config())
    before = len(slotd.lines)
    for n in range(10):
        line_of(slotd, 7654321 + n)
    slotd.stop()
    for n in range(10):
        found = [x for x in slotd.lines[before:] if str(7654321 + n) in x]
        assert len(found) == 1, found


def refused_line(slotd, mark):
    """The log line of a refusal, which has the target as received."""
    seen = len(slotd.lines)
    slotd.ask("POST", "/slot?" + mark, b"{}")
    return slotd.wait_line("mark1", seen)


def test_logfmt(start):
    slotd = start(support.s3_config())
    pair = r'[a-z_.]+=("([^"\\]|\\.)*"|[^ "=]*)'
    for line in (refused_line(slotd, 'mark1%22"=x'), line_of(slotd, 7654321)):
        assert re.fullmatch(f"{pair}( {pair})*", line), line


def test_json(start):
    slotd = start(support.s3_config(log={"format": "json"}))
    found = json.loads(refused_line(slotd, 'mark1%22"=x'))
    assert '/slot?mark1%22"=x' in found.values()
    assert 401 in found.values()
    found = json.loads(line_of(slotd, 7654321))
    assert 200 in found.values() and 7654321 in found.values()
    slotd.stop()
    for line in slotd.lines:
        json.loads(line)


def test_jids_only_when_wanted(start):
    for wanted in (False, True):
        slotd = start(support.s3_config(log={"jids": wanted}))
        found = line_of(slotd, 7654321)
        assert (JID in found) == wanted
        slotd.stop()
        assert (JID in "\n".join(slotd.lines)) == wanted


def test_no_jid_turns_a_line_around(start):
    """Bidi controls, tags, invisible characters, line separators."""
    hidden = "\u202e\u2066\u200b\u2060\ufeff\u061c\U000e0041"
    slotd = start(support.s3_config(log={"jids": True}))
    line = line_of(slotd, 7654321, jid=f"a{hidden}b@example.org")
    assert (r'jid="a\u202e\u2066\u200b\u2060\ufeff\u061c\udb40\udc41b'
            '@example.org"') in line
    assert line.isascii()


def test_no_second_line_by_injection(start):
    """Whatever bytes a target has: still one line, and no control in it."""
    slotd = start(support.s3_config())
    seen = len(slotd.lines)
    address = slotd.address
    for target in (b"/a\x1b[31mred", b"/b%0a%0dlevel=error", b"/c\x0bd\x0c",
                   b"/\xff\xfe\xc2\x85x", b'/q"msg="y'):
        support.raw(address, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n"
                    b"Connection: close\r\n\r\n")
    line_of(slotd, 7654321)
    slotd.stop()
    for line in slotd.lines[seen:]:
        assert not re.search("[\x00-\x1f\x7f-\x9f]", line), repr(line)


def test_no_secrets(start, tmp_path):
    """Neither signatures nor tokens nor keys, whatever happens."""
    fs = start(support.fs_config(tmp_path / "store"))
    answer = fs.slot(size=3)
    token = answer["put"].split("/u/")[1].split("/")[0]
    assert support.fetch("PUT", answer["put"], b"abc").status == 201
    assert support.fetch("PUT", answer["put"], b"abcd").status == 413
    upload = Upload(answer["put"], 3)
    assert upload.reply().status == 409
    upload.close()
    line = support.authorization(secret="wrong, but long enough")
    fs.ask("POST", "/slot", b"{}", {"Authorization": line})
    fs.stop()
    log = "\n".join(fs.lines)
    key = (tmp_path / "store" / ".key").read_text().strip()
    for secret in (support.SECRET, line.split("sig=")[1], key):
        assert secret not in log
    assert "/u/" in log
    assert token not in log


def test_whom_to_mend(start):
    """A refused request names the caller that it claims to be, if there is
    one, and how far its clock is off."""
    slotd = start(support.s3_config(log={"format": "json"}))

    def line(**auth):
        seen = len(slotd.lines)
        assert slotd.post(support.slot_body(), **auth).status == 401
        found = json.loads(slotd.wait_line('"status":401', seen))
        assert "caller" not in found
        return found

    found = line(secret="wrong-secret-of-20-b")
    assert (found["claimed"], found["reason"]) == (
        "prosody", "wrong signature")
    assert "skew" not in found
    assert "claimed" not in line(caller="nobody")
    found = line(ts=int(time.time()) - 7200)
    assert found["claimed"] == "prosody"
    assert -7230 <= found["skew"] <= -7200
    assert 7170 <= line(ts=int(time.time()) + 7200)["skew"] <= 7200


def test_levels(start):
    """What is to be mended is told, however little is wanted."""
    slotd = start(support.s3_config(log={"level": "warn"}))
    slotd.slot(size=7654321)
    slotd.post(support.slot_body(size=-1))
    assert slotd.post(support.slot_body(), caller="nobody").status == 401
    assert "level=warn" in slotd.wait_line("status=401")
    slotd.stop()
    assert not [x for x in slotd.lines if "status=200" in x
                or "status=400" in x]


# --- ids, {user}, slots ---------------------------------------------------


def field(line, name):
    found = re.search(rf' {name}=("(?:[^"\\]|\\.)*"|[^ ]*)', line)
    return found and found[1]


@pytest.mark.parametrize("named", [
    "a", "A.b_c-9", "x" * 64, "2f1c0a52-7f7a-4b1e-9a53-0d3c1f0c7f11"])
def test_an_id_that_is_named(s3, named):
    seen = len(s3.lines)
    reply = s3.ask("GET", "/nowhere", headers={"X-Request-Id": named})
    assert reply.headers.get_all("X-Request-Id") == [named]
    assert field(s3.wait_line("status=404", seen), "id") == named


@pytest.mark.parametrize("named", [
    "", "x" * 65, "a b", "a=b", 'a"b', "a/b", "a\tb", "\xfcber", "a,b"])
def test_an_id_that_is_none(s3, named):
    """Another is made: 16 hex digits."""
    seen = len(s3.lines)
    reply = s3.ask("GET", "/nowhere", headers={"X-Request-Id": named})
    found = reply.headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{16}", found)
    assert field(s3.wait_line("status=404", seen), "id") == found


def test_every_answer_has_its_id(fs):
    slot = fs.slot(size=3)
    asked = [
        (fs.ask, "GET", "/metrics"), (fs.ask, "POST", "/slot"),
        (fs.ask, "PUT", "/slot"), (fs.ask, "DELETE", "/healthz"),
        (support.fetch, "PUT", slot["put"]),
        (support.fetch, "OPTIONS", slot["put"]),
        (support.fetch, "GET", slot["get"]),
        (support.fetch, "PUT", slot["put"].replace("/u/", "/u/x"))]
    ids = [how(method, what, b"abc").headers["X-Request-Id"]
           for how, method, what in asked]
    assert len(set(ids)) == len(asked)
    for made in ids:
        assert re.fullmatch("[0-9a-f]{16}", made)
        fs.wait_line("id=" + made)


@pytest.mark.parametrize("level", ["info", "warn"])
def test_probes(start, level):
    """A healthy one leaves no line, and one that fails does."""
    slotd = start(support.s3_config(
        log={"level": level}, limits={"drain_delay": 86400}))
    seen = len(slotd.lines)
    for method in ("GET", "HEAD"):
        for path in ("/healthz", "/readyz", "/readyz?a=b"):
            assert slotd.ask(method, path).status == 200
    assert slotd.ask("DELETE", "/healthz").status == 405
    slotd.terminate()
    support.wait_for("/readyz to be 503", lambda: slotd.ask(
        "GET", "/readyz", headers={"X-Request-Id": "late"}).status == 503)
    line = slotd.wait_line("id=late .* status=503", seen)
    assert "level=error" in line and " route=/readyz " in line
    assert slotd.healthy()
    slotd.stop()
    probes = [x for x in slotd.lines[seen:] if re.search("route=/[hr]", x)]
    assert not [x for x in probes if "status=200" in x]
    assert len([x for x in probes if "status=405" in x]) == (level == "info")


def test_ids_differ(start):
    """Also between processes, and when several threads make them."""
    ids = []
    for slotd in (start(support.s3_config()), start(support.s3_config())):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            ids += pool.map(lambda _, slotd=slotd: slotd.ask(
                "GET", "/healthz").headers["X-Request-Id"], range(200))
    assert len(set(ids)) == 400


def test_whose_and_which(start, tmp_path):
    """{user} as `slotd user` has it; of a slot the first 8 characters, the
    same at its request and at its upload."""
    key = tmp_path / "slotd.key"
    key.write_text("k" * 40 + "\n")
    key.chmod(0o600)
    slotd = start(support.fs_config(tmp_path / "store", key_file=str(key)))
    done = support.run("user", "-c", slotd.path, "juliet@example.org")
    user = re.search(r"[\w-]{22}", done.stdout.decode())[0]
    seen = len(slotd.lines)
    slot = slotd.slot(size=3, jid="juliet@EXAMPLE.org/balcony")
    random = slot["get"].split("/f/")[1][:8]
    line = slotd.wait_line("status=200", seen)
    assert field(line, "user") == user
    assert field(line, "slot") == random
    assert field(line, "domain") == "example.org"
    assert support.fetch("PUT", slot["put"], b"abc").status == 201
    line = slotd.wait_line("status=201", seen)
    assert (field(line, "slot"), field(line, "size")) == (random, "3")
    # Refused: there is no slot.
    assert slotd.post(support.slot_body(size=2**40)).status == 413
    line = slotd.wait_line("status=413", seen)
    assert field(line, "slot") is None and field(line, "user") == user


def test_no_user_without_a_key(start):
    slotd = start(support.s3_config())
    line = line_of(slotd, 7654321)
    assert field(line, "user") is None and field(line, "slot")


@pytest.mark.parametrize("template", [
    "{filename}/{random}", "{ext}-{random}/{filename}"])
def test_a_name_first_in_the_key(start, tmp_path, template):
    """What is logged of a key is its random part, wherever it stands."""
    slotd = start(support.fs_config(
        tmp_path / "store", storage={"key": template}))
    slot = slotd.slot(size=3, filename="telltale.telltale")
    assert support.fetch("PUT", slot["put"], b"abc").status == 201
    line = slotd.wait_line("status=201")
    assert field(line, "slot") in slot["get"]
    assert "telltale" not in "\n".join(slotd.lines)


# --- who fails to authenticate --------------------------------------------


def test_failed_authentications_begin_alike(start, tmp_path):
    """A fixed begin, and then the rest: nothing of the request before."""
    slotd = start({**support.fs_config(tmp_path / "store"),
                   "trusted_proxies": ["127.0.0.1"], "callers": [
                       {"id": "prosody", "secret": support.SECRET},
                       {"id": "ejabberd", "dialect": "ejabberd",
                        "secret": support.SECRET + "-2"},
                       dialects.caller("jwt")]})
    for target, method in (("/slot", "POST"), ("/slot", "GET"),
                           ("/limits?domain=a", "GET"),
                           ("/jwt/a/b.txt", "PUT")):
        for address in ("192.0.2.7", "2001:db8::7"):
            seen = len(slotd.lines)
            reply = slotd.ask(method, target, b"x", {
                "X-Forwarded-For": "198.51.100.1, " + address,
                "X-Request-Id": "msg.unauthorized"})
            assert reply.status == 401
            line = slotd.wait_line("status=401 code=unauthorized", seen)
            assert re.match(
                rf"ts=\S+ level=warn msg=unauthorized client={address} "
                rf"id=msg.unauthorized method={method} route=/", line), line


def test_no_client_of_who_uploads(start, tmp_path):
    """The address of who did nothing wrong is nobody's business."""
    slotd = start(support.fs_config(tmp_path / "store"))
    slot = slotd.slot(size=3)
    for method, url in (("PUT", slot["put"]), ("GET", slot["get"]),
                        ("GET", slot["get"] + "x")):
        support.fetch(method, url, b"abc")
    slotd.stop()
    assert "client=" not in "\n".join(slotd.lines)


def test_strangers_do_not_fill_the_disk(start):
    """After 200 lines there is one a second, and the rest is counted."""
    slotd = start(support.s3_config())
    began = time.monotonic()
    connection = support.Connection(slotd.address)
    for _ in range(1000):
        assert connection.ask("POST", "/slot", b"{}").status == 401
    connection.close()
    # Other lines go on.
    line_of(slotd, 7654321)
    slotd.stop()
    took = time.monotonic() - began
    said = [x for x in slotd.lines if "msg=unauthorized" in x]
    assert 200 <= len(said) <= 201 + took
    assert sum(int(field(x, "lines")) for x in slotd.lines
               if 'msg="lines left out" which=unauthorized' in x
               ) == 1000 - len(said)


def test_who_is_known_is_always_logged(start):
    """A caller's refused requests are lines, as many as there are."""
    slotd = start(support.s3_config(policy={"max_size": 10}))
    began = time.monotonic()
    for n in range(300):
        slotd.post(support.slot_body(size=1000 + n))
        slotd.ask("POST", "/slot", b"{}")
    slotd.stop()
    took = time.monotonic() - began
    lines = "\n".join(slotd.lines)
    assert lines.count("code=file-too-large") == 300
    assert 200 <= lines.count("code=unauthorized") <= 201 + took
