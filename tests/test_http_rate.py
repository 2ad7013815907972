"""The rate of each client: the token bucket, whom it counts as one client, and what a client is told."""

import re
from ipaddress import ip_network

import httpx
import pytest

from evidensgraf.service.app import create_app
from evidensgraf.service.clients import client_address, is_internal, network_of
from evidensgraf.service.rate import Buckets
from evidensgraf.service.settings import Settings

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.fixture
def ask(runner, engine, release):
    """Ask a service with a rate, as a client at an address."""
    app = create_app(engine, release, Settings(rate=0.001, burst=2, proxies=PROXIES, log="off"))

    def call(peer, path="/health", **headers):
        async def get():
            transport = httpx.ASGITransport(app=app, client=(peer, 4321))
            async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as http:
                return await http.get(path, headers=headers)

        return runner.run(get())

    return call


def test_a_client_that_asks_too_often_is_told_how_often_it_may_and_others_are_not_touched(ask):
    answers = [ask("192.0.2.1", "/sparql?query=ASK%7B%7D") for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert {a.headers["ratelimit-policy"] for a in answers} == {'"client";q=2;w=2000'}
    assert [re.findall(r"r=(\d+)", a.headers["ratelimit"]) for a in answers] == [["1"], ["0"], ["0"]]
    told = answers[2]
    assert 900 <= int(told.headers["retry-after"]) <= 1000
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["type"].endswith("/problems/too-many-requests")
    assert told.json()["instance"] == "/sparql#" + told.headers["x-request-id"]
    assert ask("192.0.2.2").status_code == 200


def test_a_network_of_ipv6_is_one_client(ask):
    assert [ask(f"2001:db8::{i}").status_code for i in range(3)] == [200, 200, 429]
    assert ask("2001:db8:0:1::1").status_code == 200


def test_only_a_trusted_proxy_is_believed(ask):
    def forged(i):
        return {"X-Forwarded-For": f"198.51.100.{i}"}

    assert [ask("203.0.113.1", **forged(i)).status_code for i in range(3)] == [200, 200, 429]
    assert [ask("10.0.0.1", **forged(i)).status_code for i in range(3)] == [200, 200, 200]
    behind = [{"X-Forwarded-For": f"6.6.6.{i}, 192.0.2.9, 10.1.1.1"} for i in range(3)]
    assert [ask("10.0.0.1", **headers).status_code for headers in behind] == [200, 200, 429]


def test_without_a_rate_nothing_is_said_of_one(client):
    assert "ratelimit" not in client.get("/health").headers


def test_tokens_come_back_with_time_and_never_more_than_the_burst():
    now = [0.0]
    buckets = Buckets(rate=2.0, burst=2, clock=lambda: now[0])
    assert [buckets.take("a") for _ in range(3)] == [1.0, 0.0, -1.0]
    now[0] = 0.25
    assert buckets.take("a") == -0.5
    now[0] = 0.5
    assert buckets.take("a") == 0.0
    now[0] = 100.0
    assert [buckets.take("a") for _ in range(3)] == [1.0, 0.0, -1.0]


def test_only_so_many_clients_are_remembered():
    buckets = Buckets(rate=1.0, burst=1, most=100)
    for number in range(1000):
        buckets.take(str(number))
    assert len(buckets) == 100
    assert buckets.take("999") < 0 <= buckets.take("0")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.1, nonsense, 10.0.0.2", "10.0.0.2"),
        ("192.0.2.5", "192.0.2.1", "192.0.2.5"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", None, "fe80::1"),
    ],
)
def test_the_client_is_the_first_address_that_no_proxy_has(peer, forwarded, address):
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert str(client_address({"type": "http", "client": (peer, 1), "headers": headers}, PROXIES)) == address


def test_a_socket_without_addresses_has_no_client():
    assert client_address({"type": "http", "client": None, "headers": []}, PROXIES) is None
    assert client_address({"type": "http", "client": ("", 0), "headers": []}) is None


@pytest.mark.parametrize(
    ("peer", "headers", "internal"),
    [
        ("127.0.0.1", [], True),
        ("10.2.3.4", [], True),
        ("8.8.8.8", [], False),
        ("127.0.0.1", [(b"x-forwarded-for", b"8.8.8.8")], False),
        ("127.0.0.1", [(b"forwarded", b"for=8.8.8.8")], False),
    ],
)
def test_what_is_internal_came_through_no_proxy(peer, headers, internal):
    assert is_internal({"type": "http", "client": (peer, 1), "headers": headers}) is internal


def test_the_network_that_is_logged_is_not_an_address():
    assert (
        network_of(client_address({"type": "http", "client": ("192.0.2.77", 1), "headers": []}), 24) == "192.0.2.0/24"
    )
