"""Reading a draft: which syntax it is of, where things stand in it, and what is said of one that cannot be read."""

import pytest

from evidensgraf.graph.draft import DraftError, read_draft
from evidensgraf.graph.foreign import MAX_DEPTH
from evidensgraf.ontology.namespaces import EV, ID

REC = f"{ID}recommendation/a"
TURTLE = """@prefix ev: <https://w3id.org/evidensgraf/def/> .
@prefix rec: <https://w3id.org/evidensgraf/id/recommendation/> .
# rec:a ev:strength ev:May .
rec:a a ev:Recommendation ;
    ev:action \"\"\"Gör. [
detta ;\"\"\"@sv , 'a # b' ;
    ev:strength ev:Should .
"""
TRIG = TURTLE.replace("rec:a a", "GRAPH <urn:g> { rec:a a").replace("ev:Should .", "ev:Should }")
XML = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:ev="https://w3id.org/evidensgraf/def/">
<ev:Recommendation rdf:about="https://w3id.org/evidensgraf/id/recommendation/a">
  <ev:action>x</ev:action>
  <ev:hasEvidenceLine><ev:EvidenceLine rdf:about="https://w3id.org/evidensgraf/id/recommendation/a#line">
    <ev:basis>y</ev:basis></ev:EvidenceLine></ev:hasEvidenceLine>
  <ev:strength rdf:resource="https://w3id.org/evidensgraf/def/Should"/>
</ev:Recommendation></rdf:RDF>"""


@pytest.mark.parametrize(("name", "text", "line"), [("d.ttl", TURTLE, 4), ("d.trig", TRIG, 4), ("d.rdf", XML, 3)])
def test_what_is_described_is_found_with_its_properties_on_their_lines(name, text, line):
    draft = read_draft(name, text.encode())
    assert draft.places[REC].line == line
    assert draft.place_of(REC, EV + "strength").line == 7
    assert draft.place_of(REC, EV + "missing") == draft.places[REC]


def test_a_part_without_a_name_of_its_own_gets_one_and_stands_where_its_owner_does():
    text = TURTLE.replace("ev:strength ev:Should", "ev:hasEvidenceLine [ ev:hasEvidenceItem ( [ ev:value 1 ] ) ]")
    draft = read_draft("d.ttl", text.encode())
    parts = {q.subject.value for q in draft.quads} - {REC}
    assert parts == {f"{REC}#unnamed-{n}" for n in (1, 2, 3)}
    assert {draft.place_of(part).line for part in parts} == {4}
    assert draft.quads == read_draft("d.ttl", text.encode()).quads


@pytest.mark.parametrize(
    "text",
    [
        '{"@context": {"ev": "%s"}, "@id": "%s",\n "ev:hasEvidenceLine": {\n "@id": "%s#l", "ev:value": 1}}'
        % (EV, REC, REC),
        '{"@context": {"ev": "%s", "i": "%s", "id": "@id"}, "id": "i:recommendation/a",\n "ev:hasEvidenceLine":\n '
        '{"id": "i:recommendation/a#l", "ev:value": 1}}' % (EV, ID),
    ],
)
def test_things_in_json_ld_are_found_by_their_id(text):
    draft = read_draft("d", text.encode(), "application/ld+json")
    assert (draft.places[REC].line, draft.places[f"{REC}#l"].line) == (1, 3)


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("utkast", TURTLE.encode(), ""),
        ("utkast", b"\xef\xbb\xbf" + TURTLE.encode(), "text/turtle; charset=utf-8"),
        ("utkast", XML.encode(), ""),
        ("utkast", b'[{"@id": "urn:a", "urn:p": 1}]', "application/octet-stream"),
        ("utkast.TTL", TURTLE.encode(), "application/pdf"),
    ],
)
def test_the_syntax_follows_from_suffix_media_type_or_content(name, data, media_type):
    assert read_draft(name, data, media_type).quads


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("d.ttl", b" \n\xef\xbb\xbf", "empty"),
        ("d.ttl", b"# nothing", "no statements"),
        ("d.ttl", b"<urn:a> <urn:p>\n x:y .", "d.ttl:2: Column 2"),
        ("d.ttl", "å".encode("utf-16"), "not UTF-8"),
        ("d.ttl", "å".encode("latin-1"), "not UTF-8"),
        ("d.xlsx", b"Namn;Titel", "not an Excel file"),
        ("d.xls", b"\xd0\xcf\x11\xe0...", "old Excel format"),
        ("d.csv", b"Namn;Titel", "cannot be read"),
        ("d.pdf", b"%PDF-1.7", "cannot be read"),
        ("d", b"%PDF-1.7", "cannot be read"),
        ("d.ttl", b"<urn:a> <urn:p> <<( <urn:a> <urn:p> 1 )>> .", "RDF 1.2"),
        ("d.ttl", b"<urn:a> <urn:p> " + b"[ <urn:p> " * (MAX_DEPTH + 1), "nested"),
        ("d.rdf", b"<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>", "entities"),
        ("d.jsonld", b'{"@context": "http://e/c"}', "elsewhere"),
        ("d.jsonld", b"{", "not JSON"),
    ],
)  # fmt: skip
def test_a_draft_that_cannot_be_read_says_so_in_both_languages(name, data, said):
    with pytest.raises(DraftError) as raised:
        read_draft(name, data)
    error = raised.value
    assert said.lower() in str(error).lower()
    assert set(error.reasons) == {"sv", "en"} and error.reasons["sv"] != error.reasons["en"]
    assert all(reason[0].isupper() for reason in error.reasons.values())


def test_a_long_list_of_things_without_names_is_read_in_linear_time():
    text = "<urn:a> <urn:p> (" + " [ <urn:q> 1 ]" * 20_000 + ") ."
    assert len(read_draft("d.ttl", text.encode()).quads) > 60_000
