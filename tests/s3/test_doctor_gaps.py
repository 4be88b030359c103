"""slotd doctor before stores that lack something, OpenStack Swift first."""

import pytest

import dialects
import support
from doctor_report import doctor
from verifying_stub import Store, swift

RULES = ("put-bucket-cors", "put-bucket-policy", "get-bucket-policy", "mc ",
         "garage", "aws iam")


@pytest.fixture
def examine(tmp_path):
    """The doctor's report; public_url and key_file lead nowhere."""
    def examine(store, callers=None, **storage):
        key = support.write_key(tmp_path)
        more = {"callers": callers} if callers else {}
        return doctor(tmp_path, support.s3_config(
            storage={"bucket_url": store.url, **storage}, key_file=str(key),
            public_url="http://127.0.0.1:1", **more))
    return examine


def test_all_is_well(examine):
    with Store() as store:
        report = examine(store, get="redirect")
        assert report.of("failure") == {"public_url"}
        assert report.of("warning") == {"clients"}  # plain http
        report.says("get", "ok")
        report.says("cors-put", "ok", "web pages may upload")
        report.says("cors-get", "ok", "after a redirect too")
        assert store.objects == {}


# --- web pages ----------------------------------------------------------------


def test_swift_lets_web_pages_upload(examine):
    """Its preflight is of the presigned URL, and of no other."""
    with swift() as store:
        report = examine(store, get="redirect")
        report.says("cors-put", "ok", "web pages may upload")
        report.says("cors-get", "ok")
        assert "Converse.js" not in report.text


@pytest.mark.parametrize("how", ["redirect", "presigned"])
def test_only_the_preflight_is_answered(examine, how):
    with swift(cors=False) as store:
        report = examine(store, get=how)
        report.says("cors-put", "warning", "may not upload",
                    "the PUT has no Access-Control-Allow-Origin",
                    "cors_allow_origin = *", "[filter:s3api]")
        report.says(
            "cors-get", "warning", "may not download", "the GET got 200",
            "Origin: null" if how == "redirect"
            else "Origin: https://web-client.example")
        report.says("clients", "warning", "Converse.js")


def test_only_the_preflight_is_refused(examine):
    """A plain GET needs none."""
    with Store(preflights=False) as store:
        report = examine(store, get="redirect")
        report.says("cors-put", "warning", "the preflight got 400",
                    "put-bucket-cors")
        report.says("cors-get", "ok", "the preflight got 400")


# --- what Swift has not ---------------------------------------------------------


def test_commands_that_it_has(examine):
    with swift(cors=False) as store:
        report = examine(store)  # get = "public"
        report.says("get", "failure", "403 AccessDenied",
                    'get = "redirect"', "--read-acl '.r:*'")
        assert not [rule for rule in RULES if rule in report.text]
        report.says("lifecycle", "ok", "no lifecycle rules, so", ": 501")


@pytest.mark.parametrize("how, acl", [
    ("redirect", "--read-acl PROJECT:USER --write-acl PROJECT:USER"),
    ("public", "--read-acl '.r:*'")])
def test_what_lets_a_key_read(examine, how, acl):
    with swift(unread=True) as store:
        report = examine(store, get=how)
        report.says("get", "failure", "403 AccessDenied",
                    "   swift post stub-bucket " + acl)
        assert ("reading includes listing" in report.text) == (
            how == "redirect")


def test_wrong_key_id(examine):
    """It says SignatureDoesNotMatch of unknown ids."""
    with swift() as store:
        report = examine(store, access_key_id="FAKEANDWRONG00000001")
        report.says("put", "failure", "403 SignatureDoesNotMatch",
                    "1. access_key_secret is wrong",
                    "do not know access_key_id")
        assert "is known" not in report.text


# --- the relay --------------------------------------------------------------


RELAY = {"relay": True, "get": "presigned"}


def test_relay_works_once(examine):
    with Store() as store:
        report = examine(store, **RELAY)
        report.says("relay", "ok", "a slot works once",
                    "412 PreconditionFailed")


def test_relay_without_condition(examine):
    with swift() as store:
        report = examine(store, **RELAY)
        report.says("relay", "warning", "does not support If-None-Match: 501",
                    "a slot can be used again", "put_ttl")
        assert store.objects == {}


def test_relay_with_a_condition_that_is_ignored(examine):
    with Store(condition=200) as store:
        report = examine(store, **RELAY)
        report.says("relay", "warning", "ignores If-None-Match",
                    "a slot can be used again")


def test_relay_without_expect(examine):
    with Store(no_expect=True) as store:
        report = examine(store, **RELAY)
        report.says("relay", "ok", "does not support Expect: 417",
                    "a slot works once")


def test_bases_are_relayed_too(examine):
    with swift() as store:
        report = examine(store, get="presigned",
                         callers=[dialects.caller("token")])
        report.says("relay", "warning", "a slot can be used again")


@pytest.mark.parametrize("dialect, verdict", [
    ("token", "ok"), ("jwt", "failure")])
def test_ends_of_files(examine, dialect, verdict):
    """A jwt says when a file ends, and its object has that as metadata."""
    with Store(no_metadata=True) as store:
        report = examine(store, get="presigned",
                         callers=[dialects.caller(dialect)])
        report.says("relay", verdict)


# --- downloads -----------------------------------------------------------------


def test_names_of_attachments(examine):
    with Store(no_names=True) as store:
        report = examine(store, get="redirect")
        report.says("get", "failure", "as an attachment: 400 InvalidArgument",
                    "response-content-disposition")


def test_deaf_to_types(examine):
    with Store(deaf=True) as store:
        report = examine(store, get="redirect")
        report.says("get", "warning", "the store ignores response-content-")


@pytest.mark.parametrize("how, ttl, verdict", [
    ("redirect", 3600, "failure"), ("redirect", 1200, "ok"),
    ("presigned", 604800, "failure")])
def test_old_signatures(examine, how, ttl, verdict):
    """Some stores take presigned URLs for 15 minutes."""
    with Store(oldest=901) as store:
        report = examine(store, get=how, get_ttl=ttl)
        words = [] if verdict == "ok" else [
            f"although get_ttl is {ttl} s", "get_ttl = 1200"]
        report.says("get", verdict, *words)
