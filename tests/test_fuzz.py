"""Whatever is sent is answered: no failure of ours, every error a problem, and no file but those that are published."""

import json
import logging
import os
import random
import re

import pytest

from evidensgraf.graph.engine import Limits
from evidensgraf.graph.pool import LocalEngine
from evidensgraf.service.app import create_app
from evidensgraf.service.problem_types import PROBLEM_TYPES
from evidensgraf.service.settings import Settings
from tests.fuzzing import Requests, call

SEED = int(os.environ.get("FUZZ_SEED", "3"))
ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "1200"))
DELIBERATE = {"deadline", "memory-limit", "busy", "unavailable", "stopping"}
"""Problems of status 503: a bound that was set, and not a failure."""

EVERYWHERE = {b"x-request-id", b"content-security-policy", b"x-content-type-options", b"vary", b"evidensgraf-release"}


@pytest.fixture(scope="module")
def app(runner, release):
    """The service with short bounds, over an engine of its own."""
    settings = Settings(log="off")
    engine = LocalEngine(release, Limits(seconds=1, memory_mb=256), workers=2)
    runner.run(engine.start())
    yield create_app(engine, release, settings)
    runner.run(engine.close())


def templates(app):
    """The paths of every route there is, below routers too."""
    found = {"/static/{file}", "/static/site.css"}
    routes = list(app.routes)
    while routes:
        route = routes.pop()
        routes += getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", [])
        if path := getattr(route, "path", ""):
            found.add(path)
    return sorted(found)


def check(method, status, headers, body):
    """Check what every answer has to be."""
    named = dict(headers)
    assert all(not re.search(rb"[\r\n\x00]", name + value) for name, value in headers)
    for name in (
        b"x-request-id",
        b"content-security-policy",
        b"x-content-type-options",
        b"vary",
        b"evidensgraf-release",
    ):
        assert name in named, name
    assert b"Traceback" not in body and b"root:x:0" not in body
    if status < 400:
        return
    assert named.get(b"cache-control") == b"no-store"
    if method == "HEAD":
        return
    if named[b"content-type"].startswith(b"text/html"):
        assert str(status).encode() in body and b"<script>alert" not in body
        return
    assert named[b"content-type"] == b"application/problem+json"
    problem = json.loads(body)
    assert set(problem) >= {"type", "title", "status", "detail", "instance", "errors"}
    assert problem["status"] == status
    assert problem["detail"].strip()
    name = problem["type"].rsplit("/")[-1]
    assert name in PROBLEM_TYPES
    assert status < 500 or (status == 503 and name in DELIBERATE), problem


def test_every_route_is_fuzzed(app):
    assert {"/sparql", "/doc/{kind}/{name}", "/api/v1/findings", "/ready", "/static/{file}"} <= set(templates(app))


def test_no_request_is_a_failure_of_ours(app, runner, caplog):
    requests = Requests(random.Random(SEED), templates(app))
    statuses = {}
    with caplog.at_level(logging.WARNING):
        for number in range(ROUNDS):
            request = requests.request()
            try:
                status, headers, body = runner.run(call(app, *request))
                check(request[0], status, headers, body)
            except BaseException as error:
                error.add_note(f"request {number} of seed {SEED}: {request!r:.3000}")
                raise
            statuses[status] = statuses.get(status, 0) + 1
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []
    assert {200, 303, 400, 404, 405, 406} <= set(statuses), statuses


OUTSIDE = (
    *("../cli.py", "..%2fcli.py", "%2e%2e/cli.py", "%2e%2e%2fcli.py", "..%252fcli.py", "..\\cli.py", "..%5ccli.py"),
    *("....//cli.py", "/etc/passwd", "%2fetc%2fpasswd", "//etc/passwd", "../../../../../../etc/passwd", "~/.bashrc"),
    *("cli.py%00.css", "site.css%00", "..;/cli.py", "%c0%ae%c0%ae/cli.py", "%u002e%u002e/cli.py", "CON", "%2e%2e"),
    *("site.css/../../cli.py", "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "file:///etc/passwd", "../locale/sv.json"),
    *("..%2ftemplates%2fbase.html", "%2e"),
)
"""What asks for a file beside or above what is published."""


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_out_of_what_is_published(app, runner, path):
    known = {
        runner.run(call(app, "GET", f"/static/{name}".encode(), b"", [], b""))[2] for name in ("site.css", "logo.svg")
    }
    rooms = {re.sub(r"\{[^}]*\}", "%s", template, count=1) for template in templates(app) if "{" in template}
    for room in sorted(re.sub(r"\{[^}]*\}", "x", room) for room in rooms):
        status, headers, body = runner.run(call(app, "GET", (room % path).encode(), b"", [], b""))
        check("GET", status, headers, body)
        assert status in (303, 400, 404) or body in known, (room, status, body[:200])


END = b" HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /sparql HTTP/1.1\r\nHost: x\r\n"
BROKEN = (
    *(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 99, b"\r\n\r\n"),
    *(b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\nHost: x\n\n"),
    *(b"GET /\x00" + END, b"GET /\xff\xfe" + END, b"GET /%%%" + END, b"GET *" + END, b"OPTIONS *" + END, b"GET" + END),
    *(b"CONNECT x:443" + END, b"GET http://e/sparql" + END, b"GET http://[" + END, b"GET //x/" + END),
    *(
        b"GET / HTTP/1.1\r\n : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: x\r\n b\r\n\r\n",
        b"GET / HTTP/1.1\r\nA\x00: x\r\n\r\n",
    ),
    *(POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", POST + b"Transfer-Encoding: x\r\n\r\nab"),
    *(POST + b"Content-Length: -1\r\n\r\n", POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
)
"""What is not HTTP/1.1 (RFC 9112), or only just."""


def damaged(one, message):
    """Return a message with some of its bytes changed, dropped or doubled."""
    data = bytearray(message)
    for _ in range(one.choice((0, 1, 2, 8))):
        at = one.randrange(len(data) or 1)
        data[at : at + one.choice((0, 1, 5))] = one.choice((b"", b"\r\n", b"\x00", b": ", b" ", one.randbytes(3)))
    return bytes(data)


def test_no_bytes_on_a_connection_are_a_failure_of_ours(server):
    """Damaged HTTP on a real connection: an answer with a status, or a closed connection; and nothing in the log."""
    one = random.Random(SEED)
    requests = Requests(one, ["/sparql", "/doc/{kind}/{name}", "/api/v1/findings", "/"])
    for number in range(300):
        method, path, query, headers, body = requests.request()
        lines = [b"%b %b?%b HTTP/1.1" % (method.encode(), path, query), b"Host: x", b"Connection: close"]
        lines += [b"%b: %b" % header for header in headers if header[0] not in (b"host", b"expect")]
        lines += [b"Content-Length: %d" % len(body), b"", body]
        message = BROKEN[number] if number < len(BROKEN) else damaged(one, b"\r\n".join(lines))
        answer = server.raw(message, half_close=True)
        assert answer == b"" or re.match(rb"HTTP/1\.1 ([1-4]\d\d|503) ", answer), (message, answer[:500])
    with server.client() as http:
        assert http.get("/ready").status_code == 200
    assert [line for line in server.lines() if "level" in line] == []
    assert "Traceback" not in server.log.read_text()
