"""Uploads that an XMPP server allows without asking slotd.

Each as its server's source has it: path, size and type are put together
here, by Python's hmac, and the URL is written as that server writes it.
"""

import base64
import hashlib
import hmac
import json
import time
import urllib.parse

import support

# dialect: the parameter of the query.
MACS = {"external-v1": "v", "external-v2": "v2", "token": "token"}
ALL = [*MACS, "jwt"]
TYPED = ["external-v2", "token"]


def secret_of(caller):
    return f"{support.SECRET}-{caller}"


def caller(dialect, name=None, **more):
    """Its entry in the configuration; its base is its name."""
    name = name or dialect
    return {"id": name, "secret": secret_of(name), "dialect": dialect,
            "base": f"/{name}/", **more}


def basic(name):
    """HTTP Basic, as ejabberd's service_url has it."""
    return [("Authorization", "Basic " + base64.b64encode(
        f"{name}:{secret_of(name)}".encode()).decode())]


def callers(**more):
    """One of each dialect, beside one that signs."""
    return [{"id": "prosody", "secret": support.SECRET},
            *(caller(dialect, **more) for dialect in ALL)]


# --- URLs -----------------------------------------------------------------


def strict(path):
    """Nothing but unreserved characters."""
    return urllib.parse.quote(path, safe="/")


def luasocket(path):
    """As Prosody writes paths: sub-delimiters are left; with lower-case
    digits, as its util.http has them."""
    safe = b"-_.!~*'():@&=+$,/"
    return "".join(
        chr(byte) if chr(byte).isalnum() and byte < 128 or byte in safe
        else f"%{byte:02x}" for byte in path.encode())


def rewritten(path):
    """As clients leave it that parse a URL and write it again (slixmpp)."""
    return urllib.parse.quote(path, safe="/!$&'()*+,;=:@~")


def escaped(path):
    """Every byte, the slashes of the path as well."""
    return "".join(f"%{byte:02X}" for byte in path.encode())


WRITERS = [strict, luasocket, rewritten, escaped]


# --- what the server hands to its client ----------------------------------


def sign(secret, text):
    return hmac.new(secret.encode(), text, hashlib.sha256)


def mac_text(dialect, path, size, kind):
    if dialect == "external-v1":
        return f"{path} {size}".encode()
    kind = kind or "application/octet-stream"
    return b"\0".join([path.encode(), str(size).encode(), kind.encode()])


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def token(secret, claims, header=None, digest=hashlib.sha256):
    header = header or {"alg": "HS256", "typ": "JWT"}
    text = ".".join(
        base64url(json.dumps(part).encode()) for part in (header, claims))
    return text + "." + base64url(
        hmac.new(secret.encode(), text.encode(), digest).digest())


def claims_of(path, size, kind, **over):
    slot, _, filename = path.partition("/")
    now = int(time.time())
    claims = {
        "sub": "juliet@example.org", "iat": now, "exp": now + 300,
        "slot": slot, "expires": now + 7 * 86400, "filename": filename,
        "filesize": size, "filetype": kind or "application/octet-stream"}
    claims.update(over)
    return {name: value for name, value in claims.items()
            if value is not ...}


class Pass:
    """The target of one upload, and the headers of the slot."""

    def __init__(self, dialect, path, size, kind=None, *, name=None,
                 secret=None, write=strict, **claims):
        name = name or dialect
        secret = secret or secret_of(name)
        self.get = f"/{name}/{write(path)}"
        self.put = self.get
        self.headers = {"Content-Type": kind} if kind else {}
        if dialect == "jwt":
            self.headers["Authorization"] = "Bearer " + token(
                secret, claims_of(path, size, kind, **claims))
        else:
            text = mac_text(dialect, path, size, kind)
            self.put += f"?{MACS[dialect]}={sign(secret, text).hexdigest()}"


def refused(reply, status, code):
    """That a reply says so, as problem+json."""
    assert reply.status == status, reply
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    problem = reply.json
    assert (problem["status"], problem["code"]) == (status, code), problem
    challenge = reply.headers.get_all("WWW-Authenticate")
    assert challenge == (["Bearer"] if status == 401 else None)
    return problem
