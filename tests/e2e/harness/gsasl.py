"""GNU SASL as the client of an exchange: its program says what to send."""

import base64
import ssl
import subprocess

from .xmpp import SASL, TLS, Client


class OldTlsClient(Client):
    """Over TLS 1.2, which has tls-unique: Python has no tls-exporter."""

    def starttls(self):
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        assert self.receive().tag == TLS + "proceed"
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.socket = context.wrap_socket(self.socket, server_hostname=self.domain)
        self.features = self.open()


class Gsasl:
    def __init__(self, mechanism, username, password, unique=None):
        command = ["gsasl", "--client", "--application-data", "--mechanism", mechanism, "--authentication-id", username,
                   "--password", password]  # the second switches it off: nothing comes after the exchange
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        if mechanism.startswith("SCRAM"):  # it asks for tls-exporter, then tls-unique
            self.give("")
            self.give(base64.b64encode(unique).decode() if unique else "")

    def give(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def take(self):
        """The next message, in base 64."""
        for line in self.process.stdout:
            word = line.strip().split(" ")[-1]
            if "base64" not in word and len(word) > 8 and self._is_base64(word):
                return word
        raise AssertionError("gsasl has ended without a message")

    @staticmethod
    def _is_base64(word):
        try:
            return bool(base64.b64decode(word, validate=True))
        except ValueError:
            return False

    def end(self):
        """After the last message: it must trust the server."""
        self.process.stdin.close()
        printed = self.process.stdout.read()
        assert self.process.wait(10) == 0 and "server trusted" in printed, printed


def exchange(client, mechanism, username, password, unique=None):
    """Log in on this stream: None, or the condition of the failure; the server is judged by gsasl."""
    gsasl = Gsasl(mechanism, username, password, unique)
    client.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{mechanism}'>{gsasl.take()}</auth>")
    answer = client.receive()
    if answer.tag == SASL + "challenge":
        gsasl.give(answer.text)
        client.send(f"<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{gsasl.take()}</response>")
        answer = client.receive()
    if answer.tag != SASL + "success":
        gsasl.process.kill()
        gsasl.process.wait()
        return client._result(answer)
    if answer.text:
        gsasl.give(answer.text)
    gsasl.give("")  # and there is no more
    gsasl.end()
    return None
