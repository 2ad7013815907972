"""A real server process: its log, its metrics, its bounds on connections, and how it stops."""

import json
import os
import re
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as families

from tests.serving import Process

SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
NETWORK = "192.0.2.0/24"


def eventually(look, seconds=20):
    """Return what ``look`` returns as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def logged(server, request_id):
    return eventually(lambda: [line for line in server.lines() if line.get("id") == request_id])


def test_a_request_has_one_id_in_its_answer_its_problem_and_its_line_of_the_log(server, release):
    with server.client(headers={"X-Request-Id": "from-a-client-1", "X-Forwarded-For": "192.0.2.77"}) as http:
        answer = http.get("/sparql", params={"query": "SELECT * { ?s ?p secret"}, headers={"User-Agent": "Mozilla/5.0"})
    assert answer.status_code == 400
    assert answer.headers["x-request-id"] == "from-a-client-1"
    assert answer.json()["instance"] == "/sparql#from-a-client-1"
    (line,) = logged(server, "from-a-client-1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert line == {
        "time": line["time"],
        "id": "from-a-client-1",
        "method": "GET",
        "path": "/sparql",
        "status": 400,
        "bytes": len(answer.content),
        "seconds": line["seconds"],
        "release": release.id,
        "variant": "application/problem+json",
        "outcome": "query-syntax",
        "cache": line["cache"],
        "agent": "browser",
        "client": NETWORK,
    }
    assert 0 < line["seconds"] < 60
    assert "secret" not in server.log.read_text()
    assert "192.0.2.77" not in server.log.read_text()


def test_a_recent_answer_is_logged_as_one(server):
    with server.client() as http:
        ids = [http.get("/about").headers["x-request-id"] for _ in range(2)]
    assert ids[0] != ids[1]
    assert [logged(server, request_id)[0]["cache"] for request_id in ids] == ["miss", "hit"]


def test_a_path_cannot_forge_a_line_of_the_log(server):
    with server.client() as http:
        request_id = http.get('/x%0A{"status":200}%00%1b[31m').headers["x-request-id"]
    (line,) = logged(server, request_id)
    assert line["path"] == '/x\n{"status":200}\x00\x1b[31m'


def samples(text, parse=families):
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in parse(text) for s in family.samples}


def test_the_metrics_count_requests_queries_and_workers(server, release):
    with server.client() as http:
        before = samples(http.get("/metrics").text)
        assert http.get("/sparql", params={"query": SLOW}).status_code == 503
        assert http.get("/doc/intervention/bostad-forst.ttl").status_code == 200
        assert http.head("/doc/intervention/bostad-forst.ttl").status_code == 200
        assert http.get("/nowhere/at/all").status_code == 404
        answer = http.get("/metrics")
        after = samples(answer.text)
        open_answer = http.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert open_answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert samples(open_answer.text, openmetrics).keys() >= after.keys() - before.keys()

    def grew(name, **labels):
        key = name, tuple(sorted(labels.items()))
        return after[key] - before.get(key, 0)

    assert grew("evidensgraf_queries_total", outcome="deadline") == 1
    assert grew("evidensgraf_workers_killed_total") == 1
    assert grew("evidensgraf_requests_total", route="/sparql", method="GET", status="503") == 1
    documents = [key for key in after if "/doc/{" in str(key) and key[0] == "evidensgraf_requests_total"]
    assert {dict(labels)["method"] for _, labels in documents} >= {"GET", "HEAD"}
    assert grew("evidensgraf_requests_total", route="other", method="GET", status="404") == 1
    assert grew("evidensgraf_request_seconds_count", route="/sparql") == 1
    assert grew("evidensgraf_request_seconds_sum", route="/sparql") >= 2
    assert grew("evidensgraf_query_evaluation_seconds_sum") >= 2
    assert after["evidensgraf_queue_length", (("queue", "adhoc"),)] == 0
    assert sum(after["evidensgraf_workers", (("state", state),)] for state in ("idle", "busy")) in (2, 3)
    info = next(dict(labels) for name, labels in after if name == "evidensgraf_release_info")
    assert info["sha256"] == release.digest
    assert after["process_resident_memory_bytes", ()] > 10_000_000


def test_the_metrics_are_not_given_through_a_proxy(server):
    with server.client(headers={"X-Forwarded-For": "192.0.2.77"}) as http:
        answer = http.get("/metrics")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def problem_of(data):
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    problem = json.loads(body)
    assert set(problem) >= {"type", "title", "status", "detail", "instance", "errors"}
    assert problem["status"] == int(lines[0].split()[1])
    assert problem["instance"].endswith("#" + headers["x-request-id"])
    return problem["type"].rsplit("/")[-1]


LARGE = b"x" * 1_100_000
GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("chunks", "name"),
    [
        ([b"nonsense\r\n\r\n"], "bad-request"),
        ([b"GET http://[/ HTTP/1.1\r\nHost: x\r\n\r\n"], "bad-request"),
        ([b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"], "bad-request"),
        ([b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"], "uri-too-long"),
        ([b"GET /?" + b"a=1&" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"], "uri-too-long"),
        ([GET + b"x: y\r\n" * 120 + b"\r\n"], "headers-too-large"),
        ([GET + b"x: " + b"y" * 66_000 + b"\r\n\r\n"], "headers-too-large"),
        ([GET, *[b"x: " + b"y" * 10_000 + b"\r\n"] * 4000], "headers-too-large"),
        ([GET + b"x: ", *[b"y" * 10_000] * 4000], "headers-too-large"),
        ([b"GET /", *[b"y" * 10_000] * 4000], "headers-too-large"),
        ([b"\r\n" * 5000, *[b"\r\n" * 5000] * 400], "headers-too-large"),
        ([b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n", LARGE], "content-too-large"),
    ],
)  # fmt: skip
def test_what_is_out_of_bounds_on_a_connection_is_a_problem_and_closes_it(server, chunks, name):
    assert problem_of(server.raw(*chunks)) == name
    with server.client() as http:
        assert http.get("/health").status_code == 200


def test_an_upgrade_that_is_not_offered_is_a_plain_request(server):
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    assert server.raw(b"GET /health HTTP/1.1\r\nHost: x\r\n" + upgrade).startswith(b"HTTP/1.1 200 OK\r\n")


def test_the_name_that_a_client_calls_the_service_by_is_in_no_answer(server):
    with server.client(headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}) as http:
        for path in ("/", "/id/intervention/bostad-forst", "/doc/intervention/bostad-forst.ttl", "/sparql", "/nowhere"):
            for accept in ("text/html", "text/turtle", "application/json"):
                answer = http.get(path, headers={"Accept": accept})
                assert "evil" not in answer.text + str(answer.headers), path


def test_more_connections_than_there_may_be_are_refused_and_the_service_goes_on(release, tmp_path):
    with Process(release, tmp_path / "log", connections=5) as server:
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
        assert problem_of(server.raw(GET + b"\r\n")) == "busy"
        for connection in idle:
            connection.close()
        with server.client() as http:
            assert http.get("/ready").json()["status"] == "ready"
        assert server.stop() == 0


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_that_is_told_to_stop_ends_what_it_has_begun(release, tmp_path):
    """SIGTERM to the whole process group, as service managers send it, while requests are in flight and come in."""
    answers, errors, stopping = [], [], threading.Event()

    def ask(number):
        with server.client() as http:
            while True:
                late = stopping.is_set()
                try:
                    query = f"{SLOW} # {number} {len(answers)}" if number < 2 else f"ASK {{ ?s ?p {len(answers)} }}"
                    answers.append(http.get("/sparql", params={"query": query}))
                except httpx.TransportError as error:
                    errors.append((late, error))
                    return

    with Process(release, tmp_path / "log", seconds=3, drain_seconds=1) as server:
        clients = [threading.Thread(target=ask, args=[number]) for number in range(5)]
        for client in clients:
            client.start()
        assert eventually(lambda: len(answers) > 10)
        with server.client() as http:
            assert http.get("/ready").status_code == 200
            stopping.set()
            os.killpg(server.popen.pid, signal.SIGTERM)
            told = eventually(lambda: (answer := http.get("/ready")).status_code == 503 and answer)
            assert told.json()["type"].endswith("/stopping")
            assert http.get("/health").status_code == 200
        assert server.popen.wait(timeout=30) == 0
        for client in clients:
            client.join(timeout=30)
        assert all(late for late, _ in errors), errors  # what was asked before is answered
        assert {answer.status_code for answer in answers} <= {200, 503}
        problems = {answer.json()["type"].rsplit("/")[-1] for answer in answers if answer.status_code == 503}
        assert "deadline" in problems <= {"deadline", "stopping"}
        assert eventually(lambda: not alive(server.popen.pid))


def busy(server):
    """Wait until a worker has something to do."""
    with server.client() as http:
        key = "evidensgraf_workers", (("state", "busy"),)
        assert eventually(lambda: samples(http.get("/metrics").text)[key] == 1)


@pytest.mark.parametrize(("signals", "settings"), [(2, {"stop_seconds": 600}), (1, {"stop_seconds": 1})])
def test_a_request_that_is_not_waited_for_is_told_so(release, tmp_path, signals, settings):
    with Process(release, tmp_path / "log", seconds=600, **settings) as server, ThreadPoolExecutor(1) as threads:
        with server.client() as http:
            answer = threads.submit(http.get, "/sparql", params={"query": SLOW})
            busy(server)
            for _ in range(signals):
                server.popen.send_signal(signal.SIGTERM)
                time.sleep(0.5)
            problem = answer.result(timeout=60).json()
        assert (problem["status"], problem["type"].rsplit("/")[-1]) == (503, "stopping")
        assert server.popen.wait(timeout=30) == 0
        assert eventually(lambda: not alive(server.popen.pid))
        (line,) = [line for line in server.lines() if line.get("path") == "/sparql"]
        assert (line["status"], line["outcome"]) == (503, "stopping")
        assert not [line for line in server.lines() if line.get("level") == "ERROR" and "Exception" in line["message"]]
