"""Bounds on requests and answers that take time, the headers of every page, and what the documents say of them."""

import asyncio
import re
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from evidensgraf.service import bounds, protocol
from evidensgraf.service.problems import Problem
from evidensgraf.service.server import Server
from evidensgraf.service.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


class Application:
    """An application of one function, with as much of a state as a server needs."""

    def __init__(self, answer):
        self.answer, self.records = answer, []
        self.state = SimpleNamespace(stopping=False, watchers=[self.records.append])

    async def __call__(self, scope, receive, send):
        await self.answer(scope, receive, send)


async def served(answer, test):
    """Run a test against a server of an application in this process, and return its records."""
    app = Application(answer)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(app, Settings(rate=1.0))
        running = asyncio.create_task(server._serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        await test(*listener.getsockname()[:2])
        server.should_exit = server.force_exit = True
        await running
    return app.records


async def nothing(scope, receive, send):
    """An application that is never to be called."""
    raise AssertionError


def test_a_head_that_does_not_arrive_is_given_up(monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)

    async def test(host, port):
        for begun in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Language: en\r\nX: "):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(begun)
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
            writer.close()

    records = asyncio.run(asyncio.wait_for(served(nothing, test), 30))
    assert [(record.status, record.outcome) for record in records] == [(408, "request-timeout")] * 2


def test_a_client_that_does_not_read_is_given_up(monkeypatch):
    monkeypatch.setattr(protocol, "SEND_SECONDS", 0.2)
    done = asyncio.Event()

    async def large(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % 2**27)]})
        await send({"type": "http.response.body", "body": bytes(2**27)})
        while (await receive())["type"] != "http.disconnect":
            pass
        done.set()

    async def test(host, port):
        _, writer = await asyncio.open_connection(host, port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await done.wait()
        writer.transport.abort()

    asyncio.run(asyncio.wait_for(served(large, test), 30))


def test_a_client_that_reads_slowly_but_reads_gets_it_all(monkeypatch):
    monkeypatch.setattr(protocol, "SEND_SECONDS", 0.3)
    size = 2**25

    async def large(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
        await send({"type": "http.response.body", "body": bytes(size)})

    async def test(host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        read = 0
        while piece := await reader.read(2**20):
            read += len(piece)
            await asyncio.sleep(0.03)
        assert read > size
        writer.close()

    asyncio.run(asyncio.wait_for(served(large, test), 60))


def test_a_body_that_does_not_arrive_is_given_up(monkeypatch):
    monkeypatch.setattr(bounds, "BODY_SECONDS", 0.1)

    async def receive():
        await asyncio.Event().wait()

    with pytest.raises(Problem) as given_up:
        asyncio.run(bounds.read_body(receive))
    assert given_up.value.status == 408


def test_pages_of_every_kind_run_no_script_and_no_style_but_their_own(client):
    for path in (
        "/",
        "/about",
        "/sparql",
        "/doc/intervention/bostad-forst",
        "/nowhere",
        "/sparql?query=x",
        "/problems/busy",
    ):
        page = client.get(path, accept="text/html")
        assert page.headers["content-type"].startswith("text/html"), path
        policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert "unsafe" not in str(policy)
        assert page.headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in page.headers["permissions-policy"]
        assert "strict-transport-security" not in page.headers
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", page.text), path


def test_https_only_is_said_when_the_settings_say_so(client_of, engine):
    answer = client_of(engine, hsts_seconds=31536000).get("/health")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_the_documents_name_tests_and_settings_that_exist():
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in set(re.findall(r"tests/\w+\.py", security)):
        assert (ROOT / name).is_file(), name
    for name in set(re.findall(r"EVIDENSGRAF_[A-Z_]+", security + operations)):
        assert f"`{name}`" in readme, name
    assert "(SECURITY.md)" in readme
    assert "(docs/operations.md)" in readme
