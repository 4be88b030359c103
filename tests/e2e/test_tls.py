"""TLS on a listener, and its certificates in place of others."""

import os
import socket
import ssl
import subprocess

import pytest

import support
import terminal
from reloading import failed, reload


def certificate(folder, name, key=None):
    """A new self-signed one, and its key, in files of these names."""
    cert, own = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(own), "-out", str(cert)],
        check=True, capture_output=True, timeout=support.PATIENCE)
    own.chmod(0o600)
    return cert, own


@pytest.fixture
def pair(tmp_path):
    return certificate(tmp_path, "first")


class Client(support.Connection):
    """Trusts this certificate alone."""

    def __init__(self, address, cert):
        super().__init__(address)
        self.context = ssl.create_default_context(cafile=str(cert))

    def connect(self):
        super().connect()
        self.sock = self.context.wrap_socket(
            self.sock, server_hostname="127.0.0.1")

    def serial(self):
        return self.sock.getpeercert()["serialNumber"]


def config(tmp_path, pair, **over):
    cert, key = pair
    return support.s3_config(listen={"tls_cert": cert, "tls_key": key},
                             **over)


def post(client):
    body = support.slot_body()
    return client.ask("POST", "/slot", body, [
        ("Authorization", support.authorization(body=body)),
        ("Content-Type", "application/json")])


def test_slots_and_files(start, tmp_path, pair):
    cert, key = pair
    fs = support.fs_config(
        tmp_path / "store", listen={"tls_cert": cert, "tls_key": key})
    fs["public_url"] = fs["public_url"].replace("http:", "https:")
    slotd = start(fs)
    client = Client(slotd.address, cert)
    data = bytes(range(256)) * 4096
    body = support.slot_body(size=len(data))
    for _ in range(3):
        reply = client.ask("POST", "/slot", body, [
            ("Authorization", support.authorization(body=body)),
            ("Content-Type", "application/json")])
        assert reply.status == 200, reply
        put = support.split_url(reply.json["put"])[1]
        get = support.split_url(reply.json["get"])[1]
        assert client.ask("PUT", put, data).status == 201
        assert client.ask("GET", get).body == data
        part = client.ask("GET", get, headers=[("Range", "bytes=5-9")])
        assert part.status == 206 and part.body == data[5:10]
    # One that is refused before its body is read gets its answer.
    late = Client(slotd.address, cert)
    support.assert_problem(late.ask("PUT", put, data), "already-exists")
    client.close()


def test_files_that_are_not_in_memory(
        start, tmp_path, pair, preload, monkeypatch):
    """Without sendfile, whose way is test_never_in_memory's."""
    cert, key = pair
    preload("no_cache.c")
    monkeypatch.setenv("NO_CACHE", str(tmp_path / "asked"))
    fs = support.fs_config(
        tmp_path / "store", listen={"tls_cert": cert, "tls_key": key})
    fs["public_url"] = fs["public_url"].replace("http:", "https:")
    client = Client(start(fs).address, cert)
    for size in (1, 65535, 65536, 65537, 131073, 5_000_001):
        data = os.urandom(size)
        body = support.slot_body(size=size)
        slot = client.ask("POST", "/slot", body, [
            ("Authorization", support.authorization(body=body)),
            ("Content-Type", "application/json")]).json
        target = support.split_url(slot["get"])[1]
        put = support.split_url(slot["put"])[1]
        assert client.ask("PUT", put, data).status == 201
        assert client.ask("GET", target).body == data
        part = client.ask(
            "GET", target, headers=[("Range", f"bytes={size // 3}-")])
        assert part.status == 206 and part.body == data[size // 3:]
    client.close()


def test_who_speaks_http(start, tmp_path, pair):
    """Who does not speak TLS gets no answer, and hurts nobody."""
    slotd = start(config(tmp_path, pair))
    with socket.create_connection(slotd.address, support.PATIENCE) as sock:
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while True:
            try:
                piece = sock.recv(4096)
            except ConnectionError:
                break
            if not piece:
                break
            answer += piece
    assert b"HTTP/" not in answer
    assert post(Client(slotd.address, pair[0])).status == 200


def test_handshakes_have_a_deadline(start, tmp_path, pair):
    slotd = start(config(tmp_path, pair, limits={"header_timeout": 1}))
    with socket.create_connection(slotd.address, support.PATIENCE) as sock:
        assert sock.recv(1) == b""


def test_health(start, tmp_path, pair):
    slotd = start(config(tmp_path, pair))
    done = support.run("health", "-c", slotd.path)
    assert done.returncode == 0, done
    slotd.stop()
    assert support.run("health", "-c", slotd.path).returncode == 1


def test_another_certificate(start, tmp_path, pair):
    """Who is connected stays so for its next answer; who comes sees the new
    one."""
    slotd = start(config(tmp_path, pair))
    before = Client(slotd.address, pair[0])
    assert post(before).status == 200
    first = before.serial()
    other = certificate(tmp_path, "second")
    for mine, new in zip(pair, other):
        mine.write_bytes(new.read_bytes())
    reload(slotd)
    reply = post(before)
    assert reply.status == 200
    assert reply.headers["Connection"] == "close"
    after = Client(slotd.address, other[0])
    assert post(after).status == 200
    assert after.serial() != first
    with pytest.raises(ssl.SSLError):
        Client(slotd.address, certificate(tmp_path, "third")[0]).connect()


def test_fifty_certificates(start, tmp_path, pair):
    slotd = start(config(tmp_path, pair))
    pairs = [certificate(tmp_path, f"number{n}") for n in range(2)]
    for number in range(50):
        client = Client(slotd.address, pair[0])
        assert post(client).status == 200
        for mine, new in zip(pair, pairs[number % 2]):
            mine.write_bytes(new.read_bytes())
        reload(slotd)
        assert post(client).status == 200
        client.close()


APART = ("tls_cert and tls_key do not belong together (the server's own "
         "certificate comes first)")


def apart_in_another_file(folder, cert, key):
    """The line is that of the file that names them."""
    included = support.write_config(folder, {"listen": {
        "tls_cert": cert, "tls_key": key}}).rename(folder / "listen.conf")
    path = support.write_config(folder, support.s3_config(listen=None))
    path.write_text(f'@include "{included}"\n' + path.read_text())
    done = support.run("check", "-c", path)
    number = 1 + next(i for i, line in enumerate(
        included.read_text().splitlines()) if "tls_cert" in line)
    assert done.stderr.decode() == f"{included}:{number}: listen: {APART}\n"
    _, text = terminal.run("check", "-c", path)
    assert text.startswith(f"{terminal.RED}FAILURE{terminal.END}  {included}")


def test_faults(tmp_path, pair, start):
    """What check says of them; serve and a reload take it as seriously."""
    other = certificate(tmp_path, "other")
    cert, key = pair
    locked = tmp_path / "locked.key"
    subprocess.run(["openssl", "ec", "-aes128", "-passout", "pass:fake",
                    "-in", str(key), "-out", str(locked)],
                   check=True, capture_output=True)
    locked.chmod(0o600)
    slotd = start(config(tmp_path, pair))
    folder = tmp_path / "faulty"
    folder.mkdir()
    for listen, words in [
            ({"tls_cert": cert}, "listen.tls_cert: needs tls_key"),
            ({"tls_key": key}, "listen.tls_key: needs tls_cert"),
            ({"tls_cert": cert, "tls_key": other[1]},
             "listen: " + APART),
            ({"tls_cert": key, "tls_key": key},
             "listen.tls_cert: has no certificate in PEM format"),
            ({"tls_cert": cert, "tls_key": cert},
             "listen.tls_key: has no private key in PEM format"),
            ({"tls_cert": cert, "tls_key": locked},
             "listen.tls_key: is protected by a passphrase")]:
        bad = support.s3_config(listen=listen)
        path = support.write_config(folder, bad)
        done = support.run("check", "-c", path)
        assert done.returncode == 1, (listen, done)
        (line,) = done.stderr.decode().splitlines()
        assert words in line, (line, words)
        assert line.startswith(f"{path}:"), line
        assert support.run("serve", "-c", path).returncode == 1
        lines = failed(slotd, bad)
        assert any("tls_" in line for line in lines), lines
        if words.endswith(APART):
            assert any(words in line for line in lines), lines
            assert words.encode() in support.run("serve", "-c", path).stderr
        assert post(Client(slotd.address, cert)).status == 200
    apart_in_another_file(folder, cert, other[1])
    unix = support.s3_config(listen=None)
    unix["listen"] = {"unix": str(tmp_path / "s.sock"), "tls_cert": cert,
                      "tls_key": key}
    done = support.run("check", "-c", support.write_config(folder, unix))
    assert done.returncode == 1
    assert b"a unix socket has no TLS" in done.stderr


def test_the_key_of_public(start, tmp_path, pair):
    """The setting is named, for there are two that have these."""
    other = certificate(tmp_path, "other")
    slotd = start(support.fs_config(
        tmp_path / "store", public={
            "address": "127.0.0.1", "port": support.free_port(),
            "tls_cert": pair[0], "tls_key": pair[1]}))
    bad = dict(slotd.config, public=dict(
        slotd.config["public"], tls_key=other[1]))
    assert any("public: " + APART in line for line in failed(slotd, bad))
    slotd.stop()
    for command in ("check", "serve"):
        done = support.run(command, "-c", slotd.path)
        assert done.returncode == 1
        assert ("public: " + APART).encode() in done.stderr, done


def test_what_stays_is_whole(start, tmp_path, pair):
    """Address and certificate stay together: neither is TLS taken away from
    a socket nor put on it by the way."""
    cert, key = pair
    # With a sandbox it would be the certificate that it may not open.
    slotd = start(support.s3_config(sandbox=False))
    for listen in (
            {"address": "127.0.0.1", "port": support.free_port(),
             "tls_cert": cert, "tls_key": key},
            {"unix": str(tmp_path / "slotd.sock")}):
        reload(slotd, dict(slotd.config, listen=listen))
        slotd.slot()
    secure = start(config(tmp_path, pair))
    for listen in (
            {"address": "127.0.0.1", "port": support.free_port()},
            {"unix": str(tmp_path / "slotd.sock")}):
        reload(secure, dict(secure.config, listen=listen))
        assert post(Client(secure.address, cert)).status == 200
    assert not (tmp_path / "slotd.sock").exists()


def test_public_stays_with_the_newest_certificate(start, tmp_path, pair):
    cert, key = pair
    public = {"address": "127.0.0.1", "port": support.free_port()}
    fs = start(support.fs_config(
        tmp_path / "store",
        public=dict(public, tls_cert=cert, tls_key=key)))
    other = certificate(tmp_path, "other")
    for mine, new in zip(pair, other):
        mine.write_bytes(new.read_bytes())
    reload(fs)
    without = {name: value for name, value in fs.config.items()
               if name != "public"}
    assert any("setting=public " in line for line in reload(fs, without))
    client = Client(("127.0.0.1", public["port"]), other[0])
    assert client.ask("GET", "/healthz").status == 200
    client.close()
