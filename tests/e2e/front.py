"""A real nginx in front of slotd, as operators have it.

With https, for several clients take no other slots; or without, where only
what nginx does to requests is looked at.
"""

import os
import pathlib
import shutil
import socket
import subprocess

import support

CONFIG = """\
daemon off;
master_process off;
worker_processes 1;
pid {folder}/pid;
error_log stderr error;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {more}
    server {{
        listen 127.0.0.1:{port}{tls};
        client_max_body_size {limit};
        location {location} {{
            proxy_pass http://127.0.0.1:{behind}{path};
            proxy_http_version 1.1;
            proxy_request_buffering {buffering};
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


class Front:
    """`url` leads to the port behind; whether slotd runs is no matter.

    With an authority it speaks https. location, path: what it passes on,
    and what the location's own path becomes. more: other directives of http.
    port: of one that has ended, to take its place. limit: of a body.
    """

    def __init__(self, folder, behind, authority=None, location="/",
                 path="", more="", port=None, limit="0",
                 buffering="off"):
        self.folder = pathlib.Path(folder)
        self.port = port or support.free_port()
        self.url = "{}://localhost:{}".format(
            "https" if authority else "http", self.port)
        tls = ""
        if authority:
            certificate, key = authority.issue("front", "DNS:localhost")
            tls = (f" ssl;\n        ssl_certificate {certificate};\n"
                   f"        ssl_certificate_key {key}")
        (self.folder / "nginx.conf").write_text(CONFIG.format(
            folder=self.folder, port=self.port, behind=behind, tls=tls,
            location=location, path=path, more=more, limit=limit,
            buffering=buffering))

    def __enter__(self):
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        program = shutil.which("nginx", path=path)
        assert program, "nginx is missing: tests/packages.sh check installs it"
        with open(self.folder / "out", "wb") as out:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", program,
                 "-p", self.folder, "-e", "stderr",
                 "-c", self.folder / "nginx.conf"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            support.wait_for("nginx", self._is_ready)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _is_ready(self):
        assert self.process.poll() is None, (self.folder / "out").read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(support.PATIENCE)
