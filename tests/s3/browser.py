"""A page of its own origin in a real browser: Debian's Chromium.

    with browser.Browser(folder) as window:
        result = window.run("return (await fetch(url)).status", url=…)
"""

import http.server
import json
import os
import queue
import signal
import subprocess
import threading

PATIENCE = 180
PAGE = """<!doctype html><meta charset="utf-8"><title>a test</title><script>
async function script(%s) { %s }
script(...%s).catch(fault => "" + fault).then(result =>
	fetch("/result", {method: "POST", body: JSON.stringify(result)}))
</script>"""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = self.server.page if self.path == "/page" else ""
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page.encode())))
        self.end_headers()
        self.wfile.write(page.encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
        self.server.results.put(json.loads(body))

    def log_message(self, *_):
        pass


class Browser:
    def __init__(self, folder):
        self.folder = folder
        self.runs = 0

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler)
        self.server.results = queue.Queue()
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def run(self, script, **arguments):
        """What an async function of these names and this body returns.

        An exception is its text. Each run has an empty cache.
        """
        self.runs += 1
        profile = self.folder / f"profile-{self.runs}"
        self.server.page = PAGE % (
            ", ".join(arguments), script,
            json.dumps(list(arguments.values())))
        with open(self.folder / "chromium.log", "ab") as log:
            # A session of its own, so that all of it can be ended.
            process = subprocess.Popen(
                ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
                 "--disable-quic", "--no-first-run",
                 "--disable-background-networking",
                 "--disable-component-update", "--disable-sync",
                 "--disable-dev-shm-usage", "--no-proxy-server",
                 "--remote-debugging-port=0", f"--user-data-dir={profile}",
                 "http://127.0.0.1:%d/page" % self.server.server_port],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        try:
            return self.server.results.get(timeout=PATIENCE)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)
