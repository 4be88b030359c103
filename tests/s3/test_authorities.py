"""SSL_CERT_FILE names the authorities that are trusted instead of the
system's, for all that slotd connects to."""

import http.server
import json
import ssl
import subprocess
import threading

import pytest

import support
from authority import Authority
from doctor_report import environment

# The system's authorities are a folder of ours, in a namespace of its own.
INSIDE = 'mount --bind "$1" /etc/ssl/certs || exit 77; shift; exec "$@"'


class Nobody(http.server.BaseHTTPRequestHandler):
    """Answers everything with 500."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_POST = do_OPTIONS = do_DELETE = do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("authorities")


@pytest.fixture(scope="module")
def ours(folder):
    """The one that the system trusts."""
    (folder / "system").mkdir()
    authority = Authority(folder / "system", "One that the system trusts")
    (folder / "system/ca-certificates.crt").write_bytes(
        authority.certificate.read_bytes())
    subprocess.run(["openssl", "rehash", folder / "system"], check=True,
                   timeout=support.PATIENCE)
    return authority


@pytest.fixture(scope="module")
def another(folder):
    (folder / "another").mkdir()
    return Authority(folder / "another", "Another one")


@pytest.fixture(scope="module")
def url(ours):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nobody)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*ours.issue("server", "IP:127.0.0.1"))
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(ours, tmp_path):
    def run(config, *args, **env):
        path = support.write_config(tmp_path, config)
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", INSIDE, "sh", ours.folder,
             support.SLOTD, args[0], "-c", path, *args[1:]],
            env=environment(**env), capture_output=True,
            timeout=2 * support.PATIENCE)
        if done.returncode == 77 or b"unshare failed" in done.stderr:
            pytest.skip("no mount namespace: " + done.stderr.decode())
        return done
    return run


def connection(run, url, **env):
    config = support.s3_config(storage={"bucket_url": url + "/bucket"})
    [store] = json.loads(run(config, "doctor", "--json", **env).stdout)
    [found] = [c for c in store["checks"] if c["check"] == "connection"]
    return found["verdict"]


def test_the_doctor(run, url, another, ours):
    assert connection(run, url) == "ok"
    mine = str(another.certificate)
    assert connection(run, url, SSL_CERT_FILE=mine) == "failure"
    mine = str(ours.certificate)
    assert connection(run, url, SSL_CERT_FILE=mine) == "ok"


def test_credentials(run, url, another, ours, tmp_path):
    token = tmp_path / "token"
    token.write_text("not-a-real-token")
    token.chmod(0o600)
    config = support.s3_config(storage={
        "credentials": "web-identity", "access_key_id": None,
        "access_key_secret": None})

    def said(**env):
        done = run(config, "slot", "--jid", "a@example.org", "--size", "1",
                   "a.txt", AWS_ENDPOINT_URL_STS=url,
                   AWS_ROLE_ARN="arn:aws:iam::123456789012:role/slotd",
                   AWS_WEB_IDENTITY_TOKEN_FILE=str(token), **env)
        assert done.returncode == 1, done
        return done.stderr.decode()

    assert "STS answered 500" in said()
    assert "STS did not answer" in said(
        SSL_CERT_FILE=str(another.certificate))
    assert "STS answered 500" in said(SSL_CERT_FILE=str(ours.certificate))
