"""Records say what the graph says, with every text in both languages and what is not said left unsaid."""

import re

import pytest

from evidensgraf.ontology.namespaces import ID
from evidensgraf.queries.catalogue import load
from evidensgraf.service import records
from evidensgraf.service.chain import evidence_chain
from evidensgraf.service.facts import Facts, fold, gather
from evidensgraf.service.statements import cited


class Counting:
    """An engine that counts its queries."""

    def __init__(self, engine):
        self.engine, self.count = engine, 0

    async def query(self, *args, **options):
        self.count += 1
        return await self.engine.query(*args, **options)


LISTS = (
    records.list_interventions,
    records.list_findings,
    records.list_gaps,
    records.list_recommendations,
    records.list_appraisals,
    records.list_sources,
)


@pytest.fixture(scope="module")
def lists(runner, engine):
    return {get.__name__: runner.run(get(engine)) for get in LISTS}


def test_every_record_has_id_type_and_slug(lists):
    for name, found in lists.items():
        assert found, name
        for record in found:
            assert re.fullmatch(rf"{re.escape(ID)}[a-z-]+/{record['slug']}", record["id"])
            assert re.fullmatch(r"[A-Z][A-Za-z]+", record["type"])


def test_every_key_is_camel_case_and_every_text_is_by_language(lists, runner, engine):
    whole = [runner.run(records.get_intervention(engine, r["slug"])) for r in lists["list_interventions"]]
    for record in [*whole, *(r for found in lists.values() for r in found)]:
        _walk(record)


def _walk(value):
    if isinstance(value, list):
        for item in value:
            _walk(item)
    elif isinstance(value, dict):
        if value.keys() & {"sv", "en", "und"}:
            assert all(isinstance(text, str) and text for text in value.values()), value
            assert all(re.fullmatch(r"[a-z]{2,3}", tag) for tag in value), value
            return
        assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", key) for key in value), value.keys()
        for item in value.values():
            _walk(item)


def test_the_interventions_of_the_boxes_have_verdict_and_placement(lists):
    boxed = [r for r in lists["list_interventions"] if any(a["id"].endswith("-bedomning") for a in r["appraisals"])]
    assert len(boxed) >= 13
    assert all(r["verdict"] and r["appraisals"] and r["placements"] for r in boxed)


def test_early_or_late_depends_on_the_domain(lists):
    (housing,) = (r for r in lists["list_interventions"] if r["slug"] == "bostad-forst")
    timing = {p["domain"]["label"]["en"]: p["timing"]["id"].rsplit("/", 1)[-1] for p in housing["placements"]}
    assert timing["financial assistance"] == "Early"
    assert timing["substance misuse and dependence"] == "Late"


SOURCED = (
    "descriptions", "placements", "logicModel", "appraisals", "findings", "gaps", "examples", "statistics",
    "recommendations", "prerequisites", "observations",
)  # fmt: skip


def test_an_intervention_has_all_its_statements(lists, runner, engine):
    for short in lists["list_interventions"]:
        whole = runner.run(records.get_intervention(engine, short["slug"]))
        assert len(whole["findings"]) == short["findings"], short["slug"]
        assert len(whole["gaps"]) == short["gaps"], short["slug"]
        assert bool(whole["sources"]) == bool(any(whole[key] for key in SOURCED)), short["slug"]
        assert {a["id"] for a in whole["appraisals"]} == {a["id"] for a in short["appraisals"]}


def test_findings_are_whole(lists, runner, engine):
    for short in lists["list_interventions"]:
        for finding in runner.run(records.get_intervention(engine, short["slug"]))["findings"]:
            assert finding["effect"]["label"].keys() == {"sv", "en"}
            assert finding["outcome"] and finding["certainty"] and finding["basis"]
            for passage in finding["statedIn"]:
                assert passage["firstWords"] and passage["lastWords"] and passage["section"]
                assert passage["document"]["title"]
            for magnitude in finding["magnitudes"]:
                assert magnitude["unit"] and magnitude["group"]
                assert (magnitude["value"] is None) == (magnitude["minimum"] is not None)
            assert not finding["primarySources"] or finding["verification"]["id"].endswith("notVerified")


def test_a_source_says_what_was_read_in_it_and_what_is_relayed_from_it(runner, engine):
    read = runner.run(records.get_source(engine, "rapport-2-ekonomiskt-bistand"))
    relayed = runner.run(records.get_source(engine, "angelov-eliason-2014-lonebidrag"))
    assert {s["relation"] for s in read["statements"]} == {"read"}
    assert {s["relation"] for s in relayed["statements"]} == {"relayed"}
    assert relayed["citationKey"] == "Angelov & Eliason, 2014"
    assert any(c["type"] == "Appraisal" for c in relayed["claims"])


def test_a_study_in_a_finding_has_its_facts(runner, engine):
    whole = runner.run(records.get_intervention(engine, "stockholmsjobb"))
    studies = {s["id"]: s for f in whole["findings"] for s in f["study"]}
    assert studies
    assert all(s["design"] and s["reportedIn"] for s in studies.values())


def test_a_review_has_a_number_of_studies_and_not_of_participants(runner, engine):
    whole = runner.run(records.get_intervention(engine, "bostad-forst"))
    numbers = {(s["numberOfStudies"], s["sampleSize"]) for f in whole["findings"] for s in f["study"]}
    assert (43, None) in numbers


def test_magnitudes_are_in_the_order_of_their_groups(lists, runner, engine):
    order = ("participantsBefore", "participants", "comparisonGroup", "", "organisationLevel")
    for short in lists["list_interventions"]:
        whole = runner.run(records.get_intervention(engine, short["slug"]))
        for said in (*whole["findings"], *whole["descriptions"], *whole["statistics"]):
            groups = [m["group"]["id"].rsplit("/", 1)[-1] if m["group"] else "" for m in said["magnitudes"]]
            ranks = [order.index(g if g in order else "") for g in groups]
            assert ranks == sorted(ranks), said["id"]


def test_what_a_chain_cites_is_there_once(runner, engine):
    found = cited(runner.run(evidence_chain(engine, "appraisal", "bostad-forst-bedomning")))
    slugs = [s["id"].rsplit("/", 1)[-1] for s in found]
    assert len(slugs) == len(set(slugs)) and "rapport-2-ekonomiskt-bistand" in slugs and len(slugs) > 2


def test_what_is_not_there_is_none(runner, engine):
    for get in (records.get_intervention, records.get_source):
        assert runner.run(get(engine, "no-such-thing")) is None
    for kind in ("appraisal", "recommendation"):
        assert runner.run(evidence_chain(engine, kind, "no-such-thing")) is None
    assert runner.run(records.get_statement(engine, "finding", "no-such-thing")) is None
    assert runner.run(records.get_statement(engine, "no-such-kind", "hasky")) is None


def test_few_queries_are_asked(runner, engine):
    async def get_appraisal(engine, slug):
        return await evidence_chain(engine, "appraisal", slug)

    for get, slug in (
        (records.get_intervention, "bostad-forst"),
        (get_appraisal, "bostad-forst-bedomning"),
        (records.get_source, "rapport-2-ekonomiskt-bistand"),
    ):
        counting = Counting(engine)
        runner.run(get(counting, slug))
        assert counting.count <= 3
    counting = Counting(engine)
    runner.run(records.list_interventions(counting))
    assert counting.count <= 4


def test_labels_of_what_has_none_are_left_out(runner, engine):
    found = runner.run(records.labels_of(engine, [ID + "intervention/hasky", ID + "intervention/no-such-thing"]))
    assert list(found) == [ID + "intervention/hasky"]


def test_every_query_is_ordered_and_names_its_prefixes():
    for query in load().values():
        assert "ORDER BY" in query.text or query.form in ("ASK", "CONSTRUCT", "DESCRIBE"), query.name
        used = set(re.findall(r"(?<![\w<:/])([a-z]+):[A-Za-z*|)]", re.sub(r"<[^>]*>|\"[^\"]*\"", "", query.text)))
        declared = set(re.findall(r"PREFIX ([a-z]+):", query.text))
        assert used - declared == set(), query.name


def test_texts_are_gathered_by_language():
    assert gather([("en", "b"), ("sv", "a"), ("sv", "c"), ("", "d")]) == {"sv": "a\nc", "en": "b", "und": "d"}


def test_rows_fold_by_key():
    rows = [{"a": {"value": "1"}, "b": {"value": "x"}}, {"a": {"value": "1"}, "b": {"value": "y"}}]
    assert fold(rows, "a") == {"1": {"a": ["1"], "b": ["x", "y"]}}


def test_lines_are_in_the_order_of_their_numbers():
    rows = [
        {
            "subject": {"value": "s"},
            "property": {"value": "https://w3id.org/evidensgraf/def/hasEvidenceLine"},
            "value": {"type": "uri", "value": f"s#line-{n}"},
        }
        for n in (10, 2, 1)
    ]
    assert Facts(rows).iris("s", "ev:hasEvidenceLine") == ["s#line-1", "s#line-2", "s#line-10"]
