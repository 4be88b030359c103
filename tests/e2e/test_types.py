"""allow_types: what a slot's file is stored and served as."""

import urllib.parse

import pytest

import dialects
import relayed
import stub_store
import support
from dialects import Pass

DATA = b"<script>alert(1)</script>"
SIZE = len(DATA)
ANY = "application/octet-stream"
SENT = ["text/html", "video/mp4", "image/png", "text/plain; charset=utf-8",
        ANY, "nonsense", "", None]
POLICY = {"allow_types": [ANY, "image/png"]}
# A domain without limits, and one with limits of its own.
DOMAINS = [{"name": "free.example", "allow_types": ["*/*"]},
           {"name": "strict.example", "allow_types": ["application/*"]}]
store = relayed.store


@pytest.fixture(scope="module", params=support.KEEPERS)
def fs(request, start_once, tmp_path_factory):
    return start_once(support.KEEPERS[request.param](
        tmp_path_factory.mktemp("store"), policy=POLICY, domains=DOMAINS,
        callers=[*dialects.callers(),
                 {"id": "ejabberd", "secret": dialects.secret_of("ejabberd"),
                  "dialect": "ejabberd"}]))


def sent_as(kind):
    return [("Content-Type", kind)] if kind is not None else []


def stored_as(answer, kind):
    """What a PUT with this Content-Type has made of the slot's file."""
    reply = support.fetch("PUT", answer["put"], DATA, sent_as(kind))
    assert reply.status == 201, reply
    shown = support.fetch("GET", answer["get"])
    assert shown.body == DATA
    return shown.headers["Content-Type"], shown.headers["Content-Disposition"]


@pytest.mark.parametrize("sent", SENT)
@pytest.mark.parametrize("jid", ["a@example.org", "a@strict.example"])
@pytest.mark.parametrize("name", ["x.png", "x.html", "x.mp4", "x"])
def test_a_slot_without_a_type(fs, jid, name, sent):
    """Whatever the PUT says, and whatever the name ends with."""
    shown, disposition = stored_as(
        fs.slot(jid=jid, filename=name, size=SIZE), sent)
    assert shown == ANY
    assert disposition.startswith("attachment")


@pytest.mark.parametrize("sent", SENT)
def test_a_slot_with_a_type(fs, sent):
    shown, _ = stored_as(
        fs.slot(size=SIZE, content_type="image/png"), sent)
    assert shown == "image/png"


@pytest.mark.parametrize("sent", ["text/html", "image/png"])
def test_without_allow_types(start, tmp_path, sent):
    """As ever: the PUT's."""
    slotd = start(support.fs_config(tmp_path / "store"))
    assert stored_as(slotd.slot(size=SIZE), sent)[0] == sent


def test_where_all_are_allowed(fs):
    answer = fs.slot(jid="a@free.example", size=SIZE)
    assert stored_as(answer, "image/png")[0] == "image/png"


@pytest.mark.parametrize("sent", SENT)
def test_relay(start, store, tmp_path, sent):
    slotd = start(stub_store.config(
        store, tmp_path, policy=POLICY, domains=DOMAINS))
    for number, jid in enumerate(["a@example.org", "a@strict.example"]):
        answer = slotd.slot(jid=jid, size=SIZE)
        assert relayed.put(answer, DATA, sent_as(sent)).status == 201
        assert store.peers[number].headers["content-type"] == ANY


@pytest.mark.parametrize("sent", ["text/html", None])
def test_ejabberd(fs, sent):
    """Its dialect may name no type either."""
    query = urllib.parse.urlencode(
        {"jid": "a@example.org", "name": "x.png", "size": SIZE})
    reply = fs.ask("GET", "/slot?" + query,
                   headers=dialects.basic("ejabberd"))
    assert reply.status == 200, reply
    put, get = reply.body.decode().split("\n")
    assert stored_as({"put": put, "get": get}, sent)[0] == ANY


@pytest.mark.parametrize("dialect", dialects.ALL)
def test_dialects(fs, dialect):
    """Where the XMPP server named no type, a PUT of another one is refused
    or is octets."""
    for number, sent in enumerate(SENT):
        one = Pass(dialect, f"untyped-{number}/x.png", SIZE)
        one.headers = {**one.headers, **dict(sent_as(sent))}
        reply = fs.ask("PUT", one.put, DATA, one.headers)
        if dialect == "jwt" or sent in (ANY, "", None):
            assert reply.status == 201, (sent, reply)
        if reply.status == 201:
            shown = fs.ask("GET", one.get).headers["Content-Type"]
            judged = sent if dialect == "external-v1" else None
            assert shown == (judged if judged == "image/png" else ANY), sent
        else:
            assert reply.status == 403, reply


# --- direct S3, where the type is not signed ------------------------------


def check(folder, **over):
    done = support.run("check", "-c", support.write_config(
        folder, support.s3_config(**over)))
    assert done.returncode == 0, done
    return [line.split(": ", 1) for line in done.stderr.decode().splitlines()
            if "allow_types" in line]


def line_of(folder, setting):
    text = (folder / "slotd.conf").read_text().splitlines()
    return next(number for number, line in enumerate(text, 1)
                if setting in line)


def test_check_says_that_it_binds_nobody(tmp_path):
    (place, said), = check(tmp_path, policy=POLICY)
    line = line_of(tmp_path, "allow_types")
    assert place == f"{tmp_path}/slotd.conf:{line}"
    assert said.startswith(
        "policy.allow_types: warning: clients can still upload any type")
    assert 'storage "default"' in said
    assert "sign_content_type = true" in said


@pytest.mark.parametrize("over", [
    {"policy": {"max_size": 1}},
    {"policy": {"allow_types": ["image/*", "*/*"]}},
    {"policy": POLICY, "storage": {"sign_content_type": True}},
    {"policy": POLICY, "callers": [dialects.caller("external-v2")]},
])
def test_check_is_silent(tmp_path, over):
    assert check(tmp_path, **over) == []


def test_check_of_domains(tmp_path):
    """Each list is judged by the stores of those whom it is for."""
    signed = {**support.s3_config()["storage"], "name": "signed",
              "sign_content_type": True}
    found = check(
        tmp_path, storages=[signed], policy={"max_size": 1}, domains=[
            {"name": "a.example", "allow_types": ["image/*"]},
            {"name": "b.example", "allow_types": ["image/*"],
             "storage": "signed"}])
    assert [said.split(":")[0] for _, said in found] == [
        "domains[0].allow_types"]
    # policy's own, by a domain that inherits it.
    loose = {**signed, "name": "loose", "sign_content_type": False}
    found = check(
        tmp_path, storage={"sign_content_type": True}, storages=[loose],
        policy=POLICY, domains=[{"name": "a.example", "storage": "loose"},
                                {"name": "b.example", "storage": "loose"}])
    (_, said), = found
    assert said.startswith("policy.allow_types: warning: ")
    assert 'storage "loose"' in said
