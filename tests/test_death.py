"""Queries of death: whatever is asked, nobody else notices, and everything is as it was afterwards.

Each ``death/*.rq`` says in its header what it attacks and which outcomes are right: ``answer``, or types of problems.
``%name%`` in its text stands for what the header's ``name`` repeats, where ``{i}`` counts from 0 and ``{next}`` from 1;
with ``escapes`` the text may have bytes, written as in Python.
"""

import asyncio
import itertools
import json
import sys
import time
from pathlib import Path

import httpx
import pytest
import yaml

from evidensgraf.service.problem_types import PROBLEM_TYPES
from tests.processes import descendants, resident_mb
from tests.serving import Process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

CORPUS = sorted((Path(__file__).parent / "death").glob("*.rq"))
LIMITS = {"seconds": 1, "memory_mb": 256, "rows": 10_000, "size_mb": 4, "workers": 3, "queue": 64, "wait": 300}
INNOCENT = (
    "/",
    "/doc/intervention/hasky.ttl",
    "/api/v1/interventions?limit=3",
    "/queries/labels?format=csv",
    "/graph/concepts",
)
REMEMBERED_MB = 200
"""What the server may keep of all that: recent answers, and what its memory allocator does not give back."""


def read_file(path):
    """Return the header of a query of death and its bytes."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    header = yaml.safe_load("".join(line[2:] for line in lines if line.startswith("#+")))
    text = "".join(line for line in lines if not line.startswith("#+"))
    for name, value in header.items():
        if isinstance(value, dict):
            parts = (value["text"].replace("{i}", str(i)).replace("{next}", str(i + 1)) for i in range(value["times"]))
            text = text.replace(f"%{name}%", "".join(parts))
    if header.get("escapes"):
        return header, text.encode("latin-1").decode("unicode_escape").encode("latin-1")
    return header, text.encode()


def outcome(response):
    """Return ``answer`` or the name of the problem, having made sure that it is a whole document of its kind."""
    if response.status_code == 200:
        json.loads(response.content)
        return "answer"
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem.keys() >= {"type", "title", "status", "detail", "instance"}
    assert problem["status"] == response.status_code
    assert len(response.content) < 5000
    name = problem["type"].rsplit("/", 1)[-1]
    assert PROBLEM_TYPES[name].status == response.status_code
    return name


def test_the_corpus_is_large_and_says_what_it_attacks():
    assert len(CORPUS) >= 60
    known = {"answer", *PROBLEM_TYPES}
    for path in CORPUS:
        header, _ = read_file(path)
        assert header["attacks"] and set(header["expect"]) <= known, path.name


class Innocents:
    """Clients that ask for little, without a pause."""

    def __init__(self, http):
        self.http, self.faults, self.answers, self.numbers = http, [], 0, itertools.count()

    async def ask(self):
        while True:
            number = next(self.numbers)
            for path in (f"/sparql?query=ASK{{}}%23{number}", INNOCENT[number % len(INNOCENT)]):
                response = await self.http.get(path, headers={"Accept": "*/*"})
                self.answers += 1
                if response.status_code != 200:
                    self.faults.append((path, response.status_code, response.text[:300]))
            await asyncio.sleep(0.05)


async def attack(http, paths):
    """Send queries one after the other; return those with an outcome that is not expected."""
    wrong = []
    for path in paths:
        header, query = read_file(path)
        response = await http.post("/sparql", content=query, headers={"Content-Type": "application/sparql-query"})
        if (found := outcome(response)) not in header["expect"]:
            wrong.append((path.stem, found, response.text[:200]))
    return wrong


async def under_attack(url):
    async with httpx.AsyncClient(base_url=url, timeout=120) as http:
        innocents = Innocents(http)
        tasks = [asyncio.create_task(innocents.ask()) for _ in range(2)]
        queue = iter(CORPUS)  # whoever is done takes the next one
        wrong = await asyncio.gather(*(attack(http, queue) for _ in range(3)))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return sum(wrong, []), innocents


def test_queries_of_death_harm_nobody(release, tmp_path):
    with Process(release, tmp_path / "errors", log="off", **LIMITS) as server:
        pid = server.popen.pid
        for path in INNOCENT:
            httpx.get(server.url + path, timeout=60)
        before = resident_mb([pid, *descendants(pid)])
        wrong, innocents = asyncio.run(under_attack(server.url))
        assert wrong == []
        assert innocents.faults == []
        assert innocents.answers > len(INNOCENT)
        deadline = time.monotonic() + 20
        while len(descendants(pid)) != 1 + LIMITS["workers"] and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(descendants(pid)) == 1 + LIMITS["workers"]
        assert resident_mb([pid, *descendants(pid)]) < before + REMEMBERED_MB
        assert server.popen.poll() is None
        assert "Traceback" not in server.log.read_text()
