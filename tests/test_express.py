"""The express way through a real server gives what the application gives."""

import time
from urllib.parse import quote

import pytest

from tests.serving import Process

JSON = "application/sparql-results+json"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != 1) }"


def asked(query):
    return f"/sparql?query={quote(query, safe='')}"


@pytest.fixture(scope="module")
def server(release, tmp_path_factory):
    with Process(release, tmp_path_factory.mktemp("log") / "log", seconds=2) as process:
        yield process


@pytest.fixture
def http(server):
    with server.client() as client:
        client.headers.clear()
        yield client


@pytest.mark.parametrize("times", ["cold", "again"])
@pytest.mark.parametrize(
    ("path", "accept"),
    [
        (asked("SELECT ?p ?o { <https://w3id.org/evidensgraf/id/intervention/hasky> ?p ?o } ORDER BY ?p ?o"), JSON),
        (asked("SELECT ?p ?o { <https://w3id.org/evidensgraf/id/intervention/hasky> ?p ?o } ORDER BY ?p ?o"), None),
        (asked("ASK { ?s a ev:Finding }"), "application/xml"),
        (asked("CONSTRUCT { ?s a ev:Finding } { ?s a ev:Finding }"), "text/turtle"),
        (asked("SELECT * { ?s ?p "), JSON),
        (asked("SELECT * { ?s ?p <}"), JSON),
        (asked("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"), JSON),
        (asked("SELECT ?s { ?s a ev:Intervention } ORDER BY ?s LIMIT 2") + "&format=csv", None),
        ("/doc/intervention/hasky.ttl", None),
        ("/api/v1/interventions/hasky", None),
    ],
)
def test_the_same_answer_as_the_application_gives(http, client, path, accept, times):
    express, long = http.get(path, headers={"Accept": accept} if accept else {}), client.get(path, accept)
    assert express.status_code == long.status_code
    if express.status_code == 200:
        assert express.content == long.content
    else:
        assert express.json() | {"instance": ""} == long.json() | {"instance": ""}
    given, expected = (
        {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "date")}
        for answer in (express, long)
    )
    if express.status_code != 200:
        given["content-length"] = expected["content-length"]  # the problem names the request
    assert given == expected


def test_requests_that_are_sent_at_once_are_answered_in_their_order(server):
    paths = [asked(f"SELECT ({i} AS ?n) {{}}") for i in range(20)]
    requests = "".join(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n" for path in paths[:-1])
    last = f"GET {paths[-1]} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\nConnection: close\r\n\r\n"
    answers = server.raw((requests + last).encode()).decode().split("HTTP/1.1 200 OK\r\n")[1:]
    assert [answer.split("\r\n")[-2] for answer in answers] == [str(i) for i in range(20)]


def test_a_client_that_leaves_frees_its_worker(server, http):
    with server.client() as gone, pytest.raises(Exception, match="timed out"):
        gone.get(asked(ENDLESS), timeout=0.5)
    for _ in range(100):
        left = [line for line in server.lines() if line["outcome"] == "disconnected"]
        if left:
            break
        time.sleep(0.05)
    assert left[0]["path"] == "/sparql"
    assert http.get(asked("ASK { ?s ?p 123456 }")).status_code == 200


def test_a_query_past_its_deadline_is_a_problem_with_the_id_of_its_request(server, http):
    stopped = http.get(asked(ENDLESS + " # late"), headers={"X-Request-Id": "deadline-1"})
    assert stopped.status_code == 503
    assert stopped.json()["type"].endswith("/deadline")
    assert stopped.headers["x-request-id"] == "deadline-1" and "deadline-1" in stopped.json()["instance"]


def test_what_takes_the_express_way_is_logged_and_counted(server, http):
    path = asked("ASK { ?s ?p 'express' }")
    ids = [http.get(path).headers["x-request-id"] for _ in range(2)]
    for _ in range(100):
        lines = {line["id"]: line for line in server.lines() if line["id"] in ids}
        if len(lines) == 2:
            break
        time.sleep(0.05)
    assert [lines[i]["cache"] for i in ids] == ["miss", "hit"]
    assert 'route="/sparql"' in http.get("/metrics").text
