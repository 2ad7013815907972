"""A real server process for the tests: started as a user starts it, and read line by line."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx


class Process:
    """A server process over a release, or over the directory of one, or a link to it; it has its own process group.

    ``settings`` become ``EVIDENSGRAF_*`` variables. What it logs on standard error, requests and events, goes to
    ``log``.
    """

    def __init__(self, release, log_to: Path, **settings):
        self.log, self._found = log_to, set()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EVIDENSGRAF_")}
        environment |= {f"EVIDENSGRAF_{name.upper()}": str(value) for name, value in settings.items()}
        path = str(getattr(release, "path", release))
        with log_to.open("w") as errors:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "evidensgraf.service.cli", "serve", "--release", path, "--port", "0"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self.greeting = self.popen.stdout.readline() + self.popen.stdout.readline()
        self.port = int(re.search(r":(\d+)/", self.greeting)[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(30)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self.popen.stdout.close()

    def wait_for(self, words, seconds=60):
        """Wait until a line with some words is logged, and return it; it is not found again."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for number, line in enumerate(self.log.read_text().splitlines(keepends=True)):
                if words in line and line.endswith("\n") and number not in self._found:
                    self._found.add(number)
                    return line
            time.sleep(0.02)
        raise AssertionError(f"never said: {words}")

    def client(self, **options):
        return httpx.Client(base_url=self.url, timeout=60, **options)

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
