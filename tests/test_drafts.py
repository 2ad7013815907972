"""Three drafts that were written to be checked: a sound one, a careless one and a hostile one."""

from pathlib import Path

import pytest
import yaml

from evidensgraf.graph.build import assemble
from evidensgraf.graph.check import Checker
from evidensgraf.graph.draft import read_draft
from evidensgraf.ontology.namespaces import ID
from evidensgraf.shapes.validate import SHAPE

DRAFTS = Path(__file__).parent / "drafts"


@pytest.fixture(scope="module")
def check():
    checker = Checker(assemble()[0], "2026-11-27")
    return lambda name, data: checker.check(read_draft(name, data))


def results(report):
    return [result for group in report["groups"] for result in group["results"]]


def found(report):
    return sorted({(r["shape"].removeprefix(SHAPE), r["focus"]["id"].removeprefix(ID)) for r in results(report)})


def test_nothing_is_found_in_the_sound_draft(check):
    report = check("sound.ttl", (DRAFTS / "sound.ttl").read_bytes())
    assert found(report) == []
    assert report["conforms"] and len(report["groups"]) == 2


def test_each_fault_of_the_careless_draft_is_found_by_its_rule_and_nothing_else_is(check):
    expected = [tuple(pair) for pair in yaml.safe_load((DRAFTS / "careless.yaml").read_text(encoding="utf-8"))]
    report = check("careless.ttl", (DRAFTS / "careless.ttl").read_bytes())
    assert found(report) == sorted(expected)
    assert len({rule.split("-")[0] for rule, _ in expected}) >= 20
    assert not report["conforms"]


def test_a_result_says_what_its_author_needs_in_both_languages(check):
    for result in results(check("careless.ttl", (DRAFTS / "careless.ttl").read_bytes())):
        assert result["place"]["line"], result
        for lang in ("sv", "en"):
            message = result["message"][lang]
            assert message.endswith(".") and "{" not in message and "http" not in message, message
