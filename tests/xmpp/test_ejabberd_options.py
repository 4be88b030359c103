"""The module's options in a real ejabberd: at start, when they change, when
they are wrong; how it is installed; https."""

import hashlib
import re
import shutil
import subprocess

import pytest

import stub as stubs
from authority import Authority
from ejabberd import MODULE, PATIENCE, SOURCE, Ejabberd, slotd_options
from stanza import (
    NS0, NS_OLD, Client, disco_info, parse_error, parse_slot, slot_request,
    wait_size)
from support import SECRET


@pytest.fixture
def start(tmp_path):
    """start(options, …) gives a running server; its logs keep the secret."""
    servers = []

    def start(options, **more):
        folder = tmp_path / f"ejabberd{len(servers)}"
        folder.mkdir()
        servers.append(Ejabberd(folder, {MODULE: options}, **more))
        return servers[-1].__enter__()
    yield start
    for server in servers:
        server.stop()
    for server in servers:
        assert SECRET not in server.log()


def login(server, who="alice@localhost"):
    return Client(server.port, who, "secret")


def ask(client, to, size=1234):
    return client.iq("get", to, slot_request("cat.jpg", size))


# --- what changes while it runs -------------------------------------------


def test_options_change_while_it_runs(start):
    with stubs.Stub() as one, stubs.Stub(
            secret="another fake secret 123", caller="other") as two:
        two.limits = stubs.answer(200, {"max_size": 5000000})
        server = start(slotd_options(
            one.url, max_size=1000, service_name="Files"),
            top={"loglevel": "debug"})
        with login(server) as alice:
            # What slotd allows is lowered, for all to see, and held to.
            one.wait_limits()
            found = wait_size(alice, server.upload, 1000)
            assert found.identities == {("store", "file"): "Files"}
            error = parse_error(ask(alice, server.upload, 1001))
            assert error[:2] == ("not-acceptable", "modify")
            assert error.max_file_size == 1000
            assert one.requests == []
            parse_slot(ask(alice, server.upload, 1000))
            # An error of slotd does not tell of more than that either.
            one.then(stubs.too_large(2000))
            error = parse_error(ask(alice, server.upload, 1000))
            assert error.max_file_size == 1000

            server.modules[MODULE] = slotd_options(
                two.url + "/prefix/", caller="other", max_size=10**12,
                secret="another fake secret 123",
                hosts=["upload.@HOST@", "files.@HOST@"])
            server.reload()
            two.wait_limits()
            for to in (server.upload, "files.localhost"):
                parse_slot(ask(alice, to))
                # It may be lowered only.
                wait_size(alice, to, 5000000)
            assert {r.target for r in two.requests} == {"/prefix/slot"}
            assert len(one.requests) == 2
            assert "another fake secret" not in server.log()

            # The old name is gone, and with the module all of them.
            del server.modules[MODULE]["hosts"]
            server.modules[MODULE]["host"] = "files.@HOST@"
            server.reload()
            parse_slot(ask(alice, "files.localhost"))
            error = parse_error(ask(alice, server.upload))
            assert error.condition == "remote-server-not-found"
            given = server.modules.pop(MODULE)
            server.reload()
            error = parse_error(ask(alice, "files.localhost"))
            assert error.condition == "remote-server-not-found"
            server.modules[MODULE] = given
            server.reload()
            parse_slot(ask(alice, "files.localhost"))


def test_a_secret_from_a_file_changes(start, tmp_path):
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    with stubs.Stub() as slotd:
        server = start(slotd_options(
            slotd.url, secret=None, secret_file=str(path)))
        with login(server) as alice:
            parse_slot(ask(alice, server.upload))
            path.write_text("another fake secret 123")
            slotd.secret = "another fake secret 123"
            server.reload()
            parse_slot(ask(alice, server.upload))
        assert "another fake secret" not in server.log()
        assert "part of the secret" not in server.log()


def test_litter_in_a_secret_is_named(start, tmp_path):
    """At start and after a reload; it is used as it stands."""
    path = tmp_path / "secret"
    path.write_bytes(SECRET.encode() + b"\r\n")

    def named(litter):
        server.wait_log(re.escape(
            f"{path} {litter}, which counts as part of the secret") + "$")
    with stubs.Stub(secret=SECRET + "\r") as slotd:
        server = start(slotd_options(
            slotd.url, secret=None, secret_file=str(path)))
        named("has a carriage return")
        with login(server) as alice:
            parse_slot(ask(alice, server.upload))
            for begin, end, litter in (
                    ("\ufeff", "\r\n", "begins with a byte order mark"),
                    ("", "\n\n", "has more than one line"),
                    ("", "\t", "has blanks at an end")):
                path.write_bytes((begin + SECRET + end).encode())
                slotd.secret = begin + SECRET + end.removesuffix("\n")
                server.reload()
                parse_slot(ask(alice, server.upload))
                named(litter)
            server.modules[MODULE] = slotd_options(
                slotd.url, secret=SECRET + "\t")
            server.reload()
            parse_slot(ask(alice, server.upload))
            server.wait_log("The option 'secret' has blanks at an end, which "
                            "counts as part of the secret$")


def test_limits_that_are_forbidden_say_what_to_look_at(start):
    with stubs.Stub() as slotd:
        slotd.limits = stubs.problem(403, "forbidden")
        server = start(slotd_options(slotd.url))
        server.wait_log(
            "size limit for uploads is not known, .*: status 403, forbidden: "
            "localhost is not in allow_domains of this caller in slotd's "
            "configuration$")


def test_virtual_hosts_stand_by_themselves(start):
    """Each has its address, its domain and its limits; @HOST@ or default."""
    with stubs.Stub() as slotd:
        slotd.limits = lambda request: stubs.answer(200, {
            "max_size": 1000 if request.target.endswith("localhost")
            else 2000})
        server = start(slotd_options(slotd.url),
                       hosts=("localhost", "example.test"))
        asked = {r.target for r in slotd.wait_limits(2)}
        assert asked == {"/limits?domain=localhost",
                         "/limits?domain=example.test"}
        for host, size in (("localhost", "1000"), ("example.test", "2000")):
            with login(server, "alice@" + host) as alice:
                parse_slot(ask(alice, "upload." + host))
                wait_size(alice, "upload." + host, size)
                assert slotd.requests[-1].json["jid"] == "alice@" + host


def test_without_limits_nothing_is_advertised(start):
    with stubs.Stub() as slotd:
        slotd.limits = stubs.answer(
            502, b"<html>", content_type="text/html")
        server = start(slotd_options(slotd.url))
        assert "status 502" in server.wait_log("size limit")
        with login(server) as alice:
            found = disco_info(alice, server.upload)
            assert NS0 in found.features
            assert NS0 not in found.forms and NS_OLD not in found.forms
            parse_slot(ask(alice, server.upload))
            # A reload asks at once.
            slotd.limits = stubs.answer(200, {"max_size": 77})
            server.modules[MODULE]["service_name"] = "Files"
            count = len(slotd.asked_limits)
            server.reload()
            slotd.wait_limits(count + 1)
            ask(alice, server.upload)
            wait_size(alice, server.upload, 77)


# --- what is wrong --------------------------------------------------------


def test_wrong_options_are_refused(start, tmp_path):
    """With a sentence, and without a word of the secret."""
    empty = tmp_path / "empty"
    empty.write_text("")
    wrong = [
        ({"url": None}, "Missing required option: .*url"),
        ({"caller": None}, "Missing required option: .*caller"),
        ({"url": "127.0.0.1:8363"}, "url must"),
        ({"url": "ftp://127.0.0.1"}, "url must start with http"),
        ({"url": "http://u:p@127.0.0.1"}, "url has a user name"),
        ({"url": "http://127.0.0.1/?a=b"}, "url must not have a '[?]'"),
        ({"url": "http://127.0.0.1:99999"}, "url has a port"),
        ({"caller": "a b"}, "'?a b'? doesn't match"),
        ({"secret": "fake too short"}, "at least 16 bytes"),
        ({"secret": None, "secret_file": str(empty)}, "at least 16 bytes"),
        ({"secret": None, "secret_file": "/no/such/file"}, "/no/such/file"),
        ({"timeout": "soon"}, "timeout: "),
        ({"max_size": -1}, "max_size: Expected positive integer"),
        ({"access_key": "x"}, "access_key"),
        ({"hosts": ["localhost"]}, "localhost"),
    ]
    with stubs.Stub() as slotd:
        server = start(slotd_options(slotd.url))
        good = server.modules[MODULE]
        for change, words in wrong:
            options = {k: v for k, v in {**good, **change}.items()
                       if v is not None}
            server.modules[MODULE] = options
            with pytest.raises(AssertionError):
                server.reload()
            server.wait_log(words)
        assert "fake too short" not in server.log()
        # This only shows when all of them are together.
        server.modules[MODULE] = {**good, "secret_file": __file__}
        server.reload()
        server.wait_log("goes on with its old options: .*exclude each other")
        with login(server) as alice:
            parse_slot(ask(alice, server.upload))


@pytest.mark.parametrize("change, words", [
    ({"secret": None}, "'secret' and 'secret_file' is needed"),
    ({"secret_file": __file__}, "exclude each other")])
def test_a_start_without_one_secret_fails(tmp_path, change, words):
    server = Ejabberd(tmp_path, {MODULE: slotd_options(
        "http://127.0.0.1:8363", **change)})
    try:
        server.launch()
        assert server.process.wait(PATIENCE) != 0
        assert words in server.log()
        assert SECRET not in server.log()
    finally:
        server.stop()


# --- https ----------------------------------------------------------------


def test_https(start, tmp_path):
    """Only with an authority that is known, and only for its own name."""
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    ours = Authority(tmp_path / "ours", "Ours")
    theirs = Authority(tmp_path / "theirs", "Theirs")
    good = ours.issue("good", "DNS:localhost", "IP:127.0.0.1")
    named = ours.issue("named", "DNS:*.example.org", "IP:127.0.0.2")
    foreign = theirs.issue("foreign", "DNS:localhost", "IP:127.0.0.1")
    ca = str(ours.certificate)
    with stubs.Stub(tls=good) as slotd, stubs.Stub(tls=named) as other, \
            stubs.Stub(tls=foreign) as stranger:
        server = start(slotd_options(slotd.url, ca_file=ca))
        with login(server) as alice:
            def switch(url, **more):
                server.modules[MODULE] = slotd_options(url, **more)
                server.reload()
                return ask(alice, server.upload)
            parse_slot(ask(alice, server.upload))
            by_name = f"https://localhost:{slotd.port}"
            parse_slot(switch(by_name, ca_file=ca))
            # closed in the middle: asked again over TLS as well
            slotd.then(stubs.CLOSE)
            parse_slot(ask(alice, server.upload))
            assert len(slotd.requests) == 4
            for url, ca_file, words in (
                    (stranger.url, {"ca_file": ca}, "'ca_file'"),
                    (by_name, {}, "'ca_file'"),
                    (other.url, {"ca_file": ca}, "TLS fails"),
                    (f"https://localhost:{other.port}", {"ca_file": ca},
                     "TLS fails")):
                error = parse_error(switch(url, **ca_file))
                assert error[:2] == ("service-unavailable", "wait")
                server.wait_log(f"No slot from slotd at {url}.*{words}")
            assert len(slotd.requests) == 4
            assert other.requests == stranger.requests == []
            # The top-level option counts where the module has none.
            server.top = {"ca_file": ca}
            parse_slot(switch(by_name))


# --- installing it --------------------------------------------------------


def test_module_install(tmp_path):
    """As the README says: copied to `sources`, then by ejabberdctl."""
    modules = tmp_path / "home/.ejabberd-modules"
    server = Ejabberd(tmp_path, {}, beams=None)
    shutil.copytree(SOURCE, modules / "sources" / MODULE)
    with stubs.Stub() as slotd, server:
        assert MODULE in server.ctl("modules_available")
        said = server.ctl("module_install", MODULE)
        assert "Warning:" not in said + server.log()
        # The sample is taken as it is, and names no slotd of this test.
        path = modules / MODULE / "conf" / (MODULE + ".yml")
        sample = path.read_text()
        for old, new in (("http://127.0.0.1:8363", slotd.url),
                         ("caller: ejabberd", "caller: prosody"),
                         ("put the caller's secret here", SECRET)):
            assert old in sample
            sample = sample.replace(old, new)
        path.write_text(sample)
        server.ctl("reload_config")
        with login(server) as alice:
            parse_slot(ask(alice, server.upload))
            server.ctl("module_upgrade", MODULE)
            # Which puts back the sample.
            path.write_text(sample)
            server.ctl("reload_config")
            parse_slot(ask(alice, server.upload))
            server.ctl("module_uninstall", MODULE)
            error = parse_error(ask(alice, server.upload))
            assert error.condition == "remote-server-not-found"
        assert MODULE not in server.ctl("modules_installed")
        assert SECRET not in server.log()


# --- what its README says -------------------------------------------------


def test_the_readme_has_every_option():
    text = (SOURCE / "README.md").read_text()
    source = (SOURCE / "src/slotd_options.erl").read_text()
    options = set(re.findall(r"^type\((\w+)\)", source, re.M))
    assert len(options) == 12
    for option in options:
        assert f"`{option}`" in text, option


def test_the_readme_finds_the_old_files():
    """An independent SHA-1 of what the old module hashed, user@host."""
    text = (SOURCE / "README.md").read_text()
    line = re.search(r"^prefix=.*", text, re.M)[0]
    done = subprocess.run(
        ["sh", "-c", line + "; echo $prefix"], capture_output=True, text=True,
        timeout=PATIENCE)
    assert "'juliet@example.org'" in line
    assert done.stdout == (
        hashlib.sha1(b"juliet@example.org").hexdigest() + "\n")
