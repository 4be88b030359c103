"""What a running slotd keeps in its memory, and how it lives without."""

import base64
import os
import resource

import pytest

import aws
import reloading
import support

LIMITS = [1 << n for n in range(12, 26)]

pytestmark = [
    pytest.mark.skipif(support.SANITIZED,
                       reason="sanitizers keep memory of their own"),
    pytest.mark.skipif(os.geteuid() != 0,
                       reason="only root may look into a process that does "
                              "not let itself be looked into"),
]


def areas(pid):
    with open(f"/proc/{pid}/maps") as lines:
        for line in lines:
            words = line.split()
            if words[1].startswith("r") and words[-1] not in (
                    "[vvar]", "[vsyscall]"):
                yield [int(end, 16) for end in words[0].split("-")]


def copies(slotd, secrets):
    """{secret: how often it stands in slotd's memory}"""
    found = dict.fromkeys(secrets, 0)
    with open(f"/proc/{slotd.process.pid}/mem", "rb", 0) as memory:
        for begin, end in areas(slotd.process.pid):
            memory.seek(begin)
            try:
                text = memory.read(end - begin)
            except OSError:
                continue
            for secret in secrets:
                found[secret] += text.count(secret.encode())
    return found


def every_secret(tmp_path, mark):
    """A configuration, and how many copies of its secrets there may be."""
    def secret(name):
        return f"{name}-{mark}-not-a-real-secret"

    def in_file(name):
        path = tmp_path / name
        path.write_text(secret(name) + "\n")
        path.chmod(0o600)
        return str(path)

    def caller(name, **more):
        return {"id": name, "secret": secret(name), **more}

    config = support.s3_config(
        key_file=in_file("key-file"),
        public_url="https://up.example.org",
        callers=[
            caller("inline"),
            {"id": "file", "secret_file": in_file("in-a-file")},
            caller("basic", dialect="ejabberd"),
            caller("token", dialect="token", base="/token/",
                   allow_domains=["example.org"])],
        storage={"access_key_secret": secret("storage"),
                 "session_token": secret("session"), "relay": True},
        quota={"type": "redis", "address": "127.0.0.1", "port": 1,
               "password": secret("redis")})
    # Of callers and keys there are key states alone. What is signed with, or
    # sent, stands in the configuration and where it is used.
    return config, {
        **dict.fromkeys(map(secret, (
            "key-file", "inline", "in-a-file", "basic", "token",
            "comment")), 0),
        **dict.fromkeys(map(secret, ("storage", "session", "redis")), 2)}


def add_comments(slotd, secrets):
    (comment,) = [x for x in secrets if x.startswith("comment")]
    text = slotd.path.read_text()
    slotd.path.write_text(
        f"# secret = \"{comment}\"\n/* {comment} */ {text} // {comment}\n")


def test_no_more_copies_of_secrets_than_are_used(start, tmp_path):
    config, wanted = every_secret(tmp_path, "first")
    slotd = start(config)
    # Some are copied where they are used a moment after it is ready.
    support.wait_for("its copies", lambda: copies(slotd, wanted) == wanted)
    add_comments(slotd, wanted)
    for _ in range(3):
        reloading.reload(slotd)
        support.wait_for("the one before to be gone", lambda: (
            copies(slotd, wanted) == wanted))
    # Others, and those before are gone; but the counter stays as it is.
    config, others = every_secret(tmp_path, "second")
    config["listen"] = slotd.config["listen"]
    reloading.reload(slotd, config)
    redis = "redis-{}-not-a-real-secret".format
    assert others.pop(redis("second")) and wanted.pop(redis("first"))
    support.wait_for("them to be gone", lambda: (
        copies(slotd, wanted) == dict.fromkeys(wanted, 0)))
    support.wait_for("the others", lambda: copies(slotd, others) == others)


@pytest.mark.parametrize("wrong", (
    'a = "{}";', 'a = {};', 'a = ( "{}", {} );', "\n@#! {}"))
def test_no_copy_of_what_was_refused(start, tmp_path, wrong):
    """Whatever is wrong with a configuration."""
    secret = "not0a0real0secret0at0all"
    slotd = start(support.s3_config())
    text = slotd.path.read_text()
    slotd.path.write_text(text + wrong.format(*[secret] * 2) + "\n")
    for _ in range(3):
        reloading.failed(slotd)
        assert copies(slotd, [secret]) == {secret: 0}


@pytest.mark.parametrize("word", aws.USE)
def test_fetched_credentials(start, monkeypatch, server, tmp_path, word):
    """libcurl and jansson have had them, too."""
    aws.USE[word](monkeypatch, server, tmp_path)
    slotd = aws.ready(start(aws.config()))
    slotd.slot()
    secret = server.given[0].access_key_secret
    assert copies(slotd, [secret]) == {secret: 1}


def test_what_callers_send(start):
    """Basic has the secret itself."""
    secret = "not-a-real-secret-of-ours"
    slotd = start(support.s3_config(callers=[
        {"id": "prosody", "secret": secret, "dialect": "ejabberd"}]))
    for sent in (secret, secret + ":", secret[:-1] + "x"):
        pair = base64.b64encode(f"prosody:{sent}".encode())
        for line in (pair, pair + b"=", pair + b"!"):
            slotd.ask("GET", "/slot?jid=a@example.org&name=x&size=1", None, [
                ("Authorization", "Basic " + line.decode())])
    assert copies(slotd, [secret[:-1]]) == {secret[:-1]: 0}


def limit(slotd, more):
    """So many bytes more of address space than it has now."""
    for pid in (slotd.process.pid, reloading.reader(slotd)):
        with open(f"/proc/{pid}/statm") as words:
            pages = int(words.read().split()[0])
        resource.prlimit(pid, resource.RLIMIT_AS, (
            pages * resource.getpagesize() + more, resource.RLIM_INFINITY))


def free(slotd):
    for pid in (slotd.process.pid, reloading.reader(slotd)):
        resource.prlimit(pid, resource.RLIMIT_AS, (
            resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def crowded(tmp_path):
    """Much to read, and new loops and threads to open."""
    config = support.fs_config(
        tmp_path / "store",
        domains=[{"name": f"d{n}.example.org", "max_size": n + 1}
                 for n in range(1000)])
    config["limits"] = {"idle_timeout": 61}
    return config


def test_a_reload_without_memory(start, tmp_path):
    """It never ends the service, which goes on as it was."""
    slotd = start(support.fs_config(tmp_path / "store"))
    small = slotd.path.read_text()
    results = set()
    for more in (0, *LIMITS):
        config = crowded(tmp_path)
        config["listen"] = slotd.config["listen"]
        support.write_config(slotd.path.parent, config)
        limit(slotd, more)
        lines = reloading.reload(
            slotd, done="msg=reloaded|keeping the previous configuration")
        free(slotd)
        results.add("reloaded" in lines[-1])
        assert slotd.process.poll() is None
        assert slotd.slot(size=1)
        slotd.path.write_text(small)
        reloading.reload(slotd)
    # There were limits of both kinds.
    assert results == {True, False}
