"""Register by an invitation with slixmpp, and log in: slixmpp_invited.py PORT JID PASSWORD TOKEN. Prints a line a step:
what came of the invitation, of the registration, and of the login."""

import asyncio
import ssl
import sys
import xml.etree.ElementTree as ET

import slixmpp
from slixmpp.exceptions import IqError


class Guest(slixmpp.ClientXMPP):
    def __init__(self, jid, password, token):
        super().__init__(jid, password)
        self.token = token
        self.register_plugin("xep_0077")
        self._always_send_everything = True  # its own XEP-0077 needs that too, in Debian's version
        self.add_event_handler("register", self.on_register)
        self.add_event_handler("session_start", lambda _: self.end("login ok"))
        self.add_event_handler("failed_auth", lambda failure: self.end("login " + failure["condition"]))

    def get_ssl_context(self):
        context = super().get_ssl_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # of its channel binding, tls-unique
        return context

    async def ask(self, what, iq):
        try:
            await iq.send(timeout=10)
            print(what, "ok")
        except IqError as error:
            print(what, error.condition)

    async def on_register(self, _):
        shown = self.make_iq_set(ET.Element("{urn:xmpp:pars:0}preauth", token=self.token), ito=self.boundjid.domain)
        await self.ask("invitation", shown)
        account = self.make_iq_set(ito=self.boundjid.domain)
        account["register"]["username"] = self.boundjid.user
        account["register"]["password"] = self.password
        await self.ask("registration", account)

    def end(self, result):
        print(result)
        self.disconnect()


def main():
    port, jid, password, token = sys.argv[1:]
    guest = Guest(jid, password, token)
    guest.connect(("127.0.0.1", int(port)), disable_starttls=False)
    guest.loop.run_until_complete(asyncio.wait_for(guest.disconnected, 20))


main()
