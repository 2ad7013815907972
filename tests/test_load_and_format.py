"""Reading data files, with every error in its place, and their normal form."""

import pyoxigraph as ox
import pytest

from evidensgraf.graph.format import normalise
from evidensgraf.graph.load import LoadError, data_files, read_data, read_file

PREFIXES = "@prefix ev: <https://w3id.org/evidensgraf/def/> .\n@prefix dcterms: <http://purl.org/dc/terms/> .\n"


def write(tmp_path, text, name="facts.trig"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (PREFIXES + '<x:g> {\n  <x:a> a ev:Finding ;\n    dcterms:title "öppen ;\n}', 5, "column"),
        (PREFIXES + "<x:g> {\n  <x:a> ev:about unknown:b .\n}", 4, "unknown"),
        (PREFIXES + "<x:a> a ev:Finding .", 3, "outside a named graph"),
        (
            PREFIXES + "<x:g> {\n <x:b> a ev:Finding .\n\n <x:a> ev:hasMagnitude [ a ev:Magnitude ] .\n}",
            6,
            "blank node",
        ),
    ],
)
def test_an_error_has_file_line_and_reason(tmp_path, text, line, reason):
    write(tmp_path, text)
    with pytest.raises(LoadError, match=reason) as error:
        read_data(tmp_path)
    assert str(error.value).startswith(f"facts.trig:{line}: ")


def test_bytes_that_are_not_utf_8_are_said(tmp_path):
    (tmp_path / "facts.trig").write_bytes(b'<x:g> { <x:a> <x:b> "\xe5" }')
    with pytest.raises(LoadError, match="UTF-8"):
        read_data(tmp_path)


def test_an_empty_directory_is_said(tmp_path):
    with pytest.raises(LoadError, match="no .trig files"):
        read_data(tmp_path)


def test_line_of_finds_where_a_resource_is_described(tmp_path):
    path = write(tmp_path, PREFIXES + "<x:g> {\n<x:c> ev:about <x:a> .\n<x:a> a ev:Finding .\n}")
    assert read_file(path).line_of("x:a") == 5


@pytest.mark.parametrize("file", data_files(), ids=lambda f: f.name)
def test_every_data_file_is_in_normal_form(file):
    text = file.read_text(encoding="utf-8")
    assert normalise(text) == text, f"run: evidensgraf format graph/data/{file.name}"


def test_the_normal_form_keeps_every_quad_and_does_not_depend_on_order():
    text = (
        PREFIXES
        + """<x:g> {
        <x:b#part> ev:value 2.50 ; dcterms:title "y\\n\\"quoted\\" \\\\ back"@en , "x"@sv .
        <x:b> ev:order 3 ; ev:approximate true ; dcterms:issued "2014"^^<http://www.w3.org/2001/XMLSchema#gYear> .
        <x:a> a ev:Finding , <x:Other> ; <x:p> "007", "http://not.a.prefix:x", <x:a/b> . }
        <x:f> { <x:a> <x:p> "a" }"""
    )
    normal = normalise(text)
    quads = set(ox.parse(text, format=ox.RdfFormat.TRIG))
    assert set(ox.parse(normal, format=ox.RdfFormat.TRIG)) == quads
    assert normalise(normal) == normal
    shuffled = ox.serialize(sorted(quads, key=str, reverse=True), format=ox.RdfFormat.TRIG).decode()
    assert normalise(shuffled) == normal
    assert normal.index('"x"@sv') < normal.index("@en")
    assert normal.index("<x:b>\n") < normal.index("<x:b#part>\n")
