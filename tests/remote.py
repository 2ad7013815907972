"""Real SPARQL servers for the tests, and small ones that answer wrongly."""

import contextlib
import os
import socket
import socketserver
import subprocess
import sysconfig
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

OXIGRAPH = Path(sysconfig.get_path("scripts")) / "oxigraph"


def free_port():
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, url, **options):
    """Run a server until the end of the block; it is ready when it answers at ``url`` at all."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        deadline = time.monotonic() + 60
        while not _answers(url):
            assert process.poll() is None, f"{command[0]} ended with status {process.returncode}"
            assert time.monotonic() < deadline, f"{command[0]} does not answer"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextlib.contextmanager
def oxigraph():
    """Run an empty Oxigraph server; give its address."""
    base = f"http://127.0.0.1:{free_port()}"
    command = [str(OXIGRAPH), "serve", "--bind", base.removeprefix("http://")]
    with running(command, base + "/", env={**os.environ, "RUST_LOG": "error"}):
        yield base


@contextlib.contextmanager
def answering(respond):
    """Run a server that answers every request with ``respond(handler)``; give its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self):
            self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            respond(self)

        do_GET = do_POST = do_PUT = do_DELETE = respond

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    with serving(server):
        yield f"http://127.0.0.1:{server.server_address[1]}"


@contextlib.contextmanager
def serving(server):
    """Run a socket server in a thread until the end of the block."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def reply(handler, status, content_type, body, **headers):
    """Send a whole answer."""
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def forward(handler, base):
    """Ask another server the same; return its status, content type and body."""
    headers = {n: handler.headers[n] for n in ("Content-Type", "Accept") if n in handler.headers}
    request = urllib.request.Request(base + handler.path, handler.body or None, headers, method=handler.command)
    try:
        with urllib.request.urlopen(request, timeout=30) as found:
            return found.status, found.headers.get("Content-Type") or "text/plain", found.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Content-Type") or "text/plain", error.read()


class Stalling(socketserver.ThreadingTCPServer):
    """Takes connections and requests, and never answers; ``closed`` counts connections that clients have closed."""

    daemon_threads, block_on_close, allow_reuse_address = True, False, True

    def __init__(self):
        self.closed = threading.Semaphore(0)
        super().__init__(("127.0.0.1", 0), None)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/query"

    def finish_request(self, request, client_address):
        with contextlib.suppress(OSError):
            while request.recv(65536):
                pass
        self.closed.release()
