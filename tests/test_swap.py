"""Releases are replaced, and processes killed, under load: no request fails, and nothing is lost."""

import asyncio
import hashlib
import itertools
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import httpx
import pytest

from evidensgraf.graph.release import DESCRIPTION, MANIFEST, QUADS, open_release
from evidensgraf.service.running import engine_for, started
from evidensgraf.service.serving import Served, Serving
from evidensgraf.service.settings import Settings
from evidensgraf.service.swap import Swap, newest
from tests.processes import alive, descendants
from tests.serving import Process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

VERSION = (
    "SELECT ?version { <https://w3id.org/evidensgraf/id/dataset/evidensgraf> "
    "<http://www.w3.org/ns/dcat#version> ?version } # %d"
)
PAGES = ("/", "/doc/intervention/hasky.ttl", "/api/v1/interventions?limit=5", "/graph/concepts")


def another(release, directory, release_id, quads=None, digest=None):
    """Write a release like another one under another id: with other quads, or a false digest, where these are given."""
    target = directory / release_id
    target.mkdir()
    data = release.quads.read_bytes().replace(f'"{release.id}"'.encode(), f'"{release_id}"'.encode())
    data = data if quads is None else quads
    (target / QUADS).write_bytes(data)
    digest = digest or hashlib.sha256(data).hexdigest()
    manifest = {**release.manifest, "id": release_id, "sha256": digest, "files": {}}
    (target / MANIFEST).write_text(json.dumps(manifest))
    shutil.copy(release.path / DESCRIPTION, target / DESCRIPTION)
    return target


@pytest.fixture(scope="module")
def releases(release, tmp_path_factory):
    """Two whole releases and two broken ones, by name."""
    directory = tmp_path_factory.mktemp("swap")
    return {
        "old": another(release, directory, "2026-01-01"),
        "new": another(release, directory, "2026-02-02"),
        "false": another(release, directory, "2026-03-03", digest="0" * 64),
        "unreadable": another(release, directory, "2026-04-04", quads=b"this is not N-Quads\n"),
        "empty": another(release, directory, "2026-05-05", quads=b""),
    }


def lead(link, target):
    """Have a link lead to a release, in one step."""
    link.with_suffix(".next").symlink_to(target)
    link.with_suffix(".next").replace(link)


class Load:
    """Clients that ask without a pause: a query that nobody asked before, and pages."""

    def __init__(self, url, clients=4):
        self.url, self.clients, self.faults, self.seen = url, clients, [], []
        self.numbers = itertools.count()

    async def __aenter__(self):
        self.http = httpx.AsyncClient(base_url=self.url, timeout=60, headers={"Accept": "text/csv, */*;q=0.5"})
        self.tasks = [asyncio.create_task(self._ask()) for _ in range(self.clients)]
        return self

    async def __aexit__(self, *_):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.http.aclose()

    async def _ask(self):
        while True:
            number = next(self.numbers)
            try:
                await self._one(number)
            except (httpx.HTTPError, AssertionError) as error:
                self.faults.append(repr(error))

    async def _one(self, number):
        answer = await self.http.get("/sparql", params={"query": VERSION % number})
        release = answer.headers.get("evidensgraf-release")
        assert answer.status_code == 200, answer.text
        assert answer.text.split() == ["version", release]
        self.seen.append(release)
        page = await self.http.get(PAGES[number % len(PAGES)])
        assert page.status_code == 200, page.text

    async def until(self, count):
        """Wait until so many queries more have been answered."""
        goal = len(self.seen) + count
        deadline = time.monotonic() + 60
        while len(self.seen) < goal and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        assert len(self.seen) >= goal, self.faults[:3]


def test_releases_are_swapped_under_load_and_broken_ones_refused(releases, tmp_path):
    link = tmp_path / "current"
    lead(link, releases["old"])

    async def test(server):
        say = asyncio.to_thread
        async with Load(server.url) as load:
            await load.until(10)
            for name in ("new", "old", "new"):
                lead(link, releases[name])
                server.popen.send_signal(signal.SIGHUP)
                await say(server.wait_for, f"release {releases[name].name}")
                after = len(load.seen)
                await load.until(2 * load.clients)  # what was under way, and then
                assert set(load.seen[after + load.clients :]) == {releases[name].name}
            for name, words in (("false", "SHA-256"), ("unreadable", "could not be loaded"), ("empty", "is empty")):
                lead(link, releases[name])
                server.popen.send_signal(signal.SIGHUP)
                said = await say(server.wait_for, "a release is refused, and 2026-02-02 is served on")
                assert words in said
                await load.until(5)
            assert load.seen[-1] == "2026-02-02"
        assert load.faults == []
        assert {"2026-01-01", "2026-02-02"} == set(load.seen)

    with Process(link, tmp_path / "errors", workers=2, log="text", log_file=tmp_path / "log") as server:
        asyncio.run(test(server))
        deadline = time.monotonic() + 30
        while len(supervised(server)) != 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(supervised(server)) == 3  # one supervisor and two workers: the old ones have gone
        below = descendants(server.popen.pid)
    assert not any(alive(pid) for pid in below)


def supervised(server):
    """The supervisors of a server and their workers that are alive now; one that ended may not have its successor."""
    return [p for p in descendants(server.popen.pid) if b"supervisor" in _command(p) and alive(p)]


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_killed_workers_and_supervisors_fail_no_request_and_a_killed_server_leaves_nobody(releases, tmp_path):
    async def test(server):
        async with Load(server.url) as load:
            await load.until(10)
            supervisor, *workers = descendants(server.popen.pid)
            for victim in (workers[0], supervisor):
                os.kill(victim, signal.SIGKILL)
                await load.until(10)
            for victim in descendants(server.popen.pid)[1:]:
                os.kill(victim, signal.SIGKILL)
            await load.until(10)
        assert load.faults == []

    with Process(releases["old"], tmp_path / "errors", workers=2, log="off") as server:
        asyncio.run(test(server))
        below = descendants(server.popen.pid)
        assert len(below) == 3
        server.popen.kill()
        server.popen.wait()
        deadline = time.monotonic() + 10
        while any(alive(pid) for pid in below) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(alive(pid) for pid in below)
    with Process(releases["old"], tmp_path / "errors", workers=1, log="off") as again:
        assert httpx.get(f"{again.url}/sparql", params={"query": VERSION % 0}).status_code == 200


def test_a_directory_is_watched_and_the_newest_whole_release_in_it_served(release, releases, runner, tmp_path):
    def publish(name):
        shutil.copytree(releases[name], tmp_path / ".draft")
        (tmp_path / ".draft").rename(tmp_path / releases[name].name)

    def start(found):
        return started(engine_for(found, Settings(workers=1)))

    async def test():
        publish("old")
        old = open_release(newest(tmp_path))
        served = Served(Serving(await start(old), old, Settings()))
        first = served.serving
        swap = Swap(served, Settings(), lambda: newest(tmp_path), start)
        swap.watch(0.01)
        with first.used():  # a request that goes on
            publish("false")
            publish("new")
            (tmp_path / releases["false"].name).rename(tmp_path / ".taken-away")
            async with asyncio.timeout(60):
                while served.serving is first:
                    await asyncio.sleep(0.01)
            assert served.serving.release.id == "2026-02-02"
            assert (await first.engine.query(VERSION % 1, "text/csv")).body.split() == [b"version", b"2026-01-01"]
        publish("unreadable")
        refused = (tmp_path / releases["unreadable"].name).resolve()
        async with asyncio.timeout(60):
            while swap._refused is None or swap._refused[0] != refused or swap._one_at_a_time.locked():
                await asyncio.sleep(0.01)
        assert served.serving.release.id == "2026-02-02"
        await swap.close()
        await served.serving.engine.close()
        assert first.engine._control is None

    runner.run(asyncio.wait_for(test(), 120))
