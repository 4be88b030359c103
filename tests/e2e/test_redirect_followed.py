"""Who stands between slotd and its users, and who follows a link: a cache of
nginx, and libsoup, by which Gajim fetches pictures."""

import http.server
import os
import subprocess
import threading

import pytest

import dialects
import front
import support
import test_redirect

PICTURE = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(100)
SOUP = """\
import sys
import gi
gi.require_version("Soup", "3.0")
from gi.repository import GLib, Soup

session = Soup.Session()
session.add_feature(Soup.ContentSniffer())
message = Soup.Message.new("GET", sys.argv[1])
# Twice: of the redirect and of what it leads to.
message.connect("content-sniffed", lambda message, kind, _: print(
    message.props.status_code, kind))
print(len(session.send_and_read(message, None).get_data()))
"""


class Bucket(http.server.BaseHTTPRequestHandler):
    """Sends the same picture, whatever is signed."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(PICTURE)))
        self.end_headers()
        self.wfile.write(PICTURE)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def bucket():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield "http://127.0.0.1:%d/bucket" % server.server_address[1]
    server.shutdown()
    thread.join(support.PATIENCE)
    server.server_close()


def test_a_shared_cache_keeps_none(start, tmp_path):
    """Else a HEAD, which Conversations sends first, would get the URL that
    is signed for GET, and the store would refuse it. (By default an nginx
    that caches asks for GET itself, whatever the answer: the sample says
    so.)"""
    slotd = start(test_redirect.redirect_config(tmp_path))
    cache = (f"proxy_cache_path {tmp_path}/cache keys_zone=all:1m;"
             " proxy_cache all; proxy_cache_convert_head off;"
             " add_header X-Cache $upstream_cache_status;")
    with front.Front(tmp_path, slotd.address[1], more=cache) as nginx:
        target = slotd.slot()["get"].replace(
            slotd.config["public_url"], nginx.url)

        def signed(method):
            reply = support.fetch(method, target)
            assert reply.status == 302, reply
            assert reply.headers["X-Cache"] == "MISS"
            return test_redirect.parts(reply.headers["Location"])[1][
                "X-Amz-Signature"]
        first, head, again = test_redirect.within_a_step(
            lambda: [signed(method) for method in ("GET", "HEAD", "GET")])
    assert first == again != head


def test_libsoup_sees_a_picture(start, tmp_path, bucket):
    """It sniffed the 302's empty body as text/plain, and Gajim gave up."""
    config = test_redirect.redirect_config(tmp_path)
    config["storage"]["bucket_url"] = bucket
    config["callers"].append(dialects.caller("external-v1", base="/share/"))
    slotd = start(config)
    links = [slotd.slot()["get"],
             config["public_url"] + "/share/b0b/cat.jpg"]
    for link in links:
        done = subprocess.run(
            ["/usr/bin/python3", "-c", SOUP, link], text=True,
            capture_output=True, timeout=support.PATIENCE,
            env={**os.environ, "GIO_USE_PROXY_RESOLVER": "dummy"})
        assert done.returncode == 0, done.stderr
        assert done.stdout.split("\n")[:-1] == [
            "302 image/jpeg", "200 image/jpeg", str(len(PICTURE))], link
