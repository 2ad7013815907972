"""A real server process for the tests: started as a user starts it, and read line by line."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx


class Process:
    """A server process over a release; ``settings`` become ``EVIDENSGRAF_*`` variables. It has its own process group.

    What it logs, requests and events, goes to ``log``.
    """

    def __init__(self, release, log: Path, **settings):
        self.log = log
        named = {f"EVIDENSGRAF_{name.upper()}": str(value) for name, value in settings.items()}
        command = [sys.executable, "-m", "evidensgraf.service.cli", "serve", "--release", str(release.path)]
        with log.open("w") as errors:
            self.popen = subprocess.Popen(
                [*command, "--port", "0"],
                env={**os.environ, **named},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self.greeting = self.popen.stdout.readline() + self.popen.stdout.readline()
        self.port = int(re.search(r":(\d+)/", self.greeting)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.popen.poll() is None:
            self.stop(signal.SIGKILL)
        self.popen.stdout.close()

    def client(self, **options):
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, **options)

    def stop(self, sig=signal.SIGTERM):
        """Send a signal and return the exit status."""
        self.popen.send_signal(sig)
        return self.popen.wait(timeout=60)

    def raw(self, *chunks, half_close=False):
        """Send bytes as they are, and return what comes until the server closes the connection.

        ``half_close`` says that nothing more is sent.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            for chunk in chunks:
                try:
                    connection.sendall(chunk)
                except OSError:  # it has closed already
                    break
            if half_close:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
            data = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := connection.recv(65536):
                    data += piece
            return data

    def lines(self):
        """The lines of the log that are JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
