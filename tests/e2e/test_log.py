"""What the log says, and what it must not say."""

import json
import re
import time

import support
from upload import Upload

JID = "juliet@example.org"


def line_of(slotd, size):
    """The log line of one slot, known by its size."""
    seen = len(slotd.lines)
    slotd.slot(size=size)
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
