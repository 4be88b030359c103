"""The XMPP servers of the table, in front of one slotd."""

import support
from depot import DECIDING, DIALECT
from ejabberd import Ejabberd, slotd_options
from jabberd2 import Jabberd2
from prosody import Prosody, options, settings
from table import COMPONENTS

OTHER = "example.org"
ON_HOST = "Prosody, host"
SERVICE_URL = "ejabberd, service_url"
# Of slotd as a component.
SECRET = "not-a-secret-of-a-component"
# Longer than the modules' own: what is slow here are other tests.
TIMEOUT = support.PATIENCE


def prosody(folder, authority, component_options, how):
    certificate, key = authority.issue("xmpp", "DNS:localhost")
    # go-sendxmpp logs in with TLS alone.
    config = settings({"ssl": {"certificate": certificate, "key": key}})
    return Prosody(folder, component_options, how, config, modules=["tls"])


def deciding(name, folder, depot):
    """One that makes URLs itself, all below its caller's base."""
    caller = DECIDING[name]
    base = depot.front.url + caller["base"]
    if name == "ejabberd, external":
        # It puts the slash itself.
        return Ejabberd(folder, {"mod_http_upload": {
            "put_url": base.rstrip("/"),
            "external_secret": caller["secret"]}}, beams=None)
    if name == "Prosody, file_share":
        return prosody(folder, depot.authority, {
            "http_file_share_base_url": base,
            "http_file_share_secret": caller["secret"]}, "http_file_share")
    return prosody(folder, depot.authority, {
        "http_upload_external_base_url": base,
        "http_upload_external_secret": caller["secret"],
        "http_upload_external_protocol": name.split()[-1]},
        "http_upload_external")


def bare(name, folder, authority):
    """One of COMPONENTS, without anything of ours."""
    if name == "jabberd2":
        return Jabberd2(folder, SECRET)
    if name.startswith("Prosody"):
        return prosody(folder, authority, {"component_secret": SECRET}, None)
    port = support.free_port()
    server = Ejabberd(folder, {}, beams=None, hosts=("localhost", OTHER),
                      listen=[{
                          "port": port, "ip": "127.0.0.1",
                          "module": "ejabberd_service",
                          "hosts": {"upload.localhost": {"password": SECRET}}
                      }])
    server.component_port = port
    return server


def component(server, **over):
    """slotd's settings for it."""
    return {"jid": server.upload, "port": server.component_port,
            "secret": SECRET, **over}


def make(name, folder, depot):
    """The server of this name, not started, before the depot's slotd."""
    if name in COMPONENTS:
        return bare(name, folder, depot.authority)
    if name in DECIDING:
        return deciding(name, folder, depot)
    if name.startswith("Prosody"):
        return prosody(folder, depot.authority,
                       options(depot.url, timeout=TIMEOUT), name.split()[1])
    if name == SERVICE_URL:
        user = f"{DIALECT['id']}:{DIALECT['secret']}"
        return Ejabberd(folder, {"mod_http_upload": {
            "service_url": f"http://{user}@127.0.0.1:{depot.port}/slot"}},
            beams=None)
    return Ejabberd(folder, {"mod_http_upload_slotd": slotd_options(
        depot.url, timeout=f"{TIMEOUT} seconds")})
