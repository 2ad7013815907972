"""Checks in processes of their own: bounded, without files and network, one for each draft, whatever the draft is."""

import asyncio
import json
import os
from dataclasses import replace

import pytest

from evidensgraf.graph.checking import Checks
from evidensgraf.graph.draft import DraftError
from evidensgraf.graph.engine import EngineBusy, LimitExceeded, Limits
from evidensgraf.ontology.namespaces import EV, ID

DRAFT = f'<{ID}recommendation/x> a <{EV}Recommendation> ; <http://purl.org/dc/terms/title> "Prova"@sv .'.encode()
LIMITS = Limits(seconds=60, memory_mb=256, size_mb=16)


@pytest.fixture(scope="module")
def checks(release, runner):
    """Two processes for checks with the release."""
    made = Checks(release, LIMITS, workers=2, queue=1)
    yield made
    runner.run(made.close())


@pytest.fixture
def check(checks, runner):
    return lambda data, name="d.ttl": runner.run(checks.check(name, data))[0]


def test_a_draft_is_checked_with_the_release_and_the_next_one_in_another_process(check, checks, release, runner):
    report = check(DRAFT)
    assert report["release"] == release.id and not report["conforms"]
    started = checks.activity.started
    assert check(DRAFT) == report

    async def replaced():
        while checks.activity.started <= started:
            await asyncio.sleep(0.01)

    runner.run(asyncio.wait_for(replaced(), 20))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("d.ttl", b"<urn:a> <urn:p> " + b"[ <urn:p> " * 100_000),
        ("d.rdf", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'),
        ("d.rdf", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'),
        ("d.jsonld", b'{"@context": "http://127.0.0.1/c", "@id": "urn:a"}'),
        ("d.jsonld", b"[" * 100_000),
        ("d.jsonld", b'{"@id": "urn:a", "urn:p": 1' + b"0" * 10_000 + b"}"),
        ("d.ttl", b"\x00\x01\x02"),
        ("d.xlsx", b"PK\x03\x04" + b"\x00" * 1000),
        ("d.trig", b"<urn:g> {" * 50),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(check, name, data):
    with pytest.raises(DraftError) as raised:
        check(data, name)
    assert raised.value.file == name and raised.value.reasons["sv"] and raised.value.reasons["en"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("d.ttl", DRAFT + b' <urn:a> <urn:p> "' + b"x" * 3_000_000 + b'" .'),
        ("d.ttl", DRAFT + b' <urn:a> <urn:p> "\\u0000\\u001B[2J\\uFFFE" .'),
        ("d.ttl", DRAFT + b"".join(b" <urn:a%d> <urn:p> <urn:a%d> ." % (i, i + 1) for i in range(3000))),
        ("d.ttl", DRAFT + b" <urn:a> <urn:p> (" + b" 1" * 3000 + b") ."),
        ("d.jsonld", b'{"@id": "urn:a", "@graph": [{"@id": "urn:b", "urn:p": "\\u0000<script>"}]}'),
        ("d.nq", b"<urn:a> <urn:a> <urn:a> <urn:a> ."),
        ("d.ttl", b'<urn:a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "not a class" , _:b .'),
        ("d.ttl", f"<{ID}recommendation/x> <{EV}hasEvidenceLine> <{ID}recommendation/x> .".encode()),
        ("../../etc/passwd\x00.ttl", DRAFT),
    ],
)  # fmt: skip
def test_strange_drafts_are_checked_all_the_same(check, name, data):
    report = check(data, name)
    assert report["counts"] and len(json.dumps(report)) < 1_000_000


def test_a_check_past_its_deadline_is_stopped_and_the_next_one_works(check, checks):
    checks.limits = replace(LIMITS, seconds=0.05)
    try:
        with pytest.raises(LimitExceeded, match=r"stopped after 0\.05 seconds") as raised:
            check(DRAFT)
    finally:
        checks.limits = LIMITS
    assert raised.value.limit == "check_seconds"
    assert check(DRAFT)["counts"]


def test_a_check_that_takes_too_much_memory_is_stopped_and_the_next_one_works(check):
    data = b"".join(b'<urn:a%d> <urn:p%d> "%d" .\n' % (i, i, i) for i in range(200_000))
    with pytest.raises(LimitExceeded) as raised:
        check(data)
    assert raised.value.limit == "check_memory_mb"
    assert check(DRAFT)["counts"]


def test_a_report_that_is_too_large_is_refused(check, checks):
    checks.limits = replace(LIMITS, size_mb=0)
    try:
        with pytest.raises(LimitExceeded, match="larger"):
            check(DRAFT)
    finally:
        checks.limits = LIMITS


def test_more_checks_than_may_wait_are_told_at_once(checks, runner):
    async def all_at_once():
        return await asyncio.gather(*(checks.check("d.ttl", DRAFT) for _ in range(8)), return_exceptions=True)

    found = runner.run(all_at_once())
    assert sum(isinstance(one, tuple) for one in found) >= 1
    assert sum(isinstance(one, EngineBusy) for one in found) >= 2
    assert all(isinstance(one, (tuple, EngineBusy)) for one in found)


def test_a_check_that_nobody_waits_for_is_killed(checks, runner):
    async def leave():
        killed = checks.activity.killed
        task = asyncio.ensure_future(checks.check("d.ttl", DRAFT))
        while checks.idle == 2:  # until one of them has it
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert checks.activity.killed == killed + 1

    async def two_idle():
        while checks.idle < 2:
            await asyncio.sleep(0.01)

    runner.run(asyncio.wait_for(two_idle(), 30))
    runner.run(leave())
    assert runner.run(checks.check("d.ttl", DRAFT))[0]["counts"]


def test_a_process_that_is_killed_by_somebody_else_is_said_to_lack_memory_and_replaced(checks, runner):
    async def kill_all():
        task = asyncio.ensure_future(checks.check("d.ttl", DRAFT))
        await asyncio.sleep(0.02)
        for pid in list(checks._ended):
            os.kill(pid, 9)
        return (await asyncio.gather(task, return_exceptions=True))[0]

    assert isinstance(runner.run(kill_all()), LimitExceeded)
    assert runner.run(checks.check("d.ttl", DRAFT))[0]["counts"]
