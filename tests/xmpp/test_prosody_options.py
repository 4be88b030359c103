"""Prosody with our module: its options, https, reloading."""

import subprocess

import pytest

import prosody
import stub
import support
from stanza import Client, parse_error, parse_slot, slot_request

serve = prosody.serve
SECRET = support.SECRET
URL = "http://127.0.0.1:8363"


@pytest.fixture
def slotd():
    with stub.Stub() as slotd:
        yield slotd


def ask(server):
    with Client(server.port, "alice@localhost", "secret") as alice:
        return alice.iq("get", server.upload, slot_request("cat.jpg", 1))


def is_unavailable(answer):
    error = parse_error(answer)
    assert error.condition == "service-unavailable", error


# --- what is missing or wrong ---------------------------------------------


FAULTS = [
    ({"url": None}, ["url"]),
    ({"caller": None}, ["caller"]),
    ({"secret": None}, ["secret"]),
    ({"url": None, "caller": None, "secret": None},
     ["url", "caller", "secret"]),
    ({"url": ""}, ["url"]), ({"url": "127.0.0.1:8363"}, ["url"]),
    ({"url": "ftp://127.0.0.1/"}, ["url"]), ({"url": "http://"}, ["url"]),
    ({"url": "http://u:p@127.0.0.1/"}, ["url"]),
    ({"url": URL + "/?a=b"}, ["url"]), ({"url": URL + "/#a"}, ["url"]),
    ({"url": "http://127.0.0.1:x/"}, ["url"]),
    ({"url": "http://127.0.0.1:8363slot"}, ["url"]),
    ({"url": URL + "/a b"}, ["url"]), ({"url": URL + "\n"}, ["url"]),
    ({"caller": ""}, ["caller"]), ({"caller": "a b"}, ["caller"]),
    ({"caller": "a, sig=b"}, ["caller"]), ({"caller": "x" * 65}, ["caller"]),
    ({"secret": ""}, ["secret"]),
    ({"secret": None, "secret_file": "nowhere"}, ["secret_file"]),
    ({"secret": None, "secret_file": "/"}, ["secret_file"]),
    ({"secret": None, "secret_file": "/dev/null"}, ["secret_file"]),
    ({"secret_file": "/etc/hostname"}, ["secret"]),
    ({"timeout": 0}, ["timeout"]), ({"timeout": -1}, ["timeout"]),
    ({"timeout": "soon"}, ["timeout"]),
    ({"size_limit": 0}, ["size_limit"]),
    ({"size_limit": "10 MiB"}, ["size_limit"]),
    ({"access": ["@"]}, ["access"]),
    ({"access": ["alice@localhost/phone"]}, ["access"]),
    ({"access": ["localhost", 17]}, ["access"]),
    ({"url": "https://127.0.0.1:1", "cafile": "nowhere.pem"}, ["cafile"]),
]


def test_faults(serve):
    """A component for each, in one Prosody."""
    hosts = "".join(
        f'Component "u{n}.localhost" "http_upload_slotd"\n'
        + prosody.settings(prosody.options(URL, **over))
        for n, (over, _) in enumerate(FAULTS))
    server = serve(prosody.options(URL), hosts=hosts)
    with Client(server.port, "alice@localhost", "secret") as alice:
        for n, (over, names) in enumerate(FAULTS):
            is_unavailable(alice.iq(
                "get", f"u{n}.localhost", slot_request("cat.jpg", 1)))
            faults = server.lines(
                rf"u{n}\.localhost:.*\terror\thttp_upload_slotd_")
            assert len(faults) == len(names), (over, faults)
            for name in names:
                assert [line for line in faults if
                        f"\thttp_upload_slotd_{name} " in line], (over, faults)
    assert SECRET not in server.log() + server.output()


# --- the secret -----------------------------------------------------------


@pytest.mark.parametrize("text, secret, litter", [
    (SECRET, SECRET, None), (SECRET + "\n", SECRET, None),
    ("\ufeff" + SECRET + "\r\n", "\ufeff" + SECRET + "\r",
     "begins with a byte order mark"),
    (SECRET + "\r\n", SECRET + "\r", "has a carriage return"),
    (SECRET + "\n\n", SECRET + "\n", "has more than one line"),
    (SECRET + "\t\n", SECRET + "\t", "has blanks at an end"),
    (" " + SECRET, " " + SECRET, "has blanks at an end"),
    (" " + SECRET + " ", " " + SECRET + " ", "has blanks at an end")])
def test_secret_file(serve, tmp_path, text, secret, litter):
    """It is used as it stands, and what hardly belongs to it is named."""
    path = tmp_path / "secret"
    path.write_bytes(text.encode())
    with stub.Stub(secret=secret) as slotd:
        server = serve(prosody.options(
            slotd.url, secret=None, secret_file=path))
        parse_slot(ask(server))
        assert not slotd.refused
    said = [line.rpartition("\t")[2] for line in server.lines(
        "\twarn\t.*part of the secret")]
    assert said == ([f"{path} {litter}, which counts as part of the secret"]
                    if litter else [])
    assert SECRET not in server.log()


def test_wrong_secret(serve, slotd):
    wrong = "another-secret-only-for-tests"
    server = serve(prosody.options(slotd.url, secret=wrong))
    is_unavailable(ask(server))
    line = server.wait_log("slotd at .*401")
    assert "http_upload_slotd_caller" in line and "secret" in line
    support.wait_for("/limits of two domains, and /slot",
                     lambda: len(slotd.refused) == 3)
    assert wrong not in server.log() + server.output()


def test_nothing_secret_is_logged(serve, slotd):
    server = serve(prosody.options(slotd.url), config='log = { { levels = '
                   '{ min = "debug" }, to = "file", filename = "debug.log" '
                   '} }\n')
    slotd.then(stub.slot(), stub.slot("https://put.example.org/x?Sig=1 2"))
    parse_slot(ask(server))
    is_unavailable(ask(server))
    log = (server.folder / "debug.log").read_text() + server.log()
    assert "http_upload_slotd" in log
    for secret in SECRET, "Sig=1", "sig=":
        assert secret not in log


# --- the URL --------------------------------------------------------------


@pytest.mark.parametrize("path, target", [
    ("", "/slot"), ("/", "/slot"), ("/api", "/api/slot"),
    ("/api/", "/api/slot"), ("/a/b~c.d/%41", "/a/b~c.d/%41/slot")])
def test_base_path(serve, slotd, path, target):
    server = serve(prosody.options(slotd.url + path))
    parse_slot(ask(server))
    assert slotd.requests[0].target == target
    assert slotd.wait_limits(2)[0].target.startswith(
        target.replace("slot", "limits?domain="))
    assert not slotd.refused


# --- https ----------------------------------------------------------------


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, timeout=60,
                   capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A folder with a CA's ca.pem and, signed by it, good.pem and wrong.pem,
    each with its .key; other.pem is another CA. In system/ stands the first
    one, as OpenSSL looks for it."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in "ca", "other":
        openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                f"/CN=Test {name}", "-keyout", name + ".key", "-out",
                name + ".pem")
    for name, host in ("good", "localhost"), ("wrong", "example.org"):
        (folder / "ext").write_text(f"subjectAltName=DNS:{host}\n")
        openssl(folder, "req", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={host}",
                "-keyout", name + ".key", "-out", name + ".csr")
        openssl(folder, "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem",
                "-CAkey", "ca.key", "-days", "30", "-extfile", "ext",
                "-out", name + ".pem")
    (folder / "system").mkdir()
    (folder / "system" / "ca.pem").write_bytes(
        (folder / "ca.pem").read_bytes())
    openssl(folder, "rehash", "system")
    return folder


@pytest.mark.parametrize("name, cafile, system, says", [
    ("good", "ca", False, None),
    ("good", None, False, "not trusted"),
    ("good", None, True, None),
    ("good", "other", False, "not trusted"),
    ("good", "other", True, "not trusted"),
    ("wrong", "ca", False, "not for the host"),
])
def test_https(serve, certificates, name, cafile, system, says):
    """system: the CA is one that this Prosody trusts anyway."""
    tls = (certificates / f"{name}.pem", certificates / f"{name}.key")
    with stub.Stub(tls=tls) as slotd:
        url = slotd.url.replace("127.0.0.1", "localhost")
        server = serve(prosody.options(
            url, cafile=cafile and certificates / f"{cafile}.pem"),
            config=f'ssl = {{ capath = "{certificates / "system"}" }}'
            if system else "")
        answer = ask(server)
        if says is None:
            parse_slot(answer)
            return
        is_unavailable(answer)
        server.wait_log("slotd at [^,]*" + says)
        assert not slotd.requests and not slotd.asked_limits


# --- reloading ------------------------------------------------------------


def manage(client, what, host="upload.localhost", config=""):
    config = config and f" config='{config}'"
    return client.iq(
        "set", "localhost", f"<do xmlns='lab:modules' what='{what}' "
        f"name='http_upload_slotd' host='{host}'{config}/>")


@pytest.mark.parametrize("what", ["reload", "unload"])
def test_requests_under_way(serve, slotd, what):
    server = serve(prosody.options(slotd.url))
    with Client(server.port, "alice@localhost", "secret") as alice:
        for _ in range(60):
            slotd.hold()
        numbers = [alice.send_iq("get", server.upload, slot_request("x", 1))
                   for _ in range(60)]
        slotd.wait_requests(8)
        assert manage(alice, what).get("type") == "result"
        for number in numbers:
            is_unavailable(alice.read_iq(number))
        slotd.script.clear()
        for event in slotd.events:
            event.set()
        if what == "reload":
            parse_slot(ask(server))
        else:
            is_unavailable(ask(server))
    assert not server.lines("\terror\t.*slotd at")


def test_options_are_read_anew(serve, slotd):
    server = serve(prosody.options(slotd.url, access=["example.org"]))
    assert parse_error(ask(server)).condition == "forbidden"
    server.options = prosody.options(slotd.url, size_limit=10)
    path = server.write()
    with Client(server.port, "alice@localhost", "secret") as alice:
        assert manage(alice, "reload", config=path).get("type") == "result"
    parse_slot(ask(server))


def test_mended_options(serve, slotd):
    """A module that said what is wrong works after a reload."""
    server = serve(prosody.options(None))
    is_unavailable(ask(server))
    server.options = prosody.options(slotd.url)
    path = server.write()
    with Client(server.port, "alice@localhost", "secret") as alice:
        assert manage(alice, "reload", config=path).get("type") == "result"
    parse_slot(ask(server))
