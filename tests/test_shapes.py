"""The shapes: every fixture through both engines, mutation of every shape, and what each shape must carry."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyshacl
import pytest
from rdflib import RDF, RDFS, SH, Graph, Literal, URIRef
from rdflib.namespace import OWL
from shacl import Shapes

from evidensgraf.ontology.namespaces import BASE, EV, PREFIXES
from evidensgraf.shapes import validate
from evidensgraf.shapes.validate import SHAPE, STRUCTURE, Violation, run_fast, shapes_graph
from tests.shacl_fixtures import asked_for, fixture, found, ontology, parsed, reference_reports

FIXTURES = sorted((Path(__file__).parent / "shapes").glob("*.ttl"))
FAILING = [f for f in FIXTURES if f.name.endswith(".fails.ttl")]
TARGETS = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
CONSTRAINTS = (
    "class", "datatype", "disjoint", "equals", "hasValue", "in", "languageIn", "maxCount", "maxInclusive", "minCount",
    "minInclusive", "minLength", "node", "nodeKind", "not", "or", "pattern", "qualifiedMinCount", "sparql",
    "uniqueLang", "xone",
)  # fmt: skip
COMPONENTS = {name: name[0].upper() + name[1:] + "ConstraintComponent" for name in CONSTRAINTS} | {
    "sparql": "SPARQLConstraintComponent"
}
MODEL = (
    "Finding", "EvidenceGap", "PracticeExample", "Appraisal", "Statistic", "Description", "LogicModelClaim",
    "Recommendation", "Prerequisite", "ProcessModel", "Step", "Placement", "CertaintyAssessment", "SourceStatus",
    "EvidenceLine", "Passage", "Source", "Guideline", "CitedForm", "Study", "SearchScope", "Magnitude", "Domain",
    "Category", "Intervention", "Population", "Outcome", "Comparator", "Factor", "RiskFactor", "ProtectiveFactor",
    "Organisation", "Place", "Observation", "Term", "TermDefinition", "ActorRole", "Question", "Inconsistency",
    "Circumstance", "ImportanceRating", "DecisionJudgement",
)  # fmt: skip


@cache
def shapes() -> Graph:
    return shapes_graph(STRUCTURE)


def named_shapes() -> list[str]:
    graph = shapes()
    kinds = (SH.NodeShape, SH.PropertyShape)
    return sorted({str(s) for kind in kinds for s in graph.subjects(RDF.type, kind)})


def own_constraints(shape: str) -> list[str]:
    """The constraints that the shape itself holds, so that it can be the source of a result."""
    return [name for name in CONSTRAINTS if (URIRef(shape), SH[name], None) in shapes()]


def blaming() -> list[str]:
    return [shape for shape in named_shapes() if own_constraints(shape)]


def local(iri: str) -> str:
    return iri.removeprefix(SHAPE)


@pytest.fixture(scope="module")
def references(request: pytest.FixtureRequest) -> dict[Path, list[Violation]]:
    """What the reference engine says of each fixture that is asked for; it is slow."""
    return reference_reports(asked_for(request), STRUCTURE)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda p: p.name.removesuffix(".ttl"))
def test_both_engines_give_the_expected_report(path: Path, references: dict[Path, list[Violation]]) -> None:
    conforms, expected = fixture(path)
    fast = validate.validate_fast(path.read_text(encoding="utf-8"), STRUCTURE)
    assert fast == references[path]
    assert sorted(map(found, fast), key=str) == expected
    assert conforms == (not expected)
    assert path.name.endswith(".conforms.ttl") == conforms
    assert all(set(v.messages) == {"sv", "en"} for v in fast)


def test_every_node_shape_has_a_conforming_fixture_that_it_looks_at() -> None:
    graph = shapes()
    for shape in graph.subjects(RDF.type, SH.NodeShape):
        path = Path(__file__).parent / "shapes" / f"{local(str(shape))}.conforms.ttl"
        data = parsed(path)
        classes = graph.objects(shape, SH.targetClass)
        kinds = {kind for c in classes for kind in ontology().transitive_subjects(RDFS.subClassOf, c)}
        assert (
            any((None, RDF.type, kind) in data for kind in kinds)
            or any((None, predicate, None) in data for predicate in graph.objects(shape, SH.targetSubjectsOf))
            or any((None, predicate, None) in data for predicate in graph.objects(shape, SH.targetObjectsOf))
        ), shape


@pytest.mark.parametrize("shape", blaming(), ids=local)
def test_every_constraint_of_a_shape_is_seen_to_fail(shape: str) -> None:
    _, expected = fixture(Path(__file__).parent / "shapes" / f"{local(shape)}.fails.ttl")
    assert {result[0] for result in expected} == {shape}
    assert {COMPONENTS[name] for name in own_constraints(shape)} == {result[5] for result in expected}


@pytest.mark.parametrize("shape", blaming(), ids=local)
def test_without_the_shape_its_failing_fixture_passes(shape: str) -> None:
    left = "".join(line for line in shape_lines() if f"<{shape}>" not in line)
    text = (Path(__file__).parent / "shapes" / f"{local(shape)}.fails.ttl").read_text(encoding="utf-8")
    assert run_fast(Shapes.from_text(left, "ntriples"), text, shapes()) == []


@cache
def shape_lines() -> list[str]:
    return shapes().serialize(format="nt").splitlines(keepends=True)


def test_every_fixture_belongs_to_a_shape() -> None:
    known = {local(shape) for shape in named_shapes()}
    assert {f.name.split(".")[0] for f in FIXTURES} <= known


@pytest.mark.parametrize("shape", named_shapes(), ids=local)
def test_a_shape_says_what_is_wrong_and_why_in_both_languages(shape: str) -> None:
    graph, node = shapes(), URIRef(shape)
    for predicate in (SH.message, SH.name):
        texts = list(graph.objects(node, predicate))
        assert sorted(t.language for t in texts if isinstance(t, Literal)) == ["en", "sv"], predicate
    assert all(str(t).endswith(".") for t in graph.objects(node, SH.message))
    assert graph.value(node, SH.severity) in (SH.Violation, SH.Warning, SH.Info)
    about = graph.value(node, RDFS.seeAlso)
    assert str(about).startswith(EV)
    assert (about, RDF.type, OWL.Class) in ontology()
    assert shape.startswith(SHAPE)


def test_no_reader_of_a_report_meets_a_blank_node() -> None:
    graph = shapes()
    for shape in graph.objects(None, SH.property):
        assert isinstance(shape, URIRef)
    for predicate in TARGETS:
        assert all(isinstance(s, URIRef) for s in graph.subjects(predicate, None))
    for node in graph.subjects(RDF.type, SH.NodeShape):
        assert any((node, predicate, None) in graph for predicate in TARGETS), f"{node} has no target"
        for part in graph.objects(node, SH.property):
            assert str(part).startswith(f"{str(node)}-"), f"{part} is not named after {node}"


def test_every_property_shape_hangs_on_one_node_shape() -> None:
    graph = shapes()
    for shape in graph.subjects(RDF.type, SH.PropertyShape):
        assert len(list(graph.subjects(SH.property, shape))) == 1, shape


def test_shapes_use_only_constraints_that_the_tests_know() -> None:
    graph, known = shapes(), set(CONSTRAINTS)
    other = {"name", "message", "severity", "path", "property", "qualifiedValueShape"}
    other |= {target.rpartition("#")[2] for target in TARGETS}
    for shape in map(URIRef, named_shapes()):
        used = {p.rpartition("#")[2] for p in graph.predicates(shape) if str(p).startswith(PREFIXES["sh"])}
        assert used <= known | other, shape


def test_every_class_of_the_model_is_a_target() -> None:
    targets = set(shapes().objects(None, SH.targetClass))
    assert [name for name in MODEL if URIRef(EV + name) not in targets] == []


def test_shapes_name_only_terms_of_the_ontology() -> None:
    graph, known = shapes(), ontology()
    used = {term for triple in graph for term in triple if isinstance(term, URIRef) and term.startswith(EV)}
    assert sorted(t for t in used if not t.startswith(SHAPE) and (t, RDF.type, None) not in known) == []


def test_the_shapes_conform_to_the_shapes_of_shacl() -> None:
    conforms, _, text = pyshacl.validate(Graph(), shacl_graph=shapes_graph(), meta_shacl=True)
    assert conforms, text


def test_both_engines_follow_the_class_hierarchy_of_the_ontology() -> None:
    data = f"<{BASE}id/source/x> a <{EV}Guideline> ."
    fast = validate.validate_fast(data, STRUCTURE)
    assert fast == validate.validate_reference(data.encode(), STRUCTURE)
    assert {local(v.shape) for v in fast} >= {"Source-title", "Guideline-genre-value"}


def test_the_ontology_and_its_schemes_conform_alone() -> None:
    assert validate.validate_fast("") == validate.validate_reference(b"") == []
