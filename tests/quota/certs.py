"""Certificates for a Redis that speaks TLS, made by openssl."""

import dataclasses
import pathlib
import subprocess


@dataclasses.dataclass
class Certificates:
    ca: pathlib.Path
    cert: pathlib.Path
    key: pathlib.Path


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True,
                   capture_output=True, timeout=60)


def make(folder, names="DNS:localhost,IP:127.0.0.1"):
    """An authority and a certificate for these names."""
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    cert, key = folder / "redis.pem", folder / "redis.key"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", ca_key, "-out", ca,
            "-days", "2", "-subj", "/CN=a test authority")
    openssl("req", "-x509", *curve, "-keyout", key, "-out", cert,
            "-days", "2", "-subj", "/CN=a test Redis",
            "-CA", ca, "-CAkey", ca_key, "-addext", "subjectAltName=" + names,
            "-addext", "basicConstraints=critical,CA:FALSE")
    return Certificates(ca, cert, key)
