"""More than the service can do, over real connections: some are told so at once, and who leaves frees a place."""

import socket
import time
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from tests.serving import Process

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(STRLEN(STR(?c)) + STRLEN(STR(?f)) > %d) }"
WORKERS, QUEUE = 2, 1  # of which one worker is for queries of users


@pytest.fixture(scope="module")
def url(release, tmp_path_factory):
    """The address of a server whose deadline no test waits for."""
    errors = tmp_path_factory.mktemp("log") / "errors"
    settings = {"workers": WORKERS, "queue": QUEUE, "seconds": 120, "memory_mb": 256, "wait": 120}
    with Process(release, errors, log="off", **settings) as server:
        yield server.url


@contextmanager
def asked(url, query):
    """Send a query on a connection of its own, which is cut at the end; the answer is not waited for."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /sparql HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/sparql-query\r\n"
        connection.sendall(f"{head}Content-Length: {len(query)}\r\n\r\n{query}".encode())
        yield connection


def until_status(url, numbers, status):
    """Ask for little, without much patience, until the answer has a status (None: it waits in the queue); return it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            answer = httpx.get(f"{url}/sparql", params={"query": f"ASK {{}} # {next(numbers)}"}, timeout=2)
        except httpx.TimeoutException:
            answer = None
        if (None if answer is None else answer.status_code) == status:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"never {status}")


def test_load_beyond_the_queue_is_refused_at_once_and_who_leaves_frees_a_place(url):
    numbers = iter(range(1_000))
    with ExitStack() as stack:
        for i in range(1 + QUEUE):
            stack.enter_context(asked(url, ENDLESS % i))
        refused = until_status(url, numbers, 503)
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["type"].endswith("/busy")
        assert httpx.get(f"{url}/doc/intervention/hasky.ttl", timeout=60).status_code == 200
    until_status(url, numbers, 200)


def test_a_client_that_leaves_while_it_waits_takes_no_place(url):
    numbers = iter(range(1_000, 2_000))
    with asked(url, ENDLESS % 100):
        with asked(url, ENDLESS % 101):
            until_status(url, numbers, 503)
        until_status(url, numbers, None)
    until_status(url, numbers, 200)
