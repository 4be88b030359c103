"""slotd doctor at public_url: a real nginx before slotd, a real store
behind."""

import contextlib

import pytest

import dialects
import support
from configs import merge
from doctor_report import doctor, environment
from front import Front

KEYS = {name: f"not-a-real-key-not-a-real-key-000{name}\n" for name in "ab"}
CORS = {"CORSRules": [{"AllowedOrigins": ["*"], "AllowedHeaders": ["*"],
                       "AllowedMethods": ["GET", "HEAD", "PUT"]}]}


@pytest.fixture(scope="module")
def bucket(lab):
    name = lab.bucket("doctor-private")
    lab.owners.put_bucket_cors(Bucket=name, CORSConfiguration=CORS)
    return name


@pytest.fixture
def key_file(tmp_path):
    def key_file(name):
        path = tmp_path / f"key-{name}"
        path.write_text(KEYS[name])
        path.chmod(0o600)
        return str(path)
    return key_file


@pytest.fixture
def site(lab, bucket, tmp_path, start, key_file):
    """site(…) gives what the doctor says of it. `served` is what the running
    slotd has beside or instead of what the doctor reads."""
    with contextlib.ExitStack() as stack:
        def site(storage, served=None, location="/", path="", limit="0",
                 **over):
            behind = support.free_port()
            folder = tmp_path / "nginx"
            folder.mkdir()
            front = stack.enter_context(Front(
                folder, behind, authority=lab.store.authority,
                location=location, path=path, limit=limit))
            config = lab.config(
                bucket, tls=True, storage=storage, public_url=front.url,
                key_file=key_file("a"), listen={"port": behind}, **over)
            start(merge(config, served or {}))
            return doctor(tmp_path, config, env=environment(
                SSL_CERT_FILE=str(lab.store.ca)))
        yield site


REDIRECT = {"get": "redirect"}
ALL = {"get": "redirect", "relay": True}
ONLY = "~ ^/(u|f)/"


def test_all_well(site, lab, bucket):
    report = site(ALL, callers=dialects.callers())
    assert report.of("warning") == {"key"}
    assert not report.of("failure") | report.of("skipped")
    report.says("public_url", "ok", "leads to slotd, with /u/ and /f/ "
                "/external-v1/ /external-v2/ /token/ /jwt/")
    report.says("redirect", "ok", "a link leads to the object")
    assert lab.listing(bucket) == {}


def test_a_proxy_with_a_limit(site):
    """The relay's uploads go through it, as the embedded store's do."""
    report = site(ALL, limit="1m", policy={"max_size": "1025 KiB"})
    report.says("public_url", "failure", "/u/slotd-doctor: the proxy refuses "
                "a PUT of 1049600 bytes, which max_size allows: 413")
    assert report.of("failure") == {"public_url"}


def test_a_limit_that_uploads_do_not_pass(site):
    """Without a relay they go to the store."""
    report = site(REDIRECT, limit="1m", policy={"max_size": "1025 KiB"})
    report.says("public_url", "ok")


@pytest.mark.parametrize("storage, words", [
    (REDIRECT, "with /f/"), ({"relay": True, "get": "presigned"}, "with /u/")])
def test_what_is_not_used_need_not_pass(site, storage, words):
    report = site(storage, location="/f/" if storage is REDIRECT else "/u/")
    report.says("public_url", "ok", words)
    assert not report.of("failure")


@pytest.mark.parametrize("storage", [
    REDIRECT, {"relay": True, "get": "presigned"}, {"get": "presigned"}])
def test_nowhere(lab, bucket, tmp_path, key_file, storage):
    """RFC 6761: that name never resolves."""
    report = doctor(tmp_path, lab.config(
        bucket, storage=storage, public_url="https://nowhere.invalid",
        key_file=key_file("a"), callers=dialects.callers()))
    report.says("public_url", "failure", "https://nowhere.invalid/",
                "Could not resolve", "Start the service first")
    if storage is REDIRECT:
        report.says("redirect", "skipped")


def test_a_base_that_is_not_passed(site):
    report = site(ALL, location=ONLY, callers=dialects.callers())
    assert report.of("failure") == {"public_url"}
    report.says("public_url", "failure",
                "/external-v1/slotd-doctor/probe.txt: this is not slotd's "
                "answer: 404", "The proxy must pass /external-v1/ below")


def test_a_base_of_a_public_bucket(lab, tmp_path, start):
    """Without `get` = redirect nothing but the bases is at public_url."""
    bucket = lab.public_bucket("doctor-base")
    folder = tmp_path / "nginx"
    folder.mkdir()
    behind = support.free_port()
    with Front(folder, behind, location="/token/") as front:
        config = lab.config(
            bucket, public_url=front.url, listen={"port": behind},
            callers=[dialects.caller("token")])
        start(config)
        report = doctor(tmp_path, config)
        report.says("public_url", "ok", front.url + " leads to slotd, with /token/")
        config["callers"].append(dialects.caller("jwt"))
        report = doctor(tmp_path, config)
        report.says("public_url", "failure", "/jwt/slotd-doctor/probe.txt")


@pytest.mark.parametrize("location, storage, seen", [
    ("/f/", ALL, "/u/slotd-doctor: this is not slotd's answer"),
    ("/u/", ALL, "/f/slotd-doctor: this is not slotd's answer"),
    ("/u/", REDIRECT, "/f/slotd-doctor: this is not slotd's answer"),
])
def test_half_of_it(site, location, storage, seen):
    report = site(storage, location=location)
    report.says("public_url", "failure", seen)
    assert report.exit == 1


@pytest.mark.parametrize("storage", [
    REDIRECT, {"relay": True, "get": "presigned"}])
def test_another_slotd(site, key_file, storage):
    """Of the same kind, with the same store; its key is another."""
    report = site(storage, served={"key_file": key_file("b")})
    report.says("public_url", "failure", "another slotd answers",
                "systemctl reload slotd")


def test_another_bucket_behind_a_base(site, lab):
    lab.bucket("doctor-elsewhere")
    report = site(
        REDIRECT, callers=[dialects.caller("token")], served={"storage": {
            "bucket_url": lab.store.url("doctor-elsewhere", tls=True)}})
    report.says("public_url", "failure", "another slotd answers")
    # The link is right, and leads to where nothing is.
    report.says("redirect", "failure", "GET of a link leads to",
                "/doctor-elsewhere/slotd-doctor/probe.txt: 404")


def test_a_redirect_by_another_key(site, lab):
    """The store refuses where the running slotd leads."""
    report = site(REDIRECT, served={"storage": {
        "access_key_secret": "not-the-secret-of-this-key"}})
    report.says("get", "ok")
    report.says("public_url", "ok")
    report.says("redirect", "failure", "403 SignatureDoesNotMatch")


def test_the_path_is_changed(site):
    report = site(REDIRECT, location="/", path="/below/")
    report.says("public_url", "failure", "not slotd's answer")
