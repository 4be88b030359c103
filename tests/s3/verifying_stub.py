"""A store that verifies signatures as S3 does, with the gaps that real stores
have: what the lab's store does well is looked at there."""

import datetime
import hashlib
import hmac
import urllib.parse

import doctor_stub
import support

ERROR = ("<?xml version='1.0' encoding='UTF-8'?>\n<Error><Code>{}</Code>"
         "<Message>{}</Message></Error>")


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Handler(doctor_stub.Taker):
    """One request: who may do it, then what Taker does."""

    def end_headers(self):
        if self.store.swift:
            self.send_header("X-Trans-Id", "tx0123-0068")
            self.send_header("X-Openstack-Request-Id", "tx0123-0068")
        if self.store.cors and self.headers.get("Origin"):
            self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def refuse(self, status, code):
        self.close_connection = True
        self.answer(status, ERROR.format(code, code).encode())

    def parse(self):
        self.raw, _, query = self.path.partition("?")
        self.query = [pair.partition("=") for pair in query.split("&")]
        self.given = {name: urllib.parse.unquote(value)
                      for name, _, value in self.query}

    def signature(self, secret):
        signed = self.given["X-Amz-SignedHeaders"]
        canonical = "\n".join([
            self.command, self.raw,
            "&".join(f"{name}={value}" for name, _, value in self.query
                     if name != "X-Amz-Signature"),
            *(f"{name}:{self.headers.get(name, '')}"
              for name in signed.split(";")),
            "", signed, "UNSIGNED-PAYLOAD"])
        scope = self.given["X-Amz-Credential"].split("/", 1)[1]
        key = ("AWS4" + secret).encode()
        for part in scope.split("/"):
            key = mac(key, part)
        return mac(key, "\n".join([
            "AWS4-HMAC-SHA256", self.given["X-Amz-Date"], scope,
            hashlib.sha256(canonical.encode()).hexdigest()])).hex()

    def allowed(self):
        self.parse()
        if "X-Amz-Signature" not in self.given:
            return self.refuse(403, "AccessDenied")
        known = self.given["X-Amz-Credential"].startswith(
            support.ACCESS_KEY + "/")
        if not known and not self.store.swift:
            return self.refuse(403, "InvalidAccessKeyId")
        if not known or self.signature(support.ACCESS_SECRET) != (
                self.given["X-Amz-Signature"]):
            return self.refuse(403, "SignatureDoesNotMatch")
        signed = datetime.datetime.strptime(
            self.given["X-Amz-Date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
        now = datetime.datetime.now(datetime.timezone.utc)
        if (now - signed).total_seconds() > self.store.oldest:
            return self.refuse(403, "AccessDenied")
        if "filename" in self.given.get(
                "response-content-disposition", "") and self.store.no_names:
            return self.refuse(400, "InvalidArgument")
        return True

    def handle_expect_100(self):
        if self.store.no_expect:
            self.refuse(417, "ExpectationFailed")
            return False
        return super().handle_expect_100()

    def do_PUT(self):
        if not self.allowed():
            return
        condition = self.headers.get("If-None-Match")
        if self.store.no_metadata and self.headers.get("x-amz-meta-expires"):
            self.refuse(400, "InvalidArgument")
            return
        if condition and self.store.condition == 501:
            self.refuse(501, "NotImplemented")
        elif condition and self.store.condition == 412:
            self.refuse(412, "PreconditionFailed")
        else:
            super().do_PUT()

    def do_GET(self):
        if not self.allowed():
            return
        if {"lifecycle"} & set(self.given):
            return self.refuse(501, "NotImplemented")
        if self.store.unread:
            return self.refuse(403, "AccessDenied")
        body = self.store.objects.get(self.raw)
        self.send_response(404 if body is None else 200)
        for name in ("type", "disposition"):
            value = self.given.get("response-content-" + name)
            if value and not self.store.deaf:
                self.send_header("Content-" + name.title(), value)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body or b"")

    do_HEAD = do_GET

    def do_DELETE(self):
        if self.allowed():
            super().do_DELETE()

    def do_OPTIONS(self):
        """Swift knows a preflight by the presigned query alone."""
        self.parse()
        if "X-Amz-Signature" not in self.given or not self.store.preflights:
            return self.refuse(400, "BadRequest")
        self.send_response(200)
        self.send_header("Access-Control-Allow-Methods", "GET, HEAD, PUT")
        self.send_header("Access-Control-Allow-Headers",
                         self.headers.get("Access-Control-Request-Headers",
                                          ""))
        if not self.store.cors:
            self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", "0")
        self.end_headers()


class Store(doctor_stub.Stub):
    """All is well with the defaults."""

    def __init__(self, **gaps):
        super().__init__()
        self.server.RequestHandlerClass = Handler
        self.swift = False
        self.cors = True        # on all answers
        self.preflights = True
        self.condition = 412    # to If-None-Match; 200: it ignores it
        self.no_expect = False
        self.no_names = False   # in response-content-disposition
        self.deaf = False       # to response-content-*
        self.oldest = 604800    # signature that it takes
        self.no_metadata = False
        self.unread = False     # by the key
        for name, value in gaps.items():
            assert hasattr(self, name), name
            setattr(self, name, value)


def swift(**more):
    return Store(swift=True, condition=501, **more)
