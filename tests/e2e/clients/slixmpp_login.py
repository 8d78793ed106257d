"""Log in with slixmpp: slixmpp_login.py PORT JID PASSWORD MECHANISM. Prints the mechanism and what came of it."""

import asyncio
import ssl
import sys

import slixmpp


class Login(slixmpp.ClientXMPP):
    def __init__(self, jid, password, mechanism):
        super().__init__(jid, password, sasl_mech=mechanism)
        self.mechanism = mechanism
        self.result = "no answer"
        self.add_event_handler("session_start", lambda _: self.end("ok"))
        self.add_event_handler("failed_auth", lambda failure: self.end(failure["condition"]))
        self.add_event_handler("no_auth", lambda _: self.end("no mechanism is left"))

    def get_ssl_context(self):
        context = super().get_ssl_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if self.mechanism.endswith("-PLUS"):  # tls-unique, the only binding that it has, ends with TLS 1.2
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    def end(self, result):
        if self.result == "no answer":
            self.result = result
        self.disconnect()


def main():
    port, jid, password, mechanism = sys.argv[1:]
    login = Login(jid, password, mechanism)
    login.connect(("127.0.0.1", int(port)), disable_starttls=False)
    login.loop.run_until_complete(asyncio.wait_for(login.disconnected, 20))
    print(mechanism, login.result)


main()
