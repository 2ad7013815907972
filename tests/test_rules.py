"""The consistency rules R01 to R54: every fixture through both engines, mutation, and what each must say."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from pyshacl.entrypoints import meta_validate
from rdflib import RDF, RDFS, SH, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, OWL
from rdflib.term import Node
from shacl import Shapes

from evidensgraf.ontology.namespaces import EV
from evidensgraf.shapes.validate import RULES, SHAPE, Violation, run_fast, shape_files, shapes_graph, validate_fast
from tests.shacl_fixtures import asked_for, fixture, found, ontology, parsed, reference_reports

FOLDER = Path(__file__).parent / "rules"
FIXTURES = sorted(FOLDER.glob("*.ttl"))
NUMBERS = [f"R{number:02}" for number in range(1, 55)]
EVR = Namespace(EV)
NOT_CONSTRAINTS = (
    SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.name, SH.message, SH.severity, SH.description, SH.path
)  # fmt: skip
DERIVED = ("restsOn", "citesSource", "hasFlag", "inTensionWith", "cellIntervention", "cellOutcome", "inCell", "actsOn")


@cache
def rules() -> Graph:
    return shapes_graph(RULES)


def node_shapes() -> list[str]:
    return sorted(str(shape) for shape in rules().subjects(RDF.type, SH.NodeShape))


def local(iri: str) -> str:
    return iri.removeprefix(SHAPE)


def parts(shape: str) -> set[URIRef]:
    """A rule and its property shapes: those that can be the source of a result."""
    return {URIRef(shape), *(part for part in rules().objects(URIRef(shape), SH.property) if isinstance(part, URIRef))}


@pytest.fixture(scope="module")
def references(request: pytest.FixtureRequest) -> dict[Path, list[Violation]]:
    """What the reference engine says by the rules of each fixture that is asked for; it is slow."""
    return reference_reports(asked_for(request), RULES)


def test_every_rule_is_there_in_a_file_of_its_own() -> None:
    assert [file.name.removesuffix(".ttl") for file in shape_files(RULES)] == NUMBERS
    for file in shape_files(RULES):
        graph = Graph().parse(data=file.read_text(encoding="utf-8"), format="turtle")
        number = file.name.removesuffix(".ttl")
        shapes = {local(str(shape)) for shape in graph.subjects(RDF.type, SH.NodeShape)}
        assert number in shapes
        assert all(re.fullmatch(rf"{number}(-[a-z]+)*", shape) for shape in shapes), shapes


def test_every_rule_has_a_passing_and_a_failing_fixture_and_every_fixture_a_rule() -> None:
    wanted = {f"{local(shape)}.{kind}.ttl" for shape in node_shapes() for kind in ("conforms", "fails")}
    assert {path.name for path in FIXTURES} == wanted


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name.removesuffix(".ttl"))
def test_a_fixture_meets_its_rule_and_no_other_shape(path: Path, references: dict[Path, list[Violation]]) -> None:
    conforms, expected = fixture(path)
    fast = validate_fast(path.read_text(encoding="utf-8"))
    assert validate_fast(path.read_text(encoding="utf-8"), RULES) == references[path]
    assert sorted(map(found, fast), key=str) == expected
    assert conforms == (not expected) == path.name.endswith(".conforms.ttl")
    assert {URIRef(result[0]) for result in expected} <= parts(SHAPE + path.name.split(".")[0])


@pytest.mark.parametrize("shape", node_shapes(), ids=local)
def test_a_rule_looks_at_something_in_its_passing_fixture(shape: str) -> None:
    """A fixture without anything that the rule targets would pass whatever the rule said."""
    data, node = parsed(FOLDER / f"{local(shape)}.conforms.ttl"), URIRef(shape)
    kinds = {kind for c in rules().objects(node, SH.targetClass) for kind in _with_subclasses(c)}
    assert (
        any((None, RDF.type, kind) in data for kind in kinds)
        or any((None, predicate, None) in data for predicate in rules().objects(node, SH.targetSubjectsOf))
        or any((None, predicate, None) in data for predicate in rules().objects(node, SH.targetObjectsOf))
    )


def _with_subclasses(cls: Node) -> set[Node]:
    return set(ontology().transitive_subjects(RDFS.subClassOf, cls))


@pytest.mark.parametrize("shape", node_shapes(), ids=local)
def test_without_the_body_of_a_rule_its_failing_fixture_passes(shape: str) -> None:
    mutant = Graph()
    for subject, predicate, value in rules():
        body = subject in parts(shape) and predicate.startswith(str(SH)) and predicate not in NOT_CONSTRAINTS
        if not body:
            mutant.add((subject, predicate, value))
    assert _said(mutant, shape) == []


@pytest.mark.parametrize("shape", node_shapes(), ids=local)
def test_without_any_one_constraint_of_a_rule_its_failing_fixture_has_fewer_results(shape: str) -> None:
    whole = _said(rules(), shape)
    for node in parts(shape):
        for predicate, value in rules().predicate_objects(node):
            if predicate.startswith(str(SH)) and predicate not in (*NOT_CONSTRAINTS, SH.property, SH.nodeKind):
                mutant = Graph()
                for triple in rules():
                    if triple != (node, predicate, value):
                        mutant.add(triple)
                assert len(_said(mutant, shape)) < len(whole), (predicate, value)


def _said(shapes: Graph, shape: str) -> list[Violation]:
    """What shapes say, through one rule, of its failing fixture."""
    engine = Shapes.from_text(shapes.serialize(format="nt"), "ntriples")
    text = (FOLDER / f"{local(shape)}.fails.ttl").read_text(encoding="utf-8")
    return [result for result in run_fast(engine, text, shapes) if URIRef(result.shape) in parts(shape)]


@pytest.mark.parametrize("shape", node_shapes(), ids=local)
def test_a_rule_says_in_both_languages_what_is_wrong_and_why_and_names_its_basis(shape: str) -> None:
    graph, node = rules(), URIRef(shape)
    for predicate in (SH.name, SH.description):
        _in_both_languages(graph, node, predicate)
    for part in parts(shape):
        if any(p not in NOT_CONSTRAINTS and p != SH.property for p in graph.predicates(part) if p.startswith(str(SH))):
            _in_both_languages(graph, part, SH.message)
            assert graph.value(part, SH.severity) in (SH.Violation, SH.Warning, SH.Info)
    about = set(graph.objects(node, RDFS.seeAlso))
    assert any((basis, RDF.type, EVR.RuleBasis) in ontology() for basis in about), "names no basis"
    assert any((term, RDF.type, OWL.Class) in ontology() for term in about), "names no class that it is about"
    for literal in graph.objects(node, DCTERMS.source):
        assert isinstance(literal, Literal) and literal.language in ("sv", "en")
    remedies = list(graph.objects(node, EVR.remedyProperty))
    assert remedies, "names no property that mends it"
    for remedy in remedies:
        assert not str(remedy).startswith(EV) or (remedy, RDF.type, None) in ontology(), remedy


def _in_both_languages(graph: Graph, node: URIRef, predicate: URIRef) -> None:
    texts = [text for text in graph.objects(node, predicate) if isinstance(text, Literal)]
    assert sorted(str(text.language) for text in texts) == ["en", "sv"], (node, predicate)
    if predicate != SH.name:
        assert all(str(text).endswith(".") for text in texts), (node, predicate)
    for text in texts:
        assert set(re.findall(r"\{[^}]*\}", text)) <= {"{$this}", "{?value}"}, text


def test_no_rule_leans_on_what_is_derived_because_a_draft_has_none_of_it() -> None:
    queries = " ".join(str(text) for text in rules().objects(None, SH.select))
    paths = " ".join(str(term) for triple in rules() for term in triple if isinstance(term, URIRef))
    for name in DERIVED:
        assert not re.search(rf"{re.escape(EV)}{name}\b|\bev:{name}\b", f"{queries} {paths}"), name


def test_rules_name_only_terms_of_the_ontology() -> None:
    graph, known = rules(), ontology()
    used = {term for triple in graph for term in triple if isinstance(term, URIRef) and term.startswith(EV)}
    for text in graph.objects(None, SH.select):
        used |= {URIRef(EV + name) for name in re.findall(rf"(?:{re.escape(EV)}|\bev:)(\w+)", str(text))}
    assert sorted(t for t in used if not t.startswith(SHAPE) and (t, RDF.type, None) not in known) == []


def test_no_reader_of_a_report_meets_a_blank_node() -> None:
    for predicate in (SH.property, SH.sparql):
        assert not [value for value in rules().objects(None, predicate) if isinstance(value, BNode)]
    for shape in rules().subjects(RDF.type, SH.NodeShape):
        assert isinstance(shape, URIRef)


def test_the_rules_conform_to_the_shapes_of_shacl() -> None:
    conforms, _, text = meta_validate(shapes_graph(RULES), max_validation_depth=100)  # lists of shapes nest deep
    assert conforms, text
