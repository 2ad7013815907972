"""Every query of the catalogue answers as its golden result says, in the service's engine and in rdflib."""

import asyncio
import json

import pytest
from rdflib import Dataset

from evidensgraf.graph.pool import LocalEngine
from evidensgraf.queries import catalogue
from tests import golden


@pytest.fixture(scope="module")
def answers(release):
    async def all_answers():
        engine = LocalEngine(release, workers=1)
        await engine.start()
        try:
            return {stem: await golden.result(engine, name, values) for stem, name, values in golden.cases()}
        finally:
            await engine.close()

    return asyncio.run(all_answers())


@pytest.fixture(scope="module")
def union(release):
    """The union of the release's graphs in rdflib."""
    dataset = Dataset(default_union=True)
    dataset.parse(release.quads, format="nquads")
    return dataset


@pytest.mark.parametrize(("stem", "name", "values"), golden.cases(), ids=lambda v: v if isinstance(v, str) else "")
def test_a_query_answers_as_its_golden_result(answers, stem, name, values):
    file = golden.DIRECTORY / (stem + golden.suffix(name))
    assert file.exists(), f"run: python -m tests.golden {name}"
    assert answers[stem] == file.read_text(encoding="utf-8")


def test_there_is_no_golden_file_without_a_query():
    expected = {stem + golden.suffix(name) for stem, name, _ in golden.cases()}
    assert {f.name for f in golden.DIRECTORY.glob("*.*") if f.name != "parameters.json"} == expected


NOTHING_LACKING = {"concepts-lacking-language", "gaps-with-later-findings", "standings"}
"""Queries whose right answer is empty: they look for what should not be there."""


def test_no_golden_result_is_empty(answers):
    for stem, text in answers.items():
        if stem in NOTHING_LACKING:
            continue
        rows = json.loads(text)["results"]["bindings"] if text.startswith("{") and '"results"' in text else text.strip()
        assert rows, stem


SLOW_IN_RDFLIB = {
    "impact-of-thing",
    "record-of-intervention",
    "resource-in-graphs",
    "same-question-different-sources",
}
"""Queries that rdflib takes minutes for, or a good part of one, which Oxigraph and Virtuoso answer at once."""


def test_rdflib_gives_the_same_rows(answers, union):
    """A second engine finds the same: the catalogue does not depend on one engine's reading of SPARQL."""
    for stem, name, values in golden.cases():
        query = catalogue.load()[name]
        if query.form == "SELECT" and name not in SLOW_IN_RDFLIB:
            expected = json.loads(answers[stem])["results"]["bindings"]
            found = union.query(query.bind(values))
            assert len(found) == len(expected), stem
