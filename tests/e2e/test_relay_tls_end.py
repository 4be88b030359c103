"""A relay to a store with TLS. libcurl of Debian 13 closes its connections in
the background, and asks for their sockets without an upload."""

import ssl

import stub_store
import support
import test_tls


class Store(stub_store.Store):
    def __init__(self, certificate, key):
        super().__init__()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.listener = context.wrap_socket(self.listener, server_side=True)
        self.url = self.url.replace("http:", "https:")


def test_end_with_a_kept_connection(start, tmp_path, monkeypatch):
    certificate, key = test_tls.certificate(tmp_path, "store")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Store(certificate, key) as store:
        slotd = start(stub_store.config(store, tmp_path / "slotd"))
        put = slotd.slot(size=3)["put"]
        assert support.fetch("PUT", put, b"abc").status == 201
        slotd.stop()
