"""slotd user --of: a link is known in every form in which it is shared or
fetched."""

import json
import urllib.parse

import pytest

import dialects
import support

JULIET, ROMEO = "juliet@example.org", "romeo@example.org"
UPLOAD, BUCKET = "https://upload.example.org", "https://bucket.s3.example.org"
CDN = "https://cdn.example.org/x"
NONE = b"slotd user: none of these JIDs uploaded this file\n"


@pytest.fixture
def key_file(tmp_path):
    key = tmp_path / "slotd.key"
    key.write_text("k" * 40 + "\n")
    key.chmod(0o600)
    return {"key_file": str(key)}


def write(tmp_path, make, *args, **over):
    over.setdefault("public_url", UPLOAD)
    return support.write_config(tmp_path, make(*args, **over))


def slot(path, jid=JULIET):
    done = support.run(
        "slot", "-c", path, "--jid", jid, "--size", 5, "très cool.jpg")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def whose(path, link, *jids, stdin=b""):
    return support.run("user", "-c", path, "--of", link, *jids, stdin=stdin)


def assert_juliet(path, link):
    done = whose(path, link, ROMEO, JULIET)
    assert (done.returncode, done.stdout, done.stderr) == (
        0, JULIET.encode() + b"\n", b""), (link, done)


def forms(link):
    """One link as chats, logs and clients have it."""
    parts = urllib.parse.urlsplit(link)
    upper = parts.netloc.upper()
    path = urllib.parse.unquote(parts.path)
    port = "" if parts.port else ":443"
    rest = parts.path + ("?" + parts.query if parts.query else "")
    secret = "#" + "0f" * 44
    return [
        link, link + secret, f"<{link}>", link + "\n",
        f"{parts.scheme.upper()}://{upper}{rest}",
        f"aesgcm://{parts.netloc}{rest}{secret}",
        f"{parts.scheme}://{parts.netloc}{port}{rest}" if port else link,
        f"{parts.scheme}://{parts.netloc}{path}",
        f"{parts.scheme}://{parts.netloc}{dialects.rewritten(path)}",
        f"{parts.scheme}://{parts.netloc}/{dialects.escaped(path[1:])}",
        f"{parts.scheme}://{parts.netloc}{parts.path}?a=b&amp;c",
    ]


def test_the_embedded_store(start, tmp_path, key_file):
    slotd = start(support.fs_config(tmp_path / "store", **key_file))
    for link in forms(slot(slotd.path)["get"]):
        assert_juliet(slotd.path, link)


@pytest.mark.parametrize("get", ["public", "redirect", "presigned"])
def test_a_bucket(tmp_path, key_file, get):
    path = write(tmp_path, support.s3_config, **key_file, storage={
        "get": get, "download_url": CDN})
    made = slot(path)
    assert made["put"].startswith(BUCKET + "/")
    key = support.key_of(made["put"], BUCKET)
    for link in (made["get"], made["put"],
                 *(base + "/" + urllib.parse.quote(key)
                   for base in (BUCKET, CDN))):
        for form in forms(link):
            assert_juliet(path, form)
    for link in (BUCKET + ".evil.example/" + key, UPLOAD + "/" + key,
                 UPLOAD + "/f/" + "A" * 22 + "/" + key, key, ""):
        done = whose(path, link, JULIET)
        assert (done.returncode, done.stdout) == (1, b""), (link, done)
        assert b"does not lead to a file of this configuration" in done.stderr


def test_several_stores(tmp_path, key_file):
    """Also one below the other."""
    path = write(
        tmp_path, support.s3_config, **key_file,
        storages=[{"name": "archive", "type": "s3", "region": "us-east-2",
                   "bucket_url": BUCKET + "/archive", "get": "redirect",
                   "access_key_id": "AKIAIOSFODNN7EXAMPLE",
                   "access_key_secret":
                   "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                   "key": "{user}/{random}/{filename}"}],
        domains=[{"name": "example.org", "storage": "archive"}])
    made = slot(path)
    for link in (made["get"], made["put"]):
        for form in forms(link):
            assert_juliet(path, form)
    other = slot(path, "juliet@example.net")["get"]
    done = whose(path, other, JULIET, "JULIET@Example.net/x")
    assert (done.returncode, done.stdout) == (0, b"JULIET@Example.net/x\n")


def test_where_nobody_can_tell(tmp_path, key_file):
    path = write(
        tmp_path, support.s3_config, **key_file,
        callers=dialects.callers(),
        storage={"relay": True, "key": "{random}/{filename}"})
    done = whose(path, slot(path)["get"], JULIET)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"neither {owner} nor {user}" in done.stderr
    done = whose(path, BUCKET + "/x/y/z", JULIET)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"does not match storage.key" in done.stderr
    for dialect in dialects.ALL:
        for base in (UPLOAD, BUCKET):
            for link in forms(f"{base}/{dialect}/id/tr%C3%A8s.jpg"):
                done = whose(path, link, JULIET)
                assert (done.returncode, done.stdout) == (1, b""), link
                assert (f"the XMPP server made this link (caller {dialect})"
                        .encode()) in done.stderr, (link, done)


def test_whom_it_asks(tmp_path, key_file):
    path = write(tmp_path, support.s3_config, **key_file)
    link = slot(path, "Juliet@bücher.example/x")["get"]
    for jid in ("juliet@bücher.example", "JULIET@xn--bcher-kva.Example/y"):
        done = whose(path, link, jid)
        assert (done.returncode, done.stdout) == (0, jid.encode() + b"\n")
        done = whose(path, link, stdin=b"\n romeo@example.org \r\n\t"
                     + jid.encode() + b"\t\r\n")
        assert (done.returncode, done.stdout) == (0, jid.encode() + b"\n")
    for stdin in (b"", b"\n \r\n"):
        done = whose(path, link, stdin=stdin)
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr == (
            b"slotd user: no JIDs to try: write them after the link, or to "
            b"standard input, one per line\n")
    done = whose(path, link, stdin=ROMEO.encode())
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", NONE)
    # JIDs on the command line, so standard input is not looked at.
    done = whose(path, link, ROMEO, stdin="juliet@bücher.example".encode())
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", NONE)


KEYS = ["{random}/{owner}/{filename}", "{owner}/{random}/{filename}",
        "{user}/{random}/{filename}", "{random}/{user}/{filename}"]


@pytest.mark.parametrize("own", KEYS)
@pytest.mark.parametrize("other", KEYS)
def test_stores_that_share_a_bucket(tmp_path, key_file, own, other):
    """Their templates read each other's keys, and one of them is right."""
    storage = support.s3_config()["storage"]
    path = write(
        tmp_path, support.s3_config, **key_file, storage={"key": other},
        storages=[{**storage, "name": "own", "key": own}],
        domains=[{"name": "example.org", "storage": "own"}])
    assert_juliet(path, slot(path)["get"])
    done = whose(path, slot(path)["get"], ROMEO)
    assert (done.returncode, done.stderr) == (1, NONE), done
    done = whose(path, slot(path)["get"],
                 stdin=f"{ROMEO}\n{JULIET}\n".encode())
    assert done.stdout == JULIET.encode() + b"\n", done
