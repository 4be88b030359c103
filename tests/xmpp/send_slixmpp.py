"""A user with slixmpp: sends one file by HTTP upload, then a link to it.

Run by clients.py: send_slixmpp.py PORT JID PASSWORD SERVICE FILE TO
"""

import asyncio
import logging
import pathlib
import sys

import slixmpp

PATIENCE = 60


class Sender(slixmpp.ClientXMPP):
    def __init__(self, jid, password, service, path, to):
        super().__init__(jid, password)
        self.path, self.to = path, to
        self.done = asyncio.get_event_loop().create_future()
        self.register_plugin("xep_0066")
        self.register_plugin("xep_0363")
        # Its own discovery does not work with Python 3.11.
        self["xep_0363"].upload_service = slixmpp.JID(service)
        self["feature_mechanisms"].unencrypted_plain = True
        self.add_event_handler("session_start", self.send_file)
        for event in ("failed_all_auth", "connection_failed"):
            self.add_event_handler(event, self.fail)

    def fail(self, why):
        if not self.done.done():
            self.done.set_exception(RuntimeError(str(why)))

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


async def run(port, jid, password, service, path, to):
    sender = Sender(jid, password, service, pathlib.Path(path), to)
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
