"""Stores that are none: what the doctor meets beside a real one."""

import http.server
import threading
import urllib.parse


class Taker(http.server.BaseHTTPRequestHandler):
    """Takes anything and gives it back; looks at no signature."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.store = self.server.store

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def document(self):
        """The name of what a bucket has under a query, if it has it."""
        query = urllib.parse.urlsplit(self.path).query
        for name in urllib.parse.parse_qs(query, keep_blank_values=True):
            if name in self.store.documents:
                return name
        return None

    def note(self):
        path = self.path.partition("?")[0]
        self.store.requests.append((self.command, path))
        return path

    def do_PUT(self):
        path = self.note()
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if name := self.document():
            self.store.sets.append((name, dict(self.headers), body))
            self.answer(*self.store.set(name, body))
            return
        self.store.objects[path] = body
        if self.store.hold:
            self.store.came.set()
            self.store.go.wait(60)
        self.answer(200)

    def do_GET(self):
        if name := self.document():
            found = self.store.documents[name]
            self.note()
            self.answer(*(found() if callable(found) else found))
            return
        body = self.store.objects.get(self.note())
        self.answer(404 if body is None else 200, body or b"")

    do_HEAD = do_GET

    def do_DELETE(self):
        self.store.objects.pop(self.note(), None)
        self.answer(204)

    def do_OPTIONS(self):
        self.note()
        self.answer(403)

    def log_message(self, *_):
        pass


class Stub:
    """with Stub() as store: store.url is a bucket_url. hold: the first PUT
    is stored, but not answered until go is set. documents: what the bucket
    has under a query, {"cors": (200, b"<CORSConfiguration/>")}, or functions
    that give it."""

    def __init__(self, hold=False):
        self.objects = {}
        self.requests = []
        self.documents = {}
        self.sets = []  # name, headers and body of each PUT of these
        self.hold = hold
        self.came = threading.Event()
        self.go = threading.Event()
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Taker)
        self.server.store = self
        self.url = f"http://127.0.0.1:{self.server.server_port}/stub-bucket"

    def set(self, name, body):
        """Takes a document; gives the status."""
        self.documents[name] = (200, body)
        return (200,)

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.go.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
