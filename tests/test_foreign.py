"""RDF that others wrote: what it may be, and that it can neither fetch anything, nor end or hold up the process."""

import json
import socket

import pyoxigraph as ox
import pytest
from rdflib import OWL, SH

from evidensgraf.graph import foreign
from evidensgraf.graph.build import violations
from evidensgraf.graph.foreign import MAX_DEPTH, read_foreign, read_foreign_file
from evidensgraf.graph.load import LoadError, in_graph
from evidensgraf.ontology.context import CONTEXT_IRI
from evidensgraf.service.cli import main
from evidensgraf.shapes.validate import validate_reference

TRIPLE = "<http://e/s> <http://e/p> <http://e/o> ."
XML = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">\n'
    '<rdf:Description rdf:about="http://e/s">%s</rdf:Description></rdf:RDF>'
)
LINK = '<e:p rdf:resource="http://e/o"/>'


@pytest.fixture
def listener():
    """A socket on this machine, and whether anybody has called it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)

        def called():
            try:
                listening.accept()[0].close()
            except BlockingIOError:
                return False
            return True

        yield f"http://127.0.0.1:{listening.getsockname()[1]}/x", called


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("d.ttl", TRIPLE),
        ("d.TTL", "\ufeff" + TRIPLE),
        ("d.trig", TRIPLE),
        ("d.nt", TRIPLE),
        ("d.nq", TRIPLE),
        ("d.rdf", XML % LINK),
        ("d.xml", '<?xml version="1.0" encoding="utf-8"?>' + XML % LINK),
        ("d.jsonld", '{"@id": "http://e/s", "http://e/p": {"@id": "http://e/o"}}'),
        (
            "d.json",
            '{"@context": {"p": {"@id": "http://e/p", "@type": "@id"}}, "@id": "http://e/s", "p": "http://e/o"}',
        ),
    ],
)
def test_the_suffix_says_the_syntax_and_all_syntaxes_say_the_same(name, text):
    (quad,) = read_foreign(name, text.encode()).quads
    assert str(quad.triple) == TRIPLE.removesuffix(" .")


def test_the_projects_own_context_may_be_named_and_is_not_fetched():
    draft = {"@context": [CONTEXT_IRI, {"x": "http://e/x"}], "@id": "http://e/s", "@type": "Finding", "x": 1}
    quads = read_foreign("d.jsonld", json.dumps(draft).encode()).quads
    assert {str(q.object) for q in quads} >= {"<https://w3id.org/evidensgraf/def/Finding>"}


def test_a_context_that_is_named_again_and_again_is_refused():
    with pytest.raises(LoadError, match="more than 100 times"):
        read_foreign("d.jsonld", json.dumps([{"@context": CONTEXT_IRI}] * 101).encode())


def deep(opened, closed, depth, inner="1"):
    return opened * depth + inner + closed * depth


TURTLE = "<http://e/s> <http://e/p> %s ."
DEEP = [
    ("d.ttl", lambda n: TURTLE % deep("[ <http://e/p> ", "]", n)),
    ("d.ttl", lambda n: TURTLE % deep("(", ")", n)),
    ("d.ttl", lambda n: TURTLE % deep("<<( <http://e/s> <http://e/p> ", " )>>", n // 2)),
    ("d.jsonld", lambda n: deep('{"http://e/p":', "}", n)),
    ("d.jsonld", lambda n: '{"http://e/p":' + deep("[", "]", n) + "}"),
    ("d.rdf", lambda n: XML % deep("<e:p><rdf:Description>", "</rdf:Description></e:p>", n // 2, "")),
]


NEVER_RIGHT = [("d.jsonld", lambda n: '{"@context":' + deep("[", "]", n, "") + "}")]


@pytest.mark.parametrize(("name", "text"), DEEP + NEVER_RIGHT)
@pytest.mark.parametrize("depth", [2 * MAX_DEPTH, 100_000])
def test_what_is_nested_too_deeply_is_refused_before_a_parser_sees_it(name, text, depth):
    with pytest.raises(LoadError, match=f"nested more than {MAX_DEPTH} deep") as refused:
        read_foreign(name, text(depth).encode())
    assert refused.value.line in (1, 2)


@pytest.mark.parametrize(("name", "text"), DEEP)
def test_what_is_nested_within_reason_is_read(name, text):
    assert read_foreign(name, text(40).encode()).name == name


def test_brackets_in_text_names_and_comments_are_not_nesting():
    brackets = "[" * 500
    literals = f"""'{brackets}', "\\"{brackets}", '''{brackets}\n''\\'''', <http://e/(((>"""
    assert len(read_foreign("d.ttl", f"# {brackets}\n{TURTLE % literals}".encode()).quads) == 4


LAUGHS = "".join(f'<!ENTITY a{i} "{10 * f"&a{i - 1};"}">' for i in range(1, 10))
ENTITIES = [
    f'<!DOCTYPE r [<!ENTITY a0 "ha">{LAUGHS}<!ENTITY a "&a9;">',
    '<!DOCTYPE r [<!ENTITY a SYSTEM "%s">',
    '<!DOCTYPE r [<!ENTITY %% a SYSTEM "%s"> %%a;',
    '<!DOCTYPE r [<!ENTITY a PUBLIC "x" "%s">',
    '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">',
]  # fmt: skip


@pytest.mark.parametrize("doctype", ENTITIES)
def test_xml_with_entities_is_refused_and_fetches_nothing(listener, doctype):
    address, called = listener
    text = f"{doctype.replace('%s', address).replace('%%', '%')}]>\n{XML % '<e:p>&a;</e:p>'}"
    with pytest.raises(LoadError, match=r"d\.rdf:1: it declares entities"):
        read_foreign("d.rdf", text.encode())
    assert not called()


def test_an_external_document_type_is_not_fetched(listener):
    address, called = listener
    text = f'<!DOCTYPE rdf:RDF SYSTEM "{address}">\n{XML % LINK}'
    assert len(read_foreign("d.rdf", text.encode()).quads) == 1
    assert not called()


@pytest.mark.parametrize(
    "text",
    [
        '{\n"@context": "%s", "http://e/p": 1}',
        '{\n"@context": ["https://w3id.org/evidensgraf/context/v1.jsonld", "%s"]}',
        '{"http://e/p": {\n"@context": "%s", "@id": "http://e/s"}}',
        '{"@context": {"@version": 1.1,\n"@import": "%s"}}',
        '{"@context": {"p": {"@id": "http://e/p",\n"@context": "%s"}}, "p": {"q": 1}}',
        '{"@context":\n"context.jsonld"}',
    ],
)
def test_a_context_that_is_elsewhere_is_refused_and_not_fetched(listener, text):
    address, called = listener
    with pytest.raises(LoadError, match=r"d\.jsonld:2: the context .* is elsewhere"):
        read_foreign("d.jsonld", text.replace("%s", address).encode())
    assert not called()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("d.ttl", b"<http://e/s> <http://e/p> 1 .\n<http://e/s> nope:p 1 .", "d.ttl:2: column "),
        ("d.ttl", b"\n\n\xff", "d.ttl:3: not UTF-8 at byte 2"),
        ("d.rdf", b"<a>\n</b>", "d.rdf:2: not XML: mismatched tag"),
        ("d.rdf", b"", "d.rdf:1: not XML"),
        ("d.jsonld", b'{\n"a": }', "d.jsonld:2: not JSON: Expecting value"),
        ("d.jsonld", b'{"a": %s}' % (b"9" * 10_000), "d.jsonld: not JSON that can be read"),
        ("d.jsonld", b'{"@id": 5}', "d.jsonld:1: "),
        ("d.ttl", b'"""' * 10_001, "d.ttl:1: "),
    ],
)
def test_an_error_says_where_it_is(name, text, said):
    with pytest.raises(LoadError) as refused:
        read_foreign(name, text)
    assert str(refused.value).startswith(said)


def test_a_document_is_bounded_in_size_and_statements(monkeypatch, tmp_path):
    monkeypatch.setattr(foreign, "MAX_BYTES", 1000)
    monkeypatch.setattr(foreign, "MAX_QUADS", 5)
    draft = tmp_path / "d.nt"
    draft.write_text("# " + "x" * 2000)
    with pytest.raises(LoadError, match=r"d\.nt: larger than 0\.001 MB"):
        read_foreign_file(draft)
    with pytest.raises(LoadError, match="more than 5 statements"):
        read_foreign("d.ttl", TURTLE.replace("%s", "1, 2, 3, 4, 5, 6").encode())


def test_a_draft_that_names_other_places_is_checked_without_the_network(listener, tmp_path, capsys):
    address, called = listener
    draft = tmp_path / "d.ttl"
    places = "; ".join(f"<{iri}> <{address}>" for iri in (OWL.imports, SH.shapesGraph, SH.entailment, SH.js))
    draft.write_text(f"<http://e/s> a <{OWL.Ontology}> ; {places} .")
    main(["validate", str(draft)])
    assert "violation" in capsys.readouterr().out
    store = ox.Store()
    store.extend(in_graph(read_foreign_file(draft).quads, "draft"))
    violations(store, validate_reference)
    assert not called()
