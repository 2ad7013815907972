"""Finding passages in texts, and verifying a graph against its sources."""

import os
from pathlib import Path

import pyoxigraph as ox
import pytest

from evidensgraf.graph.build import assemble
from evidensgraf.graph.passages import SourceText, words
from evidensgraf.graph.verify import SourcesError, summary, verify

TEXT = """Titel

Innehåll
Inledning\t1
Första avsnittet\t2
Andra avsnittet ........ 3

Inledning

Här finns inled-
ningen med *kursiv* text och <b>markup</b>.

FÖRSTA AVSNITTET

Sju   procent¹ fick "arbete" efter två år. Andra avsnittet nämns här i en mening.

Tabell 4. Insatser

Andra avsnittet

Sju procent fick avslag.
"""


@pytest.mark.parametrize(
    ("section", "first", "last", "line"),
    [
        ("Inledning", "finns inledningen med", "och markup", 10),
        ("Första avsnittet", "Sju procent", "efter två år", 15),
        ("Första avsnittet", "SJU PROCENT", "”arbete”", 15),
        ("Andra avsnittet", "Sju procent fick", "avslag", 21),
    ],
)
def test_a_passage_is_found_whatever_the_line_breaks_and_markup(section, first, last, line):
    place = SourceText(TEXT.replace("¹", " ")).find(section, first, last)
    assert place is not None
    assert place.line == line


@pytest.mark.parametrize(
    ("section", "first", "last"),
    [
        ("Första avsnittet", "efter två år", "Sju procent"),  # the wrong order
        ("Första avsnittet", "Sju procent fick", "avslag"),  # ends in another section
        ("Andra avsnittet", "Sju procent", "efter två år"),  # another section
        ("Tredje avsnittet", "Sju procent", "fick"),  # no such section
        ("Inledning", "finns inledning", "markup"),  # half a word
        ("Innehåll", "Inledning", "Andra avsnittet 4"),
    ],
)
def test_what_is_not_there_is_not_found(section, first, last):
    assert SourceText(TEXT).find(section, first, last) is None


def test_a_table_is_named_by_its_number():
    assert SourceText(TEXT).regions("Tabell 4") == [(17, 18)]


def test_words_keep_digits_and_letters_of_every_alphabet():
    assert words("Åtta–tio år: 25,5 % (n=103)") == ["åtta", "tio", "år", "25", "5", "n", "103"]


def graph(**changes):
    fields = {"source": "text", "section": "Inledning", "first": "Här finns", "last": "markup"} | changes
    store = ox.Store()
    store.load(
        f"""
      @prefix ev: <https://w3id.org/evidensgraf/def/> . @prefix oa: <http://www.w3.org/ns/oa#> .
      @prefix bibo: <http://purl.org/ontology/bibo/> .
      <x:p> a ev:Passage ; oa:hasSource <https://w3id.org/evidensgraf/id/source/{fields["source"]}> ;
        bibo:section "{fields["section"]}" ; oa:hasSelector <x:r> .
      <x:r> oa:hasStartSelector <x:s> ; oa:hasEndSelector <x:e> .
      <x:s> oa:exact "{fields["first"]}" . <x:e> oa:exact "{fields["last"]}" .
    """.encode(),
        format=ox.RdfFormat.TURTLE,
    )
    return store


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "found"),
        ({"source": "missing"}, "no text"),
        ({"section": "Slutord"}, "no section"),
        ({"last": "inte här"}, "not found"),
        ({"first": ""}, "incomplete"),
        ({"section": "", "first": "Här finns"}, "found"),
        ({"section": "", "last": "inte här"}, "not found"),
    ],
)
def test_every_kind_of_result(tmp_path, changes, kind):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    checks = verify(graph(**changes), tmp_path)
    assert [c.kind for c in checks] == [kind]
    assert summary(checks)[changes.get("source", "text")][kind] == 1


def test_a_directory_that_is_none_and_a_text_that_is_not_utf_8_are_said(tmp_path):
    with pytest.raises(SourcesError, match="is not a directory"):
        verify(graph(), tmp_path / "nowhere")
    (tmp_path / "text.txt").write_bytes(b"\xe5")
    with pytest.raises(SourcesError, match="UTF-8"):
        verify(graph(), tmp_path)


@pytest.mark.skipif("EVIDENSGRAF_SOURCES" not in os.environ, reason="EVIDENSGRAF_SOURCES names no source texts")
def test_every_passage_of_the_graph_is_found_in_its_source():
    checks = verify(assemble()[0], Path(os.environ["EVIDENSGRAF_SOURCES"]))
    assert [c for c in checks if c.kind != "found"] == []
    assert len(checks) > 100
