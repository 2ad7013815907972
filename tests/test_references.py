"""Reference files: what they say is read in three formats, matched with what is known, and never guessed at."""

import json

import pyoxigraph as ox
import pytest
import yaml

from evidensgraf.graph.build import assemble
from evidensgraf.graph.draft import Draft
from evidensgraf.graph.reference_match import Known, source_quads
from evidensgraf.graph.references import MAX_REFERENCES, ReferencesError, read_references
from evidensgraf.ontology.namespaces import EV, ID, PREFIXES, expand
from evidensgraf.service.cli import main

RIS = """TY  - JOUR
AU  - Ångström, Anna
AU  - Ek, Bo
AU  - Socialstyrelsen
TI  - Stöd som
 räcker
PY  - 2020/03//
JO  - Socialvetenskaplig tidskrift
VL  - 27
IS  - 2
SP  - 12
EP  - 34
DO  - https://doi.org/10.1000/ABC.
ER  -
"""
BIBTEX = r"""
@article{a,
  author = {{\AA}ngstr{\"o}m, Anna and Bo Ek and {Socialstyrelsen}},
  title = {St{\"o}d som {r}{\"a}cker}, year = 2020, month = mar,
  journal = {Socialvetenskaplig tidskrift}, volume = 27, number = 2, pages = {12--34},
  doi = {10.1000/abc}
}
"""
CSL = json.dumps(
    [
        {
            "type": "article-journal",
            "title": "Stöd som räcker",
            "author": [
                {"family": "Ångström", "given": "Anna"},
                {"family": "Ek", "given": "Bo"},
                {"literal": "Socialstyrelsen"},
            ],
            "issued": {"date-parts": [[2020, 3]]},
            "container-title": "Socialvetenskaplig tidskrift",
            "volume": 27,
            "issue": "2",
            "page": "12-34",
            "DOI": "10.1000/ABC",
        }
    ]
)


def source(slug, **facts):
    iri = ox.NamedNode(ID + "source/" + slug)
    return [ox.Quad(iri, ox.NamedNode(expand(p.replace("_", ":"))), o) for p, o in facts.items()]


KNOWN = Known(
    [
        *source("med-doi", bibo_doi=ox.Literal("10.1000/abc")),
        *source("med-isbn", bibo_isbn=ox.Literal("0-306-40615-2")),
        *source("med-webb", foaf_page=ox.NamedNode("http://www.example.se/a/")),
        *source(
            "med-titel",
            dcterms_title=ox.Literal("Bostad först: en utvärdering", language="sv"),
            dcterms_issued=ox.Literal("2019"),
        ),
        *source(
            "tvilling-1",
            dcterms_title=ox.Literal("Årsrapport om läget", language="sv"),
            dcterms_issued=ox.Literal("2018"),
        ),
        *source(
            "tvilling-2",
            dcterms_title=ox.Literal("Årsrapport om läget", language="sv"),
            dcterms_issued=ox.Literal("2018"),
        ),
    ]
)


def problems(name, data):
    with pytest.raises(ReferencesError) as error:
        read_references(name, data)
    assert all(p.message("sv") and p.message("en") for p in error.value.problems)
    return [(p.line, p.key) for p in error.value.problems]


def ris(*records):
    return "".join(
        "TY  - RPRT\n" + "".join(f"{tag}  - {value}\n" for tag, value in r.items()) + "ER  - \n" for r in records
    ).encode()


@pytest.mark.parametrize(("name", "text"), [("r.ris", RIS), ("r.bib", BIBTEX), ("r.json", CSL)])
def test_three_formats_say_the_same(name, text):
    (reference,) = read_references(name, text.encode())
    assert reference.title == "Stöd som räcker"
    assert reference.authors == ("Ångström, Anna", "Ek, Bo", "Socialstyrelsen")
    assert (reference.year, reference.doi, reference.genre) == ("2020", "10.1000/abc", "JournalArticle")
    assert (reference.container, reference.volume, reference.issue) == ("Socialvetenskaplig tidskrift", "27", "2")
    assert reference.pages == "12–34" and reference.language == "sv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding):
    assert read_references("r.ris", RIS.encode(encoding))[0].authors[0] == "Ångström, Anna"


def test_what_is_wrong_is_said_with_its_line():
    assert problems("r.ris", b"AU  - x\nTY  - JOUR\nTI  - a\nTY  - JOUR\nPY  - i fjol\nER  - \n") == [
        (1, "ris-start"), (2, "ris-end"), (4, "title"), (4, "year")
    ]  # fmt: skip
    assert (2, "bibtex") in problems("r.bib", b"@article{a, title={A}}\n@article{b, title={x\n@book{c, title={C}}")
    assert problems("r.bib", b"@article{a, title={A}}\n@article{a, title={B}}") == [(2, "bibtex")]
    assert problems("r.json", b"[{]") == [(1, "json")]
    assert problems("r.json", b'[1, {"title": "x"}]') == [(0, "csl")]
    assert problems("r.ris", b"") == [(0, "none")]
    assert problems("r.ris", b"\x81\x8d\x00") == [(0, "encoding")]
    assert problems("r.txt", b"x") == [(0, "suffix")]


def test_hostile_files_are_bounded():
    assert problems("r.bib", b"@article{a, title={" + b"{" * 5000 + b"}" * 5000 + b"}}") == [
        (1, "bibtex"),
        (1, "title"),
    ]
    (reference,) = read_references("r.bib", rb"@article{a, title={\input{/etc/passwd} T <script>}}")
    assert "root" not in reference.title and "<script>" in reference.title
    assert problems("r.json", b"[" * 100_000) == [(1, "json")]
    assert problems("r.ris", ris(*[{"TI": "x"}] * (MAX_REFERENCES + 1))) == [(0, "large")]


def test_matches_by_doi_isbn_address_title_and_year_and_within_the_file():
    records = [
        {"TI": "A", "DO": "doi:10.1000/ABC"},
        {"TI": "B", "SN": "978-0-306-40615-7"},
        {"TI": "C", "UR": "https://example.se/a?utm_source=x"},
        {"TI": "BOSTAD FÖRST – en utvärdering", "PY": "2019"},
        {"TI": "Bostad först: en utvärdering", "PY": "2020"},
        {"TI": "Årsrapport om läget", "PY": "2018"},
        {"TI": "E", "DO": "10.2000/ny"},
        {"TI": "E igen", "DO": "10.2000/NY"},
    ]
    matches = KNOWN.match(read_references("r.ris", ris(*records)))
    assert [(m.by, m.decision) for m in matches] == [
        ("doi", "source/med-doi"),
        ("isbn", "source/med-isbn"),
        ("url", "source/med-webb"),
        ("title", "source/med-titel"),
        ("new", "new"),
        ("new", "new"),  # two known sources have its title and year: which one is for a person to say
        ("new", "new"),
        ("file", "skip"),
    ]


def test_new_sources_conform_and_known_ones_are_only_cited(checker):
    records = [
        {"TI": "Ett prov", "AU": "Ek, Bo", "PY": "2021", "PB": "Socialstyrelsen", "LA": "Swedish"},
        {"TI": "A trial", "LA": "eng"},
        {"TI": "A", "DO": "10.1000/abc"},
    ]
    store = assemble()[0]
    known = Known([*store, *source("med-doi", bibo_doi=ox.Literal("10.1000/abc"))])
    matches = known.match(read_references("r.ris", ris(*records)))
    quads = source_quads([(m, m.decision) for m in matches], known, "rapport-1-tidigt-stod")
    subjects = {q.subject.value.removeprefix(ID) for q in quads}
    assert {"source/ek-2021-ett-prov", "source/a-trial"} <= subjects
    publisher = ox.Quad(
        ox.NamedNode(ID + "source/ek-2021-ett-prov"),
        ox.NamedNode(PREFIXES["dcterms"] + "publisher"),
        ox.NamedNode(ID + "organisation/socialstyrelsen"),
        quads[0].graph_name,
    )
    assert publisher in quads
    keys = {q.object.value for q in quads if q.predicate.value == EV + "citationKey"}
    assert "Ek, 2021" in keys
    assert {q.predicate.value for q in quads if q.subject.value == ID + "source/med-doi"} == {EV + "hasCitedForm"}
    new = tuple(q for q in quads if "med-doi" not in str(q))
    report = checker.check(Draft("r.trig", new))
    messages = [r for g in report["groups"] for r in g["results"] if r["severity"] == "Violation"]
    assert [m for m in messages if not m["rule"].startswith("check")] == []


def test_the_command_shows_the_matches_and_asks_for_decisions(tmp_path, capsys):
    path, decisions = tmp_path / "r.ris", tmp_path / "r.decisions.yaml"
    path.write_bytes(
        ris({"TI": "Nationella riktlinjer för vård och stöd vid missbruk och beroende", "PY": "2019"}, {"TI": "Ny"})
    )
    assert main(["import", str(path), "--lang", "sv"]) == 0
    shown = capsys.readouterr().out
    assert (
        "troligen samma som source/socialstyrelsen-2019-nationella-riktlinjer (titel och år)" in shown
        and "→ ny" in shown
    )
    assert not (tmp_path / "r.trig").exists()
    content = yaml.safe_load(decisions.read_text("utf-8"))
    content["references"][0]["decision"] = "skip"
    decisions.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    assert main(["import", str(path), "--decisions", str(decisions), "--used-in", "rapport-1-tidigt-stod"]) == 0
    text = (tmp_path / "r.trig").read_text("utf-8")
    assert "<source/ny>" in text and "socialstyrelsen-2019" not in text
    assert "1 new source(s), 1 known or left out" in capsys.readouterr().out
    content["references"][1]["decision"] = "source/nobody"
    decisions.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    assert main(["import", str(path), "--decisions", str(decisions), "-o", str(tmp_path / "s.trig")]) == 1
    assert "'source/nobody' is no decision" in capsys.readouterr().err
    assert main(["import", str(path), "--accept", "-o", str(tmp_path / "t.trig")]) == 0


def test_a_broken_file_is_told_line_by_line(tmp_path, capsys):
    path = tmp_path / "r.ris"
    path.write_bytes(b"TY  - JOUR\nER  - \nTY  - JOUR\n")
    assert main(["import", str(path), "--accept", "--lang", "sv"]) == 1
    assert capsys.readouterr().err.splitlines()[:2] == [
        "1: Referensen har ingen titel. Skriv den.",
        "3: Referensen slutar inte med ER. Lägg till raden ”ER  - ”.",
    ]
