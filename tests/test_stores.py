"""Stores on disk: the same answers under the same bounds as in memory, made whole or not at all."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from evidensgraf.graph.confine import can_refuse_sockets
from evidensgraf.graph.engine import EngineUnavailable, LimitExceeded, Limits
from evidensgraf.graph.pool import LocalEngine
from evidensgraf.graph.release import Release
from evidensgraf.graph.stores import disk_path, make
from evidensgraf.queries import catalogue
from evidensgraf.service.settings import Settings

pytestmark = pytest.mark.skipif(not can_refuse_sockets(), reason="a store on disk needs Linux")

CONCEPTS = "https://w3id.org/evidensgraf/graph/concepts"
COUNT = "SELECT (COUNT(*) AS ?n) %s { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(STRLEN(STR(?c)) > STRLEN(STR(?f))) }"
HUNGRY = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?f ?i"
MAKE = [sys.executable, "-m", "evidensgraf.graph.stores"]


def copied(release, directory):
    """A release with the same quads and nothing else in its directory."""
    os.link(release.quads, directory / release.quads.name)
    return Release(directory, release.id, release.digest, release.manifest)


@pytest.fixture(scope="module")
def on_disk(release, tmp_path_factory):
    """A copy of the release, whose store on disk is made once for all these tests."""
    copy = copied(release, tmp_path_factory.mktemp("disk"))
    make(copy.quads)
    return copy


@pytest.fixture(scope="module")
def disk_engine(on_disk, runner):
    engine = LocalEngine(on_disk, Limits(seconds=20, memory_mb=256), workers=1, store="disk")
    runner.run(engine.start())
    yield engine
    runner.run(engine.close())


def test_blank_nodes_have_the_names_of_the_release_in_every_process(release, engine, disk_engine, runner):
    query = "SELECT ?node { ?node ?p ?o FILTER(ISBLANK(?node)) } ORDER BY STR(?node)"
    memory, disk = (set(runner.run(e.query(query, "text/csv")).body.split()[1:]) for e in (engine, disk_engine))
    assert memory == disk == {line.split()[0] for line in release.quads.read_bytes().splitlines() if line[:1] == b"_"}
    assert memory


def test_a_store_on_disk_answers_as_one_in_memory(engine, disk_engine, runner):
    known = catalogue.load()
    queries = [known[name].bind({}) for name in ("labels", "evidence-gaps", "sources")]
    queries += [COUNT % dataset for dataset in ("", f"FROM <{CONCEPTS}>", f"FROM NAMED <{CONCEPTS}>")]
    for query in queries:
        memory, disk = (runner.run(e.query(query, "text/csv")).body for e in (engine, disk_engine))
        assert sorted(disk.splitlines()) == sorted(memory.splitlines())
        assert len(disk) > 2


@pytest.mark.parametrize(("query", "limit"), [(ENDLESS, "seconds"), (HUNGRY, "memory_mb")])
def test_limits_hold_on_disk_and_the_next_query_works(disk_engine, runner, query, limit):
    limits = Limits(seconds=1) if limit == "seconds" else Limits(seconds=60)
    with pytest.raises(LimitExceeded) as stopped:
        runner.run(disk_engine.query(query, limits=limits))
    assert stopped.value.limit == limit
    assert b"true" in runner.run(disk_engine.query(f"ASK {{}} # after {limit}")).body


def test_a_worker_of_a_store_on_disk_reaches_nothing(disk_engine, runner):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        request = {
            "query": f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}",
            "default_graphs": [],
            "named_graphs": [],
            "union": True,
            "media_type": "text/csv",
            "rows": 10,
            "size_mb": 1,
        }

        async def past_the_guard():
            return await disk_engine._ask(await disk_engine._acquire(1), request, disk_engine.limits.seconds)

        header, body = runner.run(past_the_guard())
        assert (header["error"], body) == ("evaluation", b"")
        assert "Permission denied" in header["message"]
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_confined_process_opens_no_socket_starts_no_program_and_writes_no_file(tmp_path):
    tries = (
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "os.execv(sys.executable, [sys.executable, '-V'])",
        f"pathlib.Path({str(tmp_path / 'x')!r}).write_text('x')",
    )
    for attempt in tries:
        code = f"import os, pathlib, socket, sys\nfrom evidensgraf.graph.confine import bound\nbound(64, 32)\n{attempt}"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 1, attempt
        assert "Permission denied" in done.stderr or "File too large" in done.stderr, attempt
    assert not (tmp_path / "x").exists() or (tmp_path / "x").read_text() == ""


def test_a_loader_killed_in_the_middle_leaves_no_store_and_the_next_one_clears_up(release, tmp_path):
    copy = copied(release, tmp_path)
    with subprocess.Popen([*MAKE, str(copy.quads)]) as loader:
        while not (drafts := list(tmp_path.glob(".store-*"))) and loader.poll() is None:
            pass
        loader.kill()
    assert loader.returncode == -signal.SIGKILL
    assert drafts and not disk_path(copy.quads).exists()
    both = [subprocess.Popen([*MAKE, str(copy.quads)]) for _ in range(2)]  # one makes it, the other one waits
    assert [process.wait(60) for process in both] == [0, 0]
    assert {path.name for path in tmp_path.iterdir()} == {copy.quads.name, disk_path(copy.quads).name}


def test_a_store_that_cannot_be_made_or_opened_is_said(release, on_disk, tmp_path):
    async def start(broken):
        engine = LocalEngine(broken, workers=1, store="disk")
        try:
            await engine.start()
        finally:
            await engine.close()

    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / release.quads.name).write_text("this is not N-Quads")
    with pytest.raises(EngineUnavailable, match="could not be loaded"):
        asyncio.run(start(Release(tmp_path / "bad", "2026-01-01", "", {"graphs": []})))
    assert [path.name for path in (tmp_path / "bad").iterdir()] == [release.quads.name]
    (tmp_path / "cut").mkdir()
    shutil.copytree(disk_path(on_disk.quads), disk_path(tmp_path / "cut" / release.quads.name))
    for table in (tmp_path / "cut").rglob("*.sst"):
        table.unlink()
    with pytest.raises(EngineUnavailable, match="could not be loaded"):
        asyncio.run(start(Release(tmp_path / "cut", "2026-01-01", "", {"graphs": []})))


def test_which_store_a_release_gets():
    assert [Settings(store=kind).store_for(1) for kind in ("memory", "disk", "auto")] == ["memory", "disk", "memory"]
    auto = Settings(store="auto", memory_quads=1000)
    assert [auto.store_for(quads) for quads in (1000, 1001)] == ["memory", "disk"]
