"""The bearer tokens of Prosody's mod_http_file_share."""

import hashlib
import time

import pytest

import dialects
import support
from dialects import refused
from upload import tree

DATA = b"bytes of a test\n"
SIZE = len(DATA)
PNG = "image/png"
SECRET = dialects.secret_of("jwt")


def config(folder, **over):
    return support.fs_config(folder, callers=dialects.callers(), **over)


@pytest.fixture(scope="module")
def slotd(start_once, tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    slotd = start_once(config(store))
    slotd.store = store
    return slotd


@pytest.fixture
def path(request):
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:24]
    return digest + "/a b.png"


def put(slotd, target, line, data=DATA, more=()):
    lines = [line] if isinstance(line, str) else line
    return slotd.ask("PUT", target, data, [
        *(("Authorization", line) for line in lines), *more])


def bearer(path, *, secret=SECRET, header=None, digest=hashlib.sha256,
           size=SIZE, **over):
    return "Bearer " + dialects.token(secret, dialects.claims_of(
        path, size, PNG, **over), header, digest)


def target(path):
    return "/jwt/" + dialects.strict(path)


def test_of_prosody(slotd):
    """A token by util.jwt of Prosody 0.12.3. It is late: so it was read."""
    line = (
        "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJqdWxpZXRAZXh"
        "hbXBsZS5vcmciLCJleHAiOjE3MzIzMDAzMDAsImZpbGV0eXBlIjoiaW1hZ2UvcG5nIi"
        "wiZmlsZXNpemUiOjE2LCJmaWxlbmFtZSI6ImEgYi5wbmciLCJleHBpcmVzIjoxNzMyO"
        "TA0ODAwLCJpYXQiOjE3MzIzMDAwMDAsInNsb3QiOiJhYmMifQ.7ZeO7dlZE3vjJg2rL"
        "a9jaNsDGCtvfeFzQV3QY1y_AE4")
    refused(put(slotd, "/jwt/abc/a%20b.png", line), 410, "slot-expired")
    refused(put(slotd, "/jwt/abc/a%20b.png", line[:-1] + "8"),
            401, "unauthorized")


# --- refused --------------------------------------------------------------


def corrupt(line):
    return line[:-2] + ("A" if line[-2] != "A" else "B") + line[-1]


LINES = {
    "none": lambda path: [],
    "empty": lambda path: "",
    "basic": lambda path: "Basic and0OmZha2U=",
    "no-token": lambda path: "Bearer",
    "text": lambda path: "Bearer x.y.z",
    "two": lambda path: [bearer(path), bearer(path)],
    "a-stranger-first": lambda path: ["Basic eDp5", bearer(path)],
    "corrupt": lambda path: corrupt(bearer(path)),
    "unsigned": lambda path: bearer(path).rpartition(".")[0] + ".",
    "cut": lambda path: bearer(path).rpartition(".")[0],
    "four-parts": lambda path: bearer(path) + ".x",
    "padded": lambda path: bearer(path) + "=",
    "alg-none": lambda path: bearer(
        path, header={"alg": "none"}).rpartition(".")[0] + ".",
    "alg-none-signed": lambda path: bearer(path, header={"alg": "none"}),
    "hs512": lambda path: bearer(
        path, header={"alg": "HS512"}, digest=hashlib.sha512),
    "hs512-by-sha256": lambda path: bearer(path, header={"alg": "HS512"}),
    "rs256": lambda path: bearer(path, header={"alg": "RS256"}),
    "no-alg": lambda path: bearer(path, header={"typ": "JWT"}),
    "crit": lambda path: bearer(
        path, header={"alg": "HS256", "crit": ["exp"]}),
    "no-exp": lambda path: bearer(path, exp=...),
    "exp-text": lambda path: bearer(path, exp="4102444800"),
    "no-slot": lambda path: bearer(path, slot=...),
    "no-filename": lambda path: bearer(path, filename=...),
    "no-filesize": lambda path: bearer(path, filesize=...),
    "filesize-float": lambda path: bearer(path, filesize=16.0),
    "filesize-negative": lambda path: bearer(path, filesize=-16),
    "filesize-2-to-64": lambda path: bearer(path, filesize=2**64 + 16),
    "long": lambda path: bearer(path, later="x" * 7000),
}


@pytest.mark.parametrize("name", LINES)
def test_unauthorized(slotd, path, name):
    reply = put(slotd, target(path), LINES[name](path))
    refused(reply, 401, "unauthorized")
    assert not (slotd.store / target(path)[1:].partition("%")[0]).exists()


def test_secrets_of_others(slotd, path):
    for name in ("external-v1", "external-v2", "token", "prosody"):
        secret = dialects.secret_of(name) if name != "prosody" else \
            support.SECRET
        refused(put(slotd, target(path), bearer(path, secret=secret)),
                401, "unauthorized")


@pytest.mark.parametrize("over, word", [
    ({"slot": "another"}, "slot"), ({"slot": ""}, "slot"),
    ({"filename": "b.png"}, "filename"), ({"filename": ""}, "filename"),
    ({"filename": "a b.png/"}, "filename"),
    ({"filename": "x/a b.png"}, "filename"),
    ({"filetype": 1}, "filetype"), ({"filetype": ["image/png"]}, "filetype"),
    ({"sub": "a@b@c"}, "sub"), ({"sub": ""}, "sub")])
def test_claims_of_another(slotd, path, over, word):
    reply = put(slotd, target(path), bearer(path, **over))
    assert word in refused(reply, 400, "bad-request")["detail"]


def test_path_of_another(slotd, path):
    line = bearer(path)
    for other in ("x/" + path, path + "x", path[1:], path[:-1],
                  path.replace("/", "/x/"), path.replace(" ", "+"),
                  path.partition("/")[0], path + "/"):
        refused(put(slotd, target(other), line), 400, "bad-request")
    assert put(slotd, target(path), line).status == 201


def test_late(slotd, path):
    """410, and not before the signature was found right."""
    now = int(time.time())
    for exp in (now, now - 1, now - 300, 1, 0, now - 0.5):
        problem = refused(
            put(slotd, target(path), bearer(path, exp=exp)),
            410, "slot-expired")
        assert problem["title"] == "Gone"
        refused(put(slotd, target(path), bearer(
            path, exp=exp, secret="of-somebody-else-01")),
            401, "unauthorized")
    assert put(slotd, target(path),
               bearer(path, exp=now + 600.5)).status == 201


@pytest.mark.parametrize("size", [0, SIZE - 1, SIZE + 1, 2**30])
def test_another_length(slotd, path, size):
    reply = put(slotd, target(path), bearer(path, size=size))
    refused(reply, 413, "length-mismatch")


def test_rotation(start, tmp_path, path):
    callers = dialects.callers()
    del callers[-1]["secret"]
    callers[-1]["secrets"] = ["the-newer-fake-secret", SECRET]
    slotd = start(support.fs_config(tmp_path / "store", callers=callers))
    for number, secret in enumerate(callers[-1]["secrets"]):
        one = f"{number}/a"
        assert put(slotd, target(one),
                   bearer(one, secret=secret)).status == 201
    refused(put(slotd, target(path), bearer(path, secret=SECRET + "x")),
            401, "unauthorized")


# --- what else it says ----------------------------------------------------


def test_optional(slotd, path):
    line = bearer(path, sub=..., iat=..., expires=..., filetype="")
    assert put(slotd, target(path), line).status == 201
    reply = slotd.ask("GET", target(path))
    assert reply.headers["Content-Type"] == "application/octet-stream"
    slotd.wait_line(r"route=/jwt/ caller=jwt domain=unknown size=16 "
                    r"status=201")


def test_caches_keep_it_until_then(slotd, path):
    """As long as the token says, which is not for ever."""
    expires = int(time.time()) + 5000
    assert put(slotd, target(path), bearer(
        path, expires=expires)).status == 201
    stays = path.replace(".png", "2.png")
    assert put(slotd, target(stays), bearer(stays, expires=...)).status == 201
    for method in "GET", "HEAD":
        reply = slotd.ask(method, target(path))
        left = expires - time.time()
        words, age = reply.headers["Cache-Control"].rsplit("=", 1)
        assert words == "public, max-age"
        assert left - 1 < int(age) <= 5000
        reply = slotd.ask(method, target(stays))
        assert reply.headers["Cache-Control"] == (
            "public, max-age=31536000, immutable")


END = {410: "gone", 404: "not-found"}


def test_expires(slotd, path):
    """The file is served until then, and not from then on: 410, or 404 once
    it was removed, since its URL does not tell its end."""
    assert put(slotd, target(path), bearer(
        path, expires=int(time.time()) + 3)).status == 201
    stays = path.replace(".png", "2.png")
    assert put(slotd, target(stays), bearer(stays)).status == 201
    gone = support.wait_for("the file's end", lambda: (
        reply := slotd.ask("GET", target(path))).status in END and reply)
    support.assert_problem(gone, END[gone.status])
    assert slotd.ask("HEAD", target(path)).status in END
    assert slotd.ask("GET", target(stays)).status == 200


def test_keep_of_the_caller(start, tmp_path, path, clock):
    """The earlier of both counts."""
    slotd = start(config(tmp_path / "store") | {"callers": [
        {**caller, **({"keep": 100} if "base" in caller else {})}
        for caller in dialects.callers()]})
    later = path.replace(".png", "2.png")
    assert put(slotd, target(path), bearer(path)).status == 201
    assert put(slotd, target(later), bearer(
        later, expires=int(time.time()) + 90000)).status == 201
    assert slotd.ask("GET", target(path)).status == 200
    clock.move(101)
    for one in (path, later):
        assert slotd.ask("GET", target(one)).status in END


def test_expires_is_swept(start, tmp_path, path):
    """Also what was stored before a restart."""
    slotd = start(config(tmp_path / "store"))
    stays = path.replace(".png", "2.png")
    for one, expires in ((path, 1), (stays, ...)):
        assert put(slotd, target(one),
                   bearer(one, expires=expires)).status == 201
    assert slotd.ask("GET", target(path)).status in END
    slotd.stop()
    slotd.start()
    support.wait_for("the sweep", lambda: set(
        tree(tmp_path / "store")) == {".until", "files/jwt/" + stays})
    assert slotd.ask("GET", target(stays)).status == 200


def test_log(start, tmp_path):
    """No JID, no name, no token."""
    slotd = start(config(tmp_path / "store"))
    path = "slot-1/secret name.png"
    good = bearer(path)
    assert put(slotd, target(path), good).status == 201
    refused(put(slotd, target(path), good), 409, "already-exists")
    refused(put(slotd, target(path), corrupt(good)), 401, "unauthorized")
    refused(put(slotd, target(path), bearer(path, exp=1)), 410,
            "slot-expired")
    assert slotd.ask("GET", target(path)).status == 200
    base = "method=PUT route=/jwt/ "
    who = base + "caller=jwt domain=example.org size=16 "
    slotd.wait_line(who + "status=201")
    slotd.wait_line(who + "status=409 code=already-exists")
    slotd.wait_line(base + "caller=jwt status=410 code=slot-expired")
    # Whoever that was, it was not the caller.
    slotd.wait_line(base + 'status=401 code=unauthorized '
                    'reason="wrong signature"')
    slotd.wait_line("method=GET route=/jwt/ size=16 status=200")
    text = "\n".join(slotd.lines)
    for word in ("juliet", "secret", "name", "slot-1", good[7:]):
        assert word not in text.replace("filename", ""), word


def test_log_with_jids(start, tmp_path, path):
    slotd = start(config(tmp_path / "store", log={"jids": True}))
    line = bearer(path, sub="Juliet@EXAMPLE.org./balcony")
    assert put(slotd, target(path), line).status == 201
    slotd.wait_line("caller=jwt domain=example.org jid=Juliet@example.org "
                    "size=16 status=201")
