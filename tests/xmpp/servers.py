"""The XMPP servers of the table, in front of one slotd."""

import support
from depot import DIALECT
from ejabberd import Ejabberd, slotd_options
from prosody import Prosody, options, settings

ON_HOST = "Prosody, host"
SERVICE_URL = "ejabberd, service_url"
# Longer than the modules' own: what is slow here are other tests.
TIMEOUT = support.PATIENCE


def prosody(folder, url, authority, how):
    certificate, key = authority.issue("xmpp", "DNS:localhost")
    # go-sendxmpp logs in with TLS alone.
    config = {
        "modules_enabled": ["disco", "roster", "saslauth", "tls"],
        "modules_disabled": ["s2s", "http", "https"],
        "ssl": {"certificate": certificate, "key": key}}
    return Prosody(
        folder, options(url, timeout=TIMEOUT), how, settings(config))


def make(name, folder, depot):
    """The server of this name, not started, before the depot's slotd."""
    if name.startswith("Prosody"):
        return prosody(
            folder, depot.url, depot.authority, name.split()[1])
    if name == SERVICE_URL:
        user = f"{DIALECT['id']}:{DIALECT['secret']}"
        return Ejabberd(folder, {"mod_http_upload": {
            "service_url": f"http://{user}@127.0.0.1:{depot.port}/slot"}},
            beams=None)
    return Ejabberd(folder, {"mod_http_upload_slotd": slotd_options(
        depot.url, timeout=f"{TIMEOUT} seconds")})
