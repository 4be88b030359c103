"""Redis servers of our own, and a wire that can be cut."""

import os
import select
import signal
import socket
import subprocess
import threading

import configs
import resp
import support

# Or valkey-server.
PROGRAM = os.environ.get("SLOTD_REDIS", "redis-server")


def free_pair():
    """A node of a cluster takes port + 10000, too: of those that the stores
    of tests/s3 are given."""
    while True:
        port = configs.free_port(2000, 9000)
        if configs.reserve_port(port + 10000):
            return port


class Redis:
    """One redis-server in a folder of its own, on a free port and a unix
    socket; certificates (see certs.py) make the port speak TLS."""

    def __init__(self, folder, *options, certificates=None, port=None):
        self.folder = folder
        self.path = folder / "redis.sock"
        self.port = port or (
            free_pair() if "--cluster-enabled" in options
            else configs.free_port())
        self.options = list(map(str, options))
        if certificates:
            self.options += [
                "--port", "0", "--tls-port", str(self.port),
                "--tls-cert-file", str(certificates.cert),
                "--tls-key-file", str(certificates.key),
                "--tls-ca-cert-file", str(certificates.ca),
                "--tls-auth-clients", "no"]
        else:
            self.options += ["--port", str(self.port)]
        self.process = None
        self.start()

    def start(self, wait=True):
        self.path.unlink(missing_ok=True)
        with open(self.folder / "redis.log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--bind", "127.0.0.1", "--save", "",
                 "--appendonly", "no", "--dir", str(self.folder),
                 "--unixsocket", str(self.path), *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            support.wait_for("Redis", self.is_there)

    def is_there(self):
        assert self.process.poll() is None, self.folder / "redis.log"
        try:
            client = self.client()
            reply = client.many([("PING",)])[0]
            client.close()
        except OSError:
            return False
        # One that wants a password is there as well.
        return "LOADING" not in str(reply)

    def client(self, *auth):
        client = resp.Client(self.path, support.PATIENCE)
        if auth:
            client("AUTH", *auth)
        return client

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait(support.PATIENCE)

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.kill()


class Wire:
    """A TCP proxy on a free port that can stall: it takes connections and
    bytes then, and hands nothing on."""

    def __init__(self, port):
        self.port_behind = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.flowing = True
        self.pairs = {}
        self.wake, self.woken = socket.socketpair()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def stall(self):
        with self.lock:
            self.flowing = False

    def flow(self):
        with self.lock:
            self.flowing = True
        self.wake.send(b"x")

    def close(self):
        self.wake.close()
        self.thread.join(support.PATIENCE)
        assert not self.thread.is_alive()

    def accept(self):
        near = self.listener.accept()[0]
        try:
            far = socket.create_connection(("127.0.0.1", self.port_behind))
        except OSError:
            near.close()
            return
        self.pairs[near], self.pairs[far] = far, near

    def drop(self, near):
        far = self.pairs.pop(near)
        del self.pairs[far]
        near.close()
        far.close()

    def carry(self, near):
        try:
            data = near.recv(65536)
            self.pairs[near].sendall(data)
        except OSError:
            data = b""
        if not data:
            self.drop(near)

    def run(self):
        while True:
            with self.lock:
                watched = [self.woken] + (
                    [self.listener, *self.pairs] if self.flowing else [])
            for ready in select.select(watched, [], [], 0.1)[0]:
                if ready is self.woken:
                    if not ready.recv(64):
                        self.end()
                        return
                elif ready is self.listener:
                    self.accept()
                elif ready in self.pairs:
                    self.carry(ready)

    def end(self):
        for near in list(self.pairs):
            if near in self.pairs:
                self.drop(near)
        self.listener.close()
        self.woken.close()
