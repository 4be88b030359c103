"""Several stores, and what differs by the domain of a JID."""

import json

import pytest

import support

ACCESS = {"access_key_id": support.ACCESS_KEY,
          "access_key_secret": support.ACCESS_SECRET, "region": "us-east-1"}
ARCHIVE = {"name": "archive", "type": "s3", "put_ttl": 77,
           "bucket_url": "https://archive.example.net/b", **ACCESS}
IMAGES = {"name": "images", "type": "s3", "sign_content_type": True,
          "bucket_url": "https://images.example.net", **ACCESS,
          "key": "{random}/{user}/{filename}"}
DOMAINS = [
    {"name": "*.example.net", "storage": "archive", "max_size": 2000},
    {"name": "images.example.net", "storage": "images",
     "allow_types": ["image/*"], "deny_extensions": ["svg"]},
    {"name": "Small.Example.ORG", "max_size": 10},
]
JIDS = {"example.org": "https://bucket.s3.example.org/",
        "a.example.net": "https://archive.example.net/b/",
        "a.b.example.net": "https://archive.example.net/b/",
        "example.net": "https://bucket.s3.example.org/",
        "images.example.net": "https://images.example.net/",
        "IMAGES.example.net.": "https://images.example.net/",
        "small.example.org": "https://bucket.s3.example.org/"}


@pytest.fixture(scope="module")
def slotd(start_once, tmp_path_factory):
    key = tmp_path_factory.mktemp("key") / "key"
    key.write_text("k" * 40 + "\n")
    key.chmod(0o600)
    return start_once(support.s3_config(
        key_file=str(key), storages=[ARCHIVE, IMAGES], domains=DOMAINS,
        policy={"max_size": 1000, "deny_extensions": ["exe"]}))


def by_command(slotd, **members):
    """What `slotd slot` says; the error's code when it refuses."""
    args = ["--jid", members["jid"], "--size", members["size"]]
    if "content_type" in members:
        args += ["--type", members["content_type"]]
    done = support.run(
        "slot", "-c", slotd.path, *args, members.get("filename", "cat.jpg"))
    if done.returncode:
        return done.stderr.decode().split(": ")[1]
    return json.loads(done.stdout)


def by_server(slotd, **members):
    reply = slotd.post(support.slot_body(**members))
    return reply.json.get("code", reply.json)


ASKS = [by_server, by_command]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("domain", JIDS)
def test_the_store_of_a_domain(slotd, ask, domain):
    slot = ask(slotd, jid=f"juliet@{domain}/x", size=10,
               content_type="image/png")
    assert slot["put"].startswith(JIDS[domain]), slot
    assert slot["get"].startswith(JIDS[domain]), slot
    images = "images" in JIDS[domain]
    assert slot["headers"] == (
        {"Content-Type": "image/png"} if images else {})
    ttl = 77 if "archive" in JIDS[domain] else 600
    assert f"X-Amz-Expires={ttl}&" in slot["put"]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("members, code", [
    ({"jid": "a@example.org", "size": 1001}, "file-too-large"),
    ({"jid": "a@small.example.org", "size": 11}, "file-too-large"),
    ({"jid": "a@x.example.net", "size": 2001}, "file-too-large"),
    ({"jid": "a@x.example.net", "size": 1, "filename": "a.exe"},
     "forbidden"),
    ({"jid": "a@images.example.net", "size": 1}, "forbidden"),
    ({"jid": "a@images.example.net", "size": 1, "filename": "a.svg",
      "content_type": "image/svg+xml"}, "forbidden"),
])
def test_the_policy_of_a_domain(slotd, ask, members, code):
    assert ask(slotd, **members) == code


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("members", [
    {"jid": "a@x.example.net", "size": 2000},
    {"jid": "a@images.example.net", "size": 1, "filename": "a.exe",
     "content_type": "image/png"},
])
def test_what_a_domain_may_and_others_not(slotd, ask, members):
    assert "put" in ask(slotd, **members)


@pytest.mark.parametrize("domain, limits", [
    ("example.org", (1000, 600, [])),
    ("small.example.org", (10, 600, [])),
    ("SMALL.example.org.", (10, 600, [])),
    ("x.example.net", (2000, 77, [])),
    ("images.example.net", (1000, 600, ["image/*"])),
])
def test_limits(slotd, domain, limits):
    target = f"/limits?domain={domain}"
    reply = slotd.ask("GET", target, headers={
        "Authorization": support.authorization("GET", target)})
    assert reply.json == dict(
        zip(("max_size", "put_ttl", "allow_types"), limits),
        purposes={"message": {"max_size": limits[0], "keep": None}})


@pytest.mark.parametrize("domain", JIDS)
def test_whose_file_it_is(slotd, domain):
    url = slotd.slot(jid=f"juliet@{domain}", size=1,
                     content_type="image/png")["get"]
    done = support.run("user", "-c", slotd.path, "--of", url, stdin=(
        f"romeo@{domain}\njuliet@example.com\njuliet@{domain}\n".encode()))
    assert done.stdout.decode() == f"juliet@{domain}\n", done


def test_s3_beside_the_embedded_store(start, tmp_path):
    """Links of one store are not the other's; both know the same key."""
    slotd = start(support.fs_config(
        tmp_path / "store", callers=[
            {"id": "prosody", "secret": support.SECRET}],
        storages=[ARCHIVE], domains=[
            {"name": "example.net", "storage": "archive"}]))
    own = slotd.slot(size=3)
    other = slotd.slot(jid="a@example.net", size=3)
    assert support.fetch("PUT", own["put"], b"abc").status == 201
    assert support.fetch("GET", own["get"]).body == b"abc"
    assert other["get"].startswith("https://archive.example.net/b/")
    for jid, url in (("juliet@example.org", own["get"]),
                     ("a@example.net", other["get"])):
        done = support.run("user", "-c", slotd.path, "--of", url,
                           stdin=b"juliet@example.org\na@example.net\n")
        assert done.stdout.decode() == jid + "\n", done
