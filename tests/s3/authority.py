"""A certificate authority of our own, made with openssl."""

import pathlib
import subprocess

PATIENCE = 60


def openssl(*args):
    subprocess.run(
        ["openssl", *map(str, args)], check=True, capture_output=True,
        stdin=subprocess.DEVNULL, timeout=PATIENCE)


class Authority:
    """ca.pem, which clients trust, in a folder."""

    def __init__(self, folder, name="A CA for tests only"):
        self.folder = pathlib.Path(folder).resolve()
        self.certificate = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec",
                "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "7", "-subj", "/CN=" + name,
                "-addext", "keyUsage=critical,keyCertSign",
                "-keyout", self.key, "-out", self.certificate)

    def issue(self, name, *alternatives):
        """The paths of a certificate and its key.

        The alternatives are as openssl writes them: "DNS:*.s3.test".
        """
        path = self.folder / (name + ".pem")
        key = self.folder / (name + ".key")
        request = self.folder / (name + ".csr")
        extensions = self.folder / (name + ".ext")
        extensions.write_text(
            "subjectAltName=" + ",".join(alternatives) +
            "\nextendedKeyUsage=serverAuth\n")
        openssl("req", "-new", "-newkey", "ec",
                "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj", "/CN=" + name, "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-days", "7",
                "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-extfile", extensions, "-out", path)
        return path, key
