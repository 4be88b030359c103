"""What strangers' clients write into headers and types costs no upload."""

import pytest

import dialects
import support
from test_slot_ejabberd import basic, callers, urls

DATA = b"bytes of a test\n"
SIZE = len(DATA)
PNG = "image/png"
UNKNOWN = "application/octet-stream"
# Dino 0.2 and 0.3, Dino on Windows, clients on iOS; then what was refused.
NONE = [
    "omemo", ".jpg", "public.jpeg", "", " ", "image", "/png", "image/",
    "image/png\nX-Evil: 1", "image/png\r\n", "image/png\n", "im age/png",
    "image/p ng", "image/png; a", "image/png; a=", "image/é",
    "image/" + "x" * 2048, "image/png\x7f", "application/" + "x" * 244,
    "a/b/c", "image/png, text/html", 'image/png; a="b', "image/*;q"]


@pytest.fixture(scope="module")
def slotd(start_once, tmp_path_factory):
    return start_once(support.fs_config(
        tmp_path_factory.mktemp("store"), callers=dialects.callers()))


@pytest.fixture(scope="module")
def signed(start_once):
    return start_once(support.s3_config(
        storage={"sign_content_type": True},
        policy={"allow_types": [UNKNOWN, "image/*"]}))


def shown(slotd, put, get, **headers):
    """The type under which a file is served that was sent so."""
    reply = slotd.ask("PUT", put, DATA, headers)
    assert reply.status == 201, reply
    return slotd.ask("GET", get).headers["Content-Type"]


def test_types_that_are_none(slotd, signed):
    """As if none had been named, for the policy and for the signature."""
    for value in [*NONE, None]:
        assert signed.slot(content_type=value)["headers"] == {
            "Content-Type": UNKNOWN}, value
        answer = slotd.slot(content_type=value, size=SIZE, filename="a")
        put, get = (support.split_url(answer[n])[1] for n in ("put", "get"))
        assert shown(slotd, put, get, **{"Content-Type": PNG}) == PNG, value


def test_blanks_around(signed):
    for value in (" image/png", "image/png ", "\timage/png \t"):
        assert signed.slot(content_type=value)["headers"] == {
            "Content-Type": PNG}
    support.assert_problem(signed.post(support.slot_body(
        content_type=" text/html ")), "forbidden")


def test_by_command(signed):
    for value, headers in (("omemo", UNKNOWN), (" image/png\t", PNG)):
        done = support.run(
            "slot", "-c", signed.path, "--jid", "a@example.org", "--size",
            "5", "--type", value, "a.jpg")
        assert done.returncode == 0, done.stderr
        assert f'"headers":{{"Content-Type":"{headers}"}}' in (
            done.stdout.decode())


def test_of_ejabberd(start, tmp_path):
    slotd = start(support.fs_config(tmp_path / "store", callers=callers()))
    for value, kind in (("omemo", UNKNOWN), (".jpg", UNKNOWN), ("", UNKNOWN),
                        ("%20image/png%09", PNG)):
        reply = slotd.ask("GET", "/slot?jid=a%40localhost&name=a&size=16"
                          "&content_type=" + value, headers=basic())
        put, get = (support.split_url(url)[1] for url in urls(reply))
        assert shown(slotd, put, get) == kind, value


def test_filetypes_that_are_none(slotd):
    for number, value in enumerate([*NONE, None, ...]):
        one = dialects.Pass("jwt", f"n{number}/a", SIZE, filetype=value)
        assert shown(slotd, one.put, one.get, **one.headers) == UNKNOWN, value


def test_blanks_around_a_filetype(slotd):
    one = dialects.Pass("jwt", "blanks/a", SIZE, " image/png\t")
    del one.headers["Content-Type"]
    assert shown(slotd, one.put, one.get, **one.headers) == PNG


@pytest.mark.parametrize("dialect", dialects.TYPED)
def test_types_in_a_mac(slotd, dialect):
    """The MAC is over what the server wrote, whatever that is."""
    for kind in ("omemo", ".jpg"):
        one = dialects.Pass(dialect, f"of{kind}/a", SIZE, kind)
        assert shown(slotd, one.put, one.get, **one.headers) == UNKNOWN


@pytest.mark.parametrize("end", [" ", "\t", "  \t "])
@pytest.mark.parametrize("dialect", dialects.ALL)
def test_white_space_behind_a_type(slotd, dialect, end):
    """None of the value's (RFC 9110, section 5.5)."""
    folder = "".join("%02x" % ord(c) for c in end)
    one = dialects.Pass(dialect, f"{folder}/a", SIZE, PNG)
    headers = {name: value + end for name, value in one.headers.items()}
    assert shown(slotd, one.put, one.get, **headers) == PNG


@pytest.mark.parametrize("end", [" ", "\t", "  \t "])
def test_white_space_behind_headers(slotd, end):
    body = support.slot_body(size=SIZE, filename="a")
    reply = slotd.ask("POST", "/slot", body, {
        "Authorization": support.authorization(body=body) + end,
        "Content-Type": "application/json" + end,
        "X-Request-Id": "a-name" + end})
    assert reply.status == 200, reply
    assert reply.headers["X-Request-Id"] == "a-name"
    put, get = (support.split_url(reply.json[n])[1] for n in ("put", "get"))
    assert shown(slotd, put, get, **{"Content-Type": PNG + end}) == PNG
    reply = slotd.ask("GET", get, headers={"Range": "bytes=0-4" + end})
    assert (reply.status, reply.body) == (206, b"bytes")
    etag, modified = (reply.headers[n] for n in ("ETag", "Last-Modified"))
    for known in (etag, "*"):
        assert slotd.ask("GET", get, headers={
            "If-None-Match": known + end}).status == 304
    for same in (etag, modified):
        assert slotd.ask("GET", get, headers={
            "Range": "bytes=0-4", "If-Range": same + end}).status == 206
