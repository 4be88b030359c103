"""Temporary credentials: from where AWS's SDKs have them, and their faults."""

import calendar
import re
import time

import pytest

import aws
import support
from reloading import reload
from test_redirect import redirect_config
from test_signer import parts, presign

pytestmark = pytest.mark.usefixtures("no_aws")


def seconds(stamp):
    return calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))


def signer_of(slot):
    return parts(slot["put"])[1]["X-Amz-Credential"].split("/")[0]


def assert_signed(monkeypatch, slot, storage, ttl=600):
    base, query = parts(slot["put"])
    assert query.get("X-Amz-Security-Token") == storage.get("session_token")
    assert query["X-Amz-Expires"] == str(ttl)
    mine = presign(monkeypatch, query["X-Amz-Date"], base, 1234,
                   {**storage, "put_ttl": ttl})
    assert parts(mine) == (base, query)


EARLY = "the first credentials have not come yet"


def reason(slotd):
    """Why /readyz says that there are none."""
    detail = support.assert_problem(
        slotd.ask("GET", "/readyz"), "unavailable")["detail"]
    assert detail.startswith("storage default: credentials: "), detail
    return detail.removeprefix("storage default: credentials: ")


def lack(slotd):
    """The reason, once slotd has tried."""
    return support.wait_for("the first try", lambda: (
        (why := reason(slotd)) != EARLY and why))


def is_ready(slotd):
    return slotd.ask("GET", "/readyz").status == 200


def assert_no_secret(slotd, *more):
    """In the log."""
    text = "\n".join(slotd.lines)
    for secret in ("fake/secret", "FakeToken", "fake.identity",
                   "fake-authorization", "fake-metadata", *more):
        assert secret not in text


# --- each source ----------------------------------------------------------


@pytest.mark.parametrize("word", [None, "auto", "web-identity"])
def test_web_identity(start, monkeypatch, server, tmp_path, word):
    aws.use_sts(monkeypatch, server, tmp_path)
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "slotd@pod-1")
    slotd = aws.ready(start(aws.config(word)))
    assert_signed(monkeypatch, slotd.slot(), server.given[0].storage())
    call = server.calls[0]
    assert (call.method, call.target) == ("POST", "/")
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sorted(call.form) == [
        ("Action", "AssumeRoleWithWebIdentity"), ("RoleArn", aws.ROLE),
        ("RoleSessionName", "slotd@pod-1"), ("Version", "2011-06-15"),
        ("WebIdentityToken", "fake.identity.token-0001")]
    assert len(server.calls) == 1


@pytest.mark.parametrize("word", [None, "auto", "container"])
def test_container(start, monkeypatch, server, tmp_path, word):
    aws.use_container(monkeypatch, server, tmp_path)
    slotd = aws.ready(start(aws.config(word)))
    assert_signed(monkeypatch, slotd.slot(), server.given[0].storage())
    call = server.calls[0]
    assert (call.method, call.target) == ("GET", "/creds?a=b")
    assert call.headers["authorization"] == "fake-authorization-0001"


def test_container_token_of_the_environment(start, monkeypatch, server):
    monkeypatch.setenv(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url + "/creds")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic ZmFrZQ==")
    aws.ready(start(aws.config())).slot()
    assert server.calls[0].headers["authorization"] == "Basic ZmFrZQ=="


@pytest.mark.parametrize("word", [None, "auto", "instance"])
def test_instance(start, monkeypatch, server, tmp_path, word):
    aws.use_instance(monkeypatch, server, tmp_path)
    # No proxy is asked for what is on this very machine or link.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    slotd = aws.ready(start(aws.config(word)))
    assert_signed(monkeypatch, slotd.slot(), server.given[0].storage())
    assert [(call.method, call.target) for call in server.calls] == [
        ("PUT", "/latest/api/token"), ("GET", aws.LIST),
        ("GET", aws.LIST + "slotd%20role")]
    assert server.calls[0].body == b""
    assert server.calls[0].headers["content-length"] == "0"
    assert all(call.headers["x-aws-ec2-metadata-token"] == aws.IMDS_TOKEN
               for call in server.calls[1:])


@pytest.mark.parametrize("word", [None, "auto", "environment"])
@pytest.mark.parametrize("token", [None, "FakeToken/env+=="])
def test_environment(start, monkeypatch, word, token):
    storage = {"access_key_id": "AKIAFAKEENVIRONMENT", "region": "us-east-2",
               "access_key_secret": "fake/secret+env"}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", storage["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", storage["access_key_secret"])
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
        storage["session_token"] = token
    assert_signed(monkeypatch, start(aws.config(word)).slot(), storage)


def test_the_order(start, monkeypatch, server, tmp_path):
    """Each, when those before it are taken away."""
    shared = tmp_path / "shared"
    shared.write_text("[default]\naws_access_key_id = ASIASHARED\n"
                      "aws_secret_access_key = fake/secret\n")
    shared.chmod(0o600)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake/secret")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    for use in aws.USE.values():
        use(monkeypatch, server, tmp_path)
    assert signer_of(start(support.s3_config()).slot()) == support.ACCESS_KEY
    assert signer_of(aws.ready(start(aws.config())).slot()) == "AKIAENV"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert signer_of(aws.ready(start(aws.config())).slot()) == "ASIASHARED"
    assert not server.calls
    shared.write_text("[another]\naws_access_key_id = ASIAOTHER\n"
                      "aws_secret_access_key = fake/secret\n")
    aws.ready(start(aws.config())).slot()
    assert server.calls.pop().method == "POST" and not server.calls
    monkeypatch.delenv("AWS_ROLE_ARN")
    aws.ready(start(aws.config())).slot()
    assert server.calls.pop().target.startswith("/creds") and not server.calls
    monkeypatch.delenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    aws.ready(start(aws.config())).slot()
    assert server.calls[0].target == "/latest/api/token"


# --- the end of a slot ----------------------------------------------------


def test_no_slot_outlives_its_credentials(start, monkeypatch, server,
                                          tmp_path):
    server.lifetime = 300
    aws.use_sts(monkeypatch, server, tmp_path)
    slotd = aws.ready(start(aws.config()))
    slot = slotd.slot()
    given = server.given[0]
    assert slot["expires"] == aws.stamp(given.expires)
    query = parts(slot["put"])[1]
    ttl = given.expires - seconds(query["X-Amz-Date"])
    assert_signed(monkeypatch, slot, given.storage(), ttl)


def test_what_ends_before_is_as_ever(start, monkeypatch, server, tmp_path):
    aws.use_sts(monkeypatch, server, tmp_path)
    slot = aws.ready(start(aws.config(storage={"put_ttl": 60}))).slot()
    query = parts(slot["put"])[1]
    assert query["X-Amz-Expires"] == "60"
    assert slot["expires"] == aws.stamp(seconds(query["X-Amz-Date"]) + 60)


def test_redirects_and_presigned_gets(start, monkeypatch, server, tmp_path):
    server.lifetime = 400
    aws.use_instance(monkeypatch, server, tmp_path)
    over = {"access_key_id": None, "access_key_secret": None}
    slotd = aws.ready(start(redirect_config(tmp_path, storage=over)))
    slot = slotd.slot()
    given = server.given[0]
    reply = slotd.ask("GET", slot["get"][len(slotd.config["public_url"]):])
    now = time.time()
    assert reply.status == 302
    query = parts(reply.headers["Location"])[1]
    signed = seconds(query["X-Amz-Date"])
    assert signed + int(query["X-Amz-Expires"]) == given.expires
    age = int(re.fullmatch(r"private, max-age=(\d+)",
                           reply.headers["Cache-Control"])[1])
    # Half of what is left: who follows it at the end still has time.
    assert 100 < age <= 200 and now + age < given.expires
    config = aws.config(storage={"get": "presigned"})
    presigned = aws.ready(start(config)).slot()
    query = parts(presigned["get"])[1]
    assert (seconds(query["X-Amz-Date"]) + int(query["X-Amz-Expires"])
            == server.given[1].expires)


# --- faults ---------------------------------------------------------------


WHO = {"web-identity": "STS", "container": "the container endpoint",
       "instance": "instance metadata"}
NONE = {"web-identity": "did not answer with credentials",
        "container": "did not answer with a JSON object",
        "instance": "did not answer with a token"}
FAULTS = {
    "broken": (aws.broken, lambda word: "answered 500"),
    "rubbish": (aws.rubbish, lambda word: NONE[word]),
    "large": (aws.large, lambda word: "answered more than 32768 bytes"),
    "expired": (aws.well, lambda word: (
        "has credentials that have expired")),
}


@pytest.mark.parametrize("word", aws.USE)
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_the_first(start, monkeypatch, server, tmp_path, word,
                             fault):
    """It starts all the same, says why, and is well when they are."""
    server.fault, said = FAULTS[fault]
    if fault == "expired":
        server.lifetime = -1
    aws.USE[word](monkeypatch, server, tmp_path)
    slotd = start(aws.config(word))
    why = lack(slotd)
    assert why.startswith(WHO[word] + " ") and said(word) in why, why
    support.assert_problem(slotd.post(support.slot_body()), "unavailable")
    assert f"source={word}" in slotd.wait_line('msg="no credentials"')
    server.lifetime, server.fault = 3600, aws.well
    slotd.wait_line("credentials are back")
    assert signer_of(slotd.slot()) == server.given[-1].access_key_id
    assert_no_secret(slotd)


def test_hanging_from_the_start(start, monkeypatch, server, tmp_path):
    server.fault = aws.hanging
    aws.use_sts(monkeypatch, server, tmp_path)
    slotd = start(aws.config())
    server.wait_calls(1)
    assert reason(slotd) == EARLY
    support.assert_problem(slotd.post(support.slot_body()), "unavailable")
    # The end does not wait for it.
    slotd.stop()
    assert not server.released.is_set()
    # Nothing is said of what was only broken off.
    assert not any('msg="no credentials"' in line and "not come yet" in line
                   for line in slotd.lines)


def test_the_start_waits_for_them(start, monkeypatch, server, tmp_path):
    """For two seconds. A busy machine may need more: there are five tries."""
    server.fault = aws.late
    aws.use_sts(monkeypatch, server, tmp_path)
    assert any(is_ready(start(aws.config())) for _ in range(5))


def test_nobody_there(start, monkeypatch, server, tmp_path):
    aws.use_sts(monkeypatch, server, tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS",
                       "http://127.0.0.1:%d" % support.free_port())
    slotd = start(aws.config())
    assert lack(slotd).startswith("STS did not answer: ")


def test_instance_without_a_role(start, monkeypatch, server, tmp_path):
    server.fault = lambda _, call: (
        (404, "", "text/html") if call.target == aws.LIST else None)
    aws.use_instance(monkeypatch, server, tmp_path)
    assert lack(start(aws.config())) == (
        "instance metadata answered 404: the instance has no role")


def test_instance_that_says_no(start, monkeypatch, server, tmp_path):
    server.fault = lambda _, call: (
        (200, '{"Code": "AssumeRoleUnauthorizedAccess", '
         '"Message": "EC2 cannot assume the role"}', "text/plain")
        if call.target.startswith(aws.LIST + "s") else None)
    aws.use_instance(monkeypatch, server, tmp_path)
    assert lack(start(aws.config())) == (
        "instance metadata answered AssumeRoleUnauthorizedAccess: EC2 cannot "
        "assume the role")


def test_a_redirect_is_not_followed(start, monkeypatch, server, tmp_path):
    server.fault = lambda _, call: (302, "", "text/plain")
    aws.use_sts(monkeypatch, server, tmp_path)
    assert lack(start(aws.config())) == "STS answered 302"


# --- reloads --------------------------------------------------------------


def test_a_reload_carries_them_over(start, monkeypatch, server, tmp_path):
    aws.use_sts(monkeypatch, server, tmp_path)
    slotd = aws.ready(start(aws.config()))
    server.fault = aws.broken
    config = {**slotd.config, "policy": {"max_size": 5000}}
    reload(slotd, config)
    support.assert_problem(
        slotd.post(support.slot_body(size=6000)), "file-too-large")
    assert signer_of(slotd.slot()) == "ASIAFAKE0001"
    assert len(server.calls) == 1


def test_a_reload_to_another_source(start, monkeypatch, server, tmp_path):
    """New ones are waited for before the old configuration goes. With a sandbox
    the token would be outside."""
    aws.use_sts(monkeypatch, server, tmp_path)
    config = support.s3_config(sandbox=False)
    slotd = start(config)
    storage = dict(config["storage"])
    del storage["access_key_id"], storage["access_key_secret"]
    reload(slotd, {**config, "storage": storage})
    assert signer_of(slotd.slot()) == "ASIAFAKE0001"
    storage["credentials"] = "environment"
    monkeypatch.undo()
    reload(slotd, config)
    assert signer_of(slotd.slot()) == support.ACCESS_KEY
