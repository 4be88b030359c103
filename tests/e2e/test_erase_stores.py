"""DELETE /files with stores that speak S3, and whose slotd-erase/ is."""

import threading

import pytest

import stub_store
import support
from erasing import JULIET, assert_accepted, assert_note, erase


def s3_config(tmp_path, *stores, **over):
    key = tmp_path / "key"
    key.write_text("line-" * 8 + "\n")
    key.chmod(0o600)
    first, *others = ({
        "type": "s3", "region": "us-east-2", "bucket_url": store.url,
        "access_key_id": support.ACCESS_KEY,
        "access_key_secret": support.ACCESS_SECRET} for store in stores)
    config = support.s3_config(storage=first, key_file=str(key), **over)
    if others:
        config["storages"] = [
            {"name": f"s{number}", **other}
            for number, other in enumerate(others, 1)]
    return config


LINE = b"line-" * 8


def test_a_note_in_each_store(start, tmp_path):
    with stub_store.Store() as one, stub_store.Store() as two:
        slotd = start(s3_config(tmp_path, one, two))
        assert_accepted(erase(slotd))
        for store in (one, two):
            peer, = store.peers
            assert peer.method == "PUT"
            path, _, query = peer.target.partition("?")
            folder, name = path.rsplit("/", 1)
            assert folder == "/bucket/slotd-erase"
            assert len(name) == 22
            assert "X-Amz-SignedHeaders=content-length%3Bhost" in query
            assert_note(peer.body, LINE, JULIET)


WHY_NOT = ("storage.key has neither {owner} nor {user}; its default has "
           "{owner} once key_file is set")


def test_a_domain_whose_keys_tell_nothing(start, tmp_path):
    """Those of another domain do; this one's files would stay after a 202."""
    with stub_store.Store() as one, stub_store.Store() as two:
        config = s3_config(
            tmp_path, one, two,
            domains=[{"name": "plain.example", "storage": "s1"}])
        config["storages"][0]["key"] = "{random}/{filename}"
        config["callers"][0].pop("allow_domains", None)
        slotd = start(config)
        problem = support.assert_problem(
            erase(slotd, "a@plain.example"), "not-implemented")
        assert problem["detail"].endswith(WHY_NOT)
        done = support.run("erase", "-c", slotd.path, JULIET,
                           "a@plain.example")
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr == (
            "slotd erase: a@plain.example: object keys do not tell whose "
            f"file it is: {WHY_NOT}\n").encode()
        assert not one.peers and not two.peers
        assert_accepted(erase(slotd))
        assert one.peers and two.peers


def test_nobody_may_read_it(start, tmp_path):
    """set_public is for files."""
    with stub_store.Store() as store:
        config = s3_config(tmp_path, store)
        config["storage"]["set_public"] = True
        slotd = start(config)
        assert_accepted(erase(slotd))
        assert "acl" not in store.peers[0].target.lower()


@pytest.mark.parametrize("answer, code, word", [
    (403, "internal", "s3:PutObject"), (400, "internal", "slotd doctor"),
    (301, "internal", "slotd doctor"), (404, "internal", "slotd doctor"),
    (503, "unavailable", "did not take"), (500, "unavailable", "did not")])
def test_a_store_that_refuses(start, tmp_path, answer, code, word):
    def script(peer):
        peer.read()
        peer.answer(answer, "AccessDenied")
    with stub_store.Store() as good, stub_store.Store(script) as bad:
        slotd = start(s3_config(tmp_path, good, bad))
        reply = erase(slotd)
        if code == "internal":
            assert reply.status == 500 and reply.json["code"] == code
        else:
            support.assert_problem(reply, code)
        line = slotd.wait_line("route=/files")
        assert "storage s1: " in line and word in line, line
        bad.script = stub_store.take
        assert_accepted(erase(slotd))


@pytest.mark.parametrize("status, code", [
    (400, "RequestTimeout"), (409, "OperationAborted")])
def test_a_store_that_would_take_it_again(start, tmp_path, status, code):
    """The code says so, whatever the status."""
    with stub_store.Store(
            lambda peer: (peer.read(), peer.answer(status, code))) as store:
        slotd = start(s3_config(tmp_path, store))
        support.assert_problem(erase(slotd), "unavailable")
        store.script = stub_store.take
        assert_accepted(erase(slotd))


def test_a_store_that_is_away(start, tmp_path):
    with stub_store.Store() as store:
        config = s3_config(tmp_path, store)
        config["storage"]["bucket_url"] = (
            f"http://127.0.0.1:{support.free_port()}/bucket")
        slotd = start(config)
        support.assert_problem(erase(slotd), "unavailable")
        assert "cannot be reached" in slotd.wait_line("route=/files")


def test_no_event_loop_waits(start, tmp_path):
    released = threading.Event()

    def script(peer):
        peer.read()
        released.wait(support.PATIENCE)
        peer.answer(200)
    with stub_store.Store(script) as store:
        # The one that there is may not; slotd gives up soon.
        slotd = start(s3_config(tmp_path, store, listen={"threads": 1}))
        replies = []
        threads = [threading.Thread(
            target=lambda: replies.append(erase(slotd))) for _ in range(4)]
        for thread in threads:
            thread.start()
        support.wait_for("the store to be asked", lambda: store.peers)
        for _ in range(2):
            slotd.slot()
        assert not replies
        released.set()
        for thread in threads:
            thread.join(support.PATIENCE)
        assert [reply.status for reply in replies] == [202] * 4


# --- slotd-erase/ is nobody else's ----------------------------------------


def check(config, tmp_path):
    path = support.write_config(tmp_path, config)
    result = support.run("check", "-c", path)
    return result.returncode, result.stderr.decode()


@pytest.mark.parametrize("key", [
    "slotd-erase/{random}", "slotd-erase/x/{until}/{random}/{filename}"])
def test_no_template(tmp_path, key):
    code, text = check(support.s3_config(storage={"key": key}), tmp_path)
    assert code == 1
    assert "storage.key: it must not begin with slotd-erase/" in text


@pytest.mark.parametrize("base", ["/slotd-erase/", "/slotd-erase/x/"])
def test_no_base(tmp_path, base):
    config = support.fs_config(tmp_path / "store")
    config["callers"].append({
        "id": "share", "secret": support.SECRET + "-share",
        "dialect": "jwt", "base": base})
    code, text = check(config, tmp_path)
    assert code == 1
    assert "callers[2].base: overlaps with /slotd-erase/" in text


@pytest.mark.parametrize("key, members", [
    ("{filename}/{random}", {"filename": "slotd-erase"}),
    ("{domain}/{random}", {"jid": "a@slotd-erase"}),
    ("slotd-{ext}/{random}", {"filename": "a.erase"})])
def test_no_name(start, key, members):
    slotd = start(support.s3_config(storage={"key": key}))
    support.assert_problem(
        slotd.post(support.slot_body(**members)), "bad-request")
    slotd.slot()
