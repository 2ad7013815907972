"""What differs between two releases, or between a draft and a release, as data and in words."""

import json
import re
from pathlib import Path

import pytest

from evidensgraf.graph import changes as graph_changes
from evidensgraf.graph.build import canonical
from evidensgraf.graph.changes import compared, summary
from evidensgraf.graph.differences import described
from evidensgraf.graph.draft import read_draft
from evidensgraf.graph.load import read_file, read_vocabulary
from evidensgraf.graph.proposal import compare_draft
from evidensgraf.graph.publish import publish
from evidensgraf.service import compare, i18n
from evidensgraf.service.app import create_app
from evidensgraf.service.cli import main
from evidensgraf.service.comparison import plain, sentence, with_sentences
from evidensgraf.service.settings import Settings
from tests.conftest import Client
from tests.test_pages import Page

ROOM = Path(__file__).parent / "differences"
THING = "https://w3id.org/evidensgraf/id/"
PREFIXES = "\n".join(line for line in (ROOM / "before.trig").read_text().splitlines() if line.startswith("@"))
GUIDELINE = "ev:partOfGuideline <id/source/riktlinjen>"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A directory with two releases, whose recommendations, sources, findings and gaps differ in every way."""
    directory, vocabulary = tmp_path_factory.mktemp("two"), list(read_vocabulary())
    return [
        publish(directory, name, canonical([*vocabulary, *read_file(ROOM / file).quads]))
        for name, file in (("2026-01-01", "before.trig"), ("2026-02-01", "after.trig"))
    ]


@pytest.fixture(scope="module")
def changes(two):
    return compared(*two)


@pytest.fixture
def draft(two):
    def laid_over(text):
        return compare_draft(two[0], read_draft("draft.trig", f"{PREFIXES}\n{text}".encode()))

    return laid_over


def kinds(document, slug=""):
    return [d["kind"] for d in document["differences"] if d["id"].removeprefix(THING).startswith(slug)]


def said(document, kind, lang="en"):
    return [sentence(d, lang, plain(lang)) for d in document["differences"] if d["kind"] == kind]


def named_kinds():
    for rules in described()["kinds"].values():
        yield from (rules["added"], rules["removed"])
        for rule in rules["told"]:
            yield from (rule[key] for key in ("turned", "up", "down", "other", "added", "removed") if key in rule)


def test_every_kind_of_difference_is_told_and_has_words(changes):
    assert set(kinds(changes)) == set(named_kinds())
    for lang in ("sv", "en"):
        assert {key for key in i18n.catalogue(lang) if key.startswith("diff.")} >= {f"diff.{k}" for k in named_kinds()}


@pytest.mark.parametrize(
    ("kind", "sv", "en"),
    [
        (
            "recommendation-strengthened",
            "”Erbjud praktik” har skärpts: från kan till bör.",
            "“Offer placements” has been strengthened: from can to should.",
        ),
        (
            "recommendation-weakened",
            "”Ge ett samtal” har försvagats: från bör till kan.",
            "“Have a talk” has been weakened: from should to can.",
        ),
        (
            "recommendation-turned",
            "”Vräk snabbt” har vänt: från kan i undantagsfall till bör inte.",
            "“Evict quickly” has turned: from can in exceptional cases to should not.",
        ),
        (
            "recommendation-restated",
            "”Pröva appen” har fått en annan styrka: från kan till endast inom forskning. De går inte att rangordna.",
            "“Try the app” has another strength: from can to research only. The two have no order of strength.",
        ),
        (
            "recommendation-prioritised-higher",
            "”Erbjud praktik” prioriteras högre: från 5 till 2 (1 är högst).",
            "“Offer placements” has a higher priority: from 5 to 2 (1 is the highest).",
        ),
        ("recommendation-dropped", "Rekommendationen ”Ge en broschyr” har utgått.", None),
        (
            "recommendation-retargeted",
            "”Erbjud praktik” har en annan målgrupp: från unga till unga, vuxna.",
            "“Offer placements” has another target population: from young people to young people, adults.",
        ),
        (
            "recommendation-reworded",
            "”Erbjud praktik” är omformulerad (åtgärd): från ”Erbjud praktik.” till ”Erbjud praktik tidigt.”",
            "“Offer placements” has been reworded (action): from “Offer placements.” to “Offer placements <early>.”",
        ),
        (
            "evidence-added",
            "”Erbjud praktik” vilar nu också på ”Färre fick bistånd” (neutral).",
            "“Offer placements” now also rests on “Fewer had assistance” (neutral).",
        ),
        (
            "evidence-turned",
            "”Ge ett samtal”: underlaget ”Fler fick arbete” har bytt riktning från stöder till talar emot.",
            "“Have a talk”: the evidence “More got jobs” has changed direction from supports to disputes.",
        ),
        (
            "finding-magnitude",
            "Resultatet ”Fler fick arbete” har andra siffror: från skillnad i sysselsättning, 7,5 procentenheter, "
            "2,1–12 till skillnad i sysselsättning, 1–3 procentenheter, p = 0,2.",
            "The finding “More got jobs” has other figures: from difference in employment, 7.5 percentage points, "
            "2.1–12 to difference in employment, 1–3 percentage points, p = 0.2.",
        ),
        (
            "source-standing",
            "”Den gamla artikeln” har en ny ställning: från gällande (2024-01-31) till ersatt (2026-01-31).",
            "“Den gamla artikeln” has a new standing: from current (2024-01-31) to superseded (2026-01-31).",
        ),
        ("source-replaced", "”Den gamla artikeln” är ersatt: från ingen uppgift till Den nya artikeln.", None),
        (
            "finding-assessed",
            None,
            "The certainty of the finding “Fewer had assistance” has been assessed anew: from high (2024) to low "
            "(2024).",
        ),
        (
            "gap-closed-by",
            "Kunskapsluckan ”Ingen har prövat” sluts av ett resultat: från ingen uppgift till Nytt.",
            None,
        ),
    ],
)
def test_a_difference_in_words(changes, kind, sv, en):
    for lang, expected in (("sv", sv), ("en", en)):
        assert expected is None or expected in said(changes, kind, lang)


def test_what_is_not_told_is_listed(changes):
    told = {d["id"] for d in changes["differences"]}
    listed = {r["id"]: r["change"] for r in changes["resources"]}
    assert told <= listed.keys()
    assert {iri.removeprefix(THING): listed[iri] for iri in listed.keys() - told} == {
        "certainty-assessment/sakrare": "changed",
        "source-status/gammal": "changed",
        "study/borta": "removed",
        "study/ny": "added",
    }


def test_a_release_keeps_what_changed_since_the_one_before(two, changes):
    kept = json.loads((two[1].path / "changes.json").read_bytes())
    assert kept == changes
    assert two[1].manifest["changes"]["resources"] == summary(changes)


def test_nothing_differs_from_itself(two):
    same = compared(two[0], two[0])
    assert (same["differences"], same["resources"], same["quads"]) == ([], [], {"added": 0, "removed": 0})


def test_a_draft_says_only_what_it_says(draft):
    found = draft("<id/recommendation/forskning> ev:strength ev:Should ; ev:action 'Pröva.'@sv .")
    assert kinds(found) == ["recommendation-strengthened", "recommendation-reworded"]
    assert [r["id"].removeprefix(THING) for r in found["resources"]] == ["recommendation/forskning"]


def test_a_draft_adds_evidence_and_keeps_what_there_is(draft):
    found = draft(
        """<id/recommendation/skarpt> ev:hasEvidenceLine <id/recommendation/skarpt#line-9> .
        <id/recommendation/skarpt#line-9> a ev:EvidenceLine ; ev:direction ev:Supports ;
            ev:hasEvidenceItem <id/finding/egen> .
        <id/finding/egen> a ev:Finding ; dcterms:title "Eget resultat"@sv , "A finding of its own"@en ."""
    )
    assert kinds(found) == ["evidence-added", "finding-added"]
    assert said(found, "evidence-added") == ["“Offer placements” now also rests on “A finding of its own” (supports)."]


def test_a_draft_of_a_whole_guideline_drops_what_it_leaves_out(draft):
    found = draft(
        f"""<id/recommendation/skarpt> a ev:Recommendation ; {GUIDELINE} ; ev:strength ev:Can ;
            ev:hasEvidenceLine <id/recommendation/skarpt#line-1> .
        <id/recommendation/skarpt#line-1> a ev:EvidenceLine ; ev:direction ev:Supports ;
            ev:hasEvidenceItem <id/finding/sakrare> ."""
    )
    assert (
        kinds(found, "recommendation/utgar") == kinds(found, "recommendation/forsvagad") == ["recommendation-dropped"]
    )
    assert kinds(found, "recommendation/skarpt") == ["evidence-removed", "evidence-removed", "evidence-added"]
    assert not kinds(found, "recommendation/vander"), "a recommendation of no guideline stays"


def test_a_draft_of_a_new_guideline_drops_nothing(draft):
    found = draft("<id/recommendation/egen> a ev:Recommendation ; ev:partOfGuideline <id/source/annan> .")
    assert kinds(found) == ["recommendation-added"]


@pytest.fixture(scope="module")
def web(runner, engine, two):
    return Client(runner, create_app(engine, two[1], Settings()))


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_page_of_a_release_says_in_words_what_changed(web, two, changes, lang):
    page = web.get(f"/releases/{two[1].id}?lang={lang}", "text/html").text
    Page(page)
    heading = {"sv": "Rekommendationer", "en": "Recommendations"}[lang]
    assert f"<h3>{heading} ({sum(d['group'] == 'recommendations' for d in changes['differences'])})</h3>" in page
    assert {"sv": "har utgått.", "en": "has been dropped."}[lang] in page
    assert f'<a href="/doc/recommendation/skarpt?lang={lang}">' in page
    assert "/doc/recommendation/utgar" not in page, "what is gone has no page"


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_two_releases_are_compared_on_a_page(web, two, lang):
    asked = Page(web.get(f"/compare?lang={lang}", "text/html").text)
    assert [e["id"] for e in asked.all("select")] == ["from", "to"]
    back = web.get(f"/compare?from={two[1].id}&to={two[0].id}&lang={lang}", "text/html").text
    Page(back)
    assert {"sv": "Ny rekommendation: ”", "en": "New recommendation: “"}[lang] in back
    told = re.sub("<[^>]+>", "", back)
    assert {"sv": "har försvagats: från bör till kan", "en": "been weakened: from should to can"}[lang] in told
    same = web.get(f"/compare?from={two[0].id}&to={two[0].id}&lang={lang}", "text/html").text
    assert i18n.translate(lang, "diff.none") in same


def test_two_releases_are_compared_in_json(web, two, changes):
    forth = web.get(f"/compare?from={two[0].id}&to={two[1].id}", "application/json")
    assert forth.json() == with_sentences(changes)
    assert web.get(f"/compare?from={two[0].id}&to={two[1].id}&format=json", "text/html").content == forth.content
    back = web.get(f"/compare?from={two[1].id}&to={two[0].id}", "application/json").json()
    assert {r["id"] for r in back["resources"]} == {r["id"] for r in forth.json()["resources"]}
    assert back["quads"] == {"added": changes["quads"]["removed"], "removed": changes["quads"]["added"]}


@pytest.mark.parametrize("query", ["", "?from=2026-01-01", "?from=2026-01-01&to=2001-01-01", "?from=<&to=2026-01-01"])
def test_a_release_that_is_not_there_is_a_problem(web, query):
    answer = web.get(f"/compare{query}", "application/json")
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/invalid-parameter")
    assert "2026-02-01, 2026-01-01" in answer.json()["errors"][0]["detail"]


def test_releases_that_are_too_large_are_compared_by_the_command(web, two, monkeypatch):
    monkeypatch.setattr(compare, "MOST_QUADS", 10)
    answer = web.get(f"/compare?from={two[1].id}&to={two[0].id}&big", "application/json")
    assert "evidensgraf diff 2026-02-01 2026-01-01" in answer.json()["detail"]
    assert web.get(f"/compare?from={two[0].id}&to={two[1].id}&big", "application/json").status_code == 200


def test_releases_that_differ_in_too_much_are_not_told_in_words(capsys, web, two, monkeypatch, tmp_path):
    monkeypatch.setattr(graph_changes, "MOST_TOLD", 5)
    assert "differences" not in compared(*two)
    answer = web.get(f"/compare?from={two[1].id}&to={two[0].id}&much", "application/json")
    assert answer.json()["type"].endswith("/answer-too-large")
    status, out, err = run(capsys, two[0].path, two[1].path)
    assert (status, out) == (1, "")
    assert "too many to tell in words" in err
    lines = [release.quads.read_bytes().splitlines(keepends=True) for release in two]
    publish(tmp_path, "2026-01-01", lines[0])
    again = publish(tmp_path, "2026-02-01", lines[1])
    assert "differences" not in json.loads((again.path / "changes.json").read_bytes())


def run(capsys, *arguments):
    status = main(["diff", *map(str, arguments)])
    return (status, *capsys.readouterr())


def test_the_command_compares_releases_by_id_and_by_directory(capsys, two, changes):
    status, out, _ = run(capsys, "2026-01-01", two[1].path, "--releases", two[0].path.parent, "--lang", "sv")
    assert status == 0
    assert out.startswith("Vad som skiljer 2026-02-01 från 2026-01-01\n\nRekommendationer (")
    assert "  Rekommendationen ”Ge en broschyr” har utgått.\n" in out
    *_, heading, first, second, third = out.splitlines()
    assert (heading, first) == ("Övriga ändringar", "  Studie: nya 1, ändrade 0, borttagna 1")
    assert second == "  Tillförlitlighetsbedömning: nya 0, ändrade 1, borttagna 0"
    assert third == "  Källstatus: nya 0, ändrade 1, borttagna 0"
    _, out, _ = run(capsys, two[0].path, two[1].path, "--format", "json")
    assert json.loads(out) == json.loads(json.dumps(with_sentences(changes)))
    sentences = [d["sentence"] for d in json.loads(out)["differences"]]
    assert {"sv": "Nytt resultat: ”Nytt”.", "en": "New finding: “New”."} in sentences


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_command_writes_a_page_of_its_own(capsys, two, lang):
    _, out, _ = run(capsys, two[0].path, two[1].path, "--format", "html", "--lang", lang)
    Page(out)
    assert "Offer placements &lt;early&gt;." in out if lang == "en" else "Erbjud praktik tidigt." in out
    assert '<span lang="sv">Den gamla artikeln</span>' in out or lang == "sv"


def test_the_command_compares_a_draft_with_a_release(capsys, two, tmp_path):
    path = tmp_path / "utkast.trig"
    path.write_text(f"{PREFIXES}\n<id/recommendation/forskning> ev:strength ev:ShouldNot .\n")
    status, out, _ = run(capsys, path, two[0].path)
    assert status == 0
    assert out == (
        "What differs in utkast.trig from 2026-01-01\n\nRecommendations (1)\n"
        "  “Try the app” has turned: from can to should not.\n"
    )
    path.write_text("<")
    status, _, err = run(capsys, path, two[0].path)
    assert (status, err.count("\n")) == (1, 1)
    assert "utkast.trig:1" in err


def test_the_command_says_what_it_cannot_compare(capsys, two):
    for arguments, expected in (
        (["nowhere.trig"], "nowhere.trig: no such file"),
        ([two[0].path, "2001-01-01"], "Releases here: 2026-02-01, 2026-01-01"),
        ([__file__, __file__], "two drafts cannot be compared"),
    ):
        status, out, err = run(capsys, *arguments, "--releases", two[0].path.parent)
        assert (status, out) == (1, "")
        assert expected in err
