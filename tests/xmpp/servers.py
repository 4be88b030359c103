"""The XMPP servers of the table, in front of one slotd."""

import contextlib

import support
from depot import DIALECT
from ejabberd import Ejabberd, slotd_options
# from prosody import Prosody

EJABBERD, SERVICE_URL = "ejabberd, module", "ejabberd, service_url"


def make(name, folder, port):
    """The server of this name, not started; slotd has this port."""
    url = f"http://127.0.0.1:{port}"
    if name == EJABBERD:
        return Ejabberd(folder, {"mod_http_upload_slotd": slotd_options(url)})
    if name == SERVICE_URL:
        user = f"{DIALECT['id']}:{DIALECT['secret']}"
        return Ejabberd(folder, {"mod_http_upload": {
            "service_url": f"http://{user}@127.0.0.1:{port}/slot"}},
            beams=None)
    raise ValueError(name)
