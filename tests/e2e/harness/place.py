"""What a test is given: a version of Prosody, a directory, and servers that are stopped when it is over."""

from .prosody import Prosody


class Skip(Exception):
    """The test cannot be run here; says why."""


class Place:
    def __init__(self, installation, directory, long):
        self.installation = installation
        self.directory = directory
        self.long = long
        self.servers = []
        self.cleanups = []

    @property
    def version(self):
        return self.installation.version

    def server(self, name="server", **settings):
        """A server that is not started yet; settings are Prosody's."""
        server = Prosody(self.installation, self.directory / name, **settings)
        self.servers.append(server)
        return server

    def running(self, **settings):
        return self.server(**settings).start()

    def on_clear(self, function):
        self.cleanups.append(function)

    def clear(self):
        for server in self.servers:
            if server.process is not None:
                server.process.kill()
                server.process.wait()
        for function in reversed(self.cleanups):
            function()
