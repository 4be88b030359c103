"""A user with slixmpp: sends one file by HTTP upload, then a link to it.

Run by clients.py:
send_slixmpp.py PORT JID PASSWORD SERVICE FILE TO [PURPOSE [EXPIRE_BEFORE]]
"""

import asyncio
import logging
import pathlib
import sys

import slixmpp
from slixmpp.xmlstream import ElementBase

PATIENCE = 60
PURPOSE = "urn:xmpp:http:upload:purpose:0"


class Purpose(ElementBase):
    """Of XEP-0363 1.2, which slixmpp 1.8 and 1.10 do not know. Its name is
    the purpose."""
    namespace = PURPOSE
    plugin_attrib = "upload_purpose"
    interfaces = {"expire-before"}


class Sender(slixmpp.ClientXMPP):
    def __init__(self, jid, password, service, path, to, purpose=None,
                 expire_before=None):
        super().__init__(jid, password)
        self.path, self.to = path, to
        self.purpose, self.expire_before = purpose, expire_before
        self.done = asyncio.get_event_loop().create_future()
        self.register_plugin("xep_0066")
        self.register_plugin("xep_0363")
        # Its own discovery does not work with Python 3.11.
        self["xep_0363"].upload_service = slixmpp.JID(service)
        if purpose:
            self["xep_0363"].request_slot = self.request_slot
        self["feature_mechanisms"].unencrypted_plain = True
        self.add_event_handler("session_start", self.send_file)
        for event in ("failed_all_auth", "connection_failed"):
            self.add_event_handler(event, self.fail)

    def fail(self, why):
        if not self.done.done():
            self.done.set_exception(RuntimeError(str(why)))

    async def request_slot(self, jid, filename, size, content_type,
                           **iqkwargs):
        """As the plugin's own, with a purpose that the service offers."""
        info = await self["xep_0030"].get_info(jid=jid, **iqkwargs)
        feature = f"{PURPOSE}#{self.purpose}"
        if feature not in info["disco_info"]["features"]:
            raise LookupError(f"{jid} does not offer {feature}")
        Purpose.name = self.purpose
        purpose = Purpose()
        purpose["expire-before"] = self.expire_before
        iq = self.make_iq_get(ito=jid)
        request = iq["http_upload_request"]
        request["filename"] = filename
        request["size"] = str(size)
        request["content-type"] = content_type
        request.append(purpose)
        return await iq.send(**iqkwargs)

    async def send_file(self, _):
        try:
            url = await self["xep_0363"].upload_file(
                self.path, timeout=PATIENCE)
            message = self.make_message(mto=self.to, mbody=url, mtype="chat")
            message["oob"]["url"] = url
            message.send()
            # Its answer comes after the message was taken.
            await self["xep_0030"].get_info(jid=self.boundjid.domain)
            self.done.set_result(url)
        except Exception as fault:
            self.fail(f"{type(fault).__name__}: {fault}")


async def run(port, jid, password, service, path, to, *purpose):
    sender = Sender(jid, password, service, pathlib.Path(path), to, *purpose)
    if slixmpp.__version_info__ < (1, 9):
        sender.connect(("127.0.0.1", port), disable_starttls=True)
    else:
        sender.enable_starttls = False
        sender.enable_direct_tls = False
        sender.enable_plaintext = True
        sender.connect("127.0.0.1", port)
    try:
        return await asyncio.wait_for(sender.done, PATIENCE)
    finally:
        sender.abort()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    print(asyncio.new_event_loop().run_until_complete(
        run(int(sys.argv[1]), *sys.argv[2:])))
