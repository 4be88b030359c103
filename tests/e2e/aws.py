"""Stands for what gives credentials on AWS: STS, the endpoint of a container,
and instance metadata, with the faults that they are told to have.

    with aws.Aws() as server:
        server.fault = aws.broken

Each answer with credentials has other ones: number n has "ASIAFAKE000n".
"""

import datetime
import http.server
import json
import threading
import time
import urllib.parse

import support

ROLE = "arn:aws:iam::123456789012:role/slotd"
ROLE_NAME = "slotd role"  # encoded in the path
IMDS_TOKEN = "fake-metadata-token=="
LIST = "/latest/meta-data/iam/security-credentials/"


def stamp(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Given:
    """One set of credentials."""

    def __init__(self, number, lifetime):
        self.access_key_id = "ASIAFAKE%04d" % number
        self.access_key_secret = "fake/secret+%04d" % number
        self.session_token = "FakeToken/%04d+==" % number
        self.expires = int(time.time()) + lifetime

    def storage(self, region="us-east-2"):
        """As test_signer's presign wants them."""
        return {"access_key_id": self.access_key_id, "region": region,
                "access_key_secret": self.access_key_secret,
                "session_token": self.session_token}


def xml(given):
    return f"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.\
amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <Audience>sts.amazonaws.com</Audience>
    <AssumedRoleUser><AssumedRoleId>AROAFAKE:slotd</AssumedRoleId>
    <Arn>arn:aws:sts::123456789012:assumed-role/slotd/slotd</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>{given.access_key_id}</AccessKeyId>
      <SecretAccessKey>{given.access_key_secret}</SecretAccessKey>
      <SessionToken>{given.session_token}</SessionToken>
      <Expiration>{stamp(given.expires)}</Expiration>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>
""", "text/xml"


def document(given, **more):
    return json.dumps({
        "AccessKeyId": given.access_key_id,
        "SecretAccessKey": given.access_key_secret,
        "Token": given.session_token,
        "Expiration": stamp(given.expires), **more}), "application/json"


# --- faults: (status, body, type), or None for what is well ---------------


def well(aws, call):
    return None


def broken(aws, call):
    return 500, "<p>oh dear</p>", "text/html"


def rubbish(aws, call):
    return 200, "}\x00not what anybody asked for", "text/plain"


def large(aws, call):
    return 200, "x" * 100000, "text/plain"


def denied(aws, call):
    """As STS has it, with the token that it was sent in its words."""
    token = dict(call.form).get("WebIdentityToken", "")
    return 403, ("<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied"
                 "</Code><Message>Not authorized to perform &quot;sts:"
                 "AssumeRoleWithWebIdentity&quot;</Message></Error>"
                 f"<RequestId>{token}</RequestId></ErrorResponse>"), "text/xml"


def hanging(aws, call):
    """Until the test lets go of it."""
    aws.released.wait(support.PATIENCE)
    return None


def late(aws, call):
    """Well, after half a second."""
    aws.released.wait(0.5)


class Call:
    def __init__(self, handler, body):
        self.method = handler.command
        self.target = handler.path
        self.headers = {k.lower(): v for k, v in handler.headers.items()}
        self.body = body
        self.form = urllib.parse.parse_qsl(body.decode("latin-1"))
        self.at = time.time()


class Aws:
    def __init__(self, lifetime=3600):
        self.lifetime = lifetime
        self.fault = well
        self.changed = threading.Condition()
        self.released = threading.Event()
        self.calls = []
        self.given = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            aws = self

            def log_message(self, *_):
                pass

            def do_GET(self):
                size = int(self.headers.get("Content-Length") or 0)
                answer = self.aws.take(Call(self, self.rfile.read(size)))
                status, body, kind = answer
                body = body.encode("latin-1")
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except ConnectionError:
                    self.close_connection = True

            do_POST = do_PUT = do_GET

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.thread.join(support.PATIENCE)
        self.server.server_close()

    def take(self, call):
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()
        return self.fault(self, call) or self.answer(call)

    def give(self):
        with self.changed:
            given = Given(len(self.given) + 1, self.lifetime)
            self.given.append(given)
            self.changed.notify_all()
            return given

    def answer(self, call):
        path = call.target.partition("?")[0]
        if call.method == "POST" and path == "/":
            return 200, *xml(self.give())
        if call.method == "GET" and path == "/creds":
            return 200, *document(self.give(), RoleArn=ROLE)
        if path.startswith("/latest/"):
            return self.metadata(call, path)
        return 404, "no such thing", "text/plain"

    def metadata(self, call, path):
        if (call.method, path) == ("PUT", "/latest/api/token"):
            if not call.headers.get("x-aws-ec2-metadata-token-ttl-seconds"):
                return 400, "", "text/plain"
            return 200, IMDS_TOKEN, "text/plain"
        if call.headers.get("x-aws-ec2-metadata-token") != IMDS_TOKEN:
            return 401, "", "text/plain"
        if call.method == "GET" and path == LIST:
            return 200, ROLE_NAME + "\n", "text/plain"
        if call.method == "GET" and path == LIST + "slotd%20role":
            return 200, *document(self.give(), Code="Success",
                                  Type="AWS-HMAC", LastUpdated=stamp(0))
        return 404, "", "text/html"

    def wait_calls(self, count):
        with self.changed:
            assert self.changed.wait_for(
                lambda: len(self.calls) >= count, support.PATIENCE), (
                    "waited too long for request %d" % count)
            return self.calls[count - 1]


# --- slotd's side ---------------------------------------------------------


def unset(monkeypatch):
    """An environment that names nothing, whatever runs these tests has."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                 "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
                 "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN",
                 "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_SESSION_NAME",
                 "AWS_ENDPOINT_URL_STS", "AWS_DEFAULT_REGION",
                 "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                 "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                 "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                 "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                 "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                 "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name, raising=False)


def use_sts(monkeypatch, server, folder):
    token = folder / "token"
    token.write_text("fake.identity.token-0001")
    token.chmod(0o600)
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
    return token


def use_container(monkeypatch, server, folder):
    token = folder / "token"
    token.write_text("fake-authorization-0001\n")
    token.chmod(0o600)
    monkeypatch.setenv(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url + "/creds?a=b")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token))
    return token


def use_instance(monkeypatch, server, folder):
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url + "/")


USE = {"web-identity": use_sts, "container": use_container,
       "instance": use_instance}


def config(word=None, **over):
    """Without a key of its own."""
    storage = {"access_key_id": None, "access_key_secret": None,
               **over.pop("storage", {})}
    if word:
        storage["credentials"] = word
    return support.s3_config(storage=storage, **over)


def ready(slotd):
    """The same slotd, once it has credentials: it serves after two seconds,
    whether or not it has any."""
    support.wait_for("the first credentials", lambda: (
        slotd.ask("GET", "/readyz").status == 200))
    return slotd
