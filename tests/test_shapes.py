"""The shapes: every fixture through both engines, mutation of every shape, and what each shape must carry."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import pyshacl
import pytest
from rdflib import RDF, RDFS, SH, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import OWL
from shacl import Shapes

from evidensgraf.ontology.namespaces import BASE, EV, PREFIXES, ontology_files
from evidensgraf.shapes import validate
from evidensgraf.shapes.validate import SHAPE, Violation, path_text, run_fast, shapes_graph

FIXTURES = sorted((Path(__file__).parent / "shapes").glob("*.ttl"))
FAILING = [f for f in FIXTURES if f.name.endswith(".fails.ttl")]
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")
TARGETS = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
CONSTRAINTS = (
    "class", "datatype", "disjoint", "equals", "hasValue", "in", "languageIn", "maxCount", "minCount", "minInclusive",
    "minLength", "node", "nodeKind", "not", "or", "pattern", "qualifiedMinCount", "sparql", "uniqueLang", "xone",
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
    "Circumstance",
)  # fmt: skip

Found = tuple[str, str | None, str | None, str, str, str]


@cache
def shapes() -> Graph:
    return shapes_graph()


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


def found(violation: Violation) -> Found:
    return (violation.shape, violation.focus, violation.path, violation.value, violation.severity, violation.component)


@cache
def fixture(path: Path) -> tuple[bool, list[Found]]:
    """What a fixture expects: whether the data conform, and the results."""
    graph = Graph().parse(data=path.read_text(encoding="utf-8"), format="turtle", publicID=BASE)
    manifest = graph.value(None, RDF.type, MF.Manifest)
    (entry,) = Collection(graph, graph.value(manifest, MF.entries))  # type: ignore[arg-type]
    assert (entry, RDF.type, SHT.Validate) in graph
    report = graph.value(entry, MF.result)
    assert report is not None
    results = []
    for result in graph.objects(report, SH.result):
        term = {p: graph.value(result, p) for p in (SH.focusNode, SH.value, SH.resultPath)}
        plain = {p: None if t is None else "_:" if isinstance(t, BNode) else t.n3() for p, t in term.items()}
        route = term[SH.resultPath]
        results.append((
            str(graph.value(result, SH.sourceShape)),
            str(plain[SH.focusNode]),
            None if route is None else path_text(graph, route),
            plain[SH.value],
            str(graph.value(result, SH.resultSeverity)).rpartition("#")[2],
            str(graph.value(result, SH.sourceConstraintComponent)).rpartition("#")[2],
        ))  # fmt: skip
    return bool(graph.value(report, SH.conforms).toPython()), sorted(results, key=str)  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def references(request: pytest.FixtureRequest) -> dict[Path, list[Violation]]:
    """What the reference engine says of each fixture that is asked for; it is slow, so every processor helps."""
    asked = [getattr(item, "callspec", None) for item in request.session.items if item.path == request.path]
    paths = sorted({call.params["path"] for call in asked if call is not None and "path" in call.params})
    texts = [path.read_text(encoding="utf-8") for path in paths]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return dict(zip(paths, pool.map(validate.validate_reference, texts, chunksize=8), strict=True))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda p: p.name.removesuffix(".ttl"))
def test_both_engines_give_the_expected_report(path: Path, references: dict[Path, list[Violation]]) -> None:
    conforms, expected = fixture(path)
    fast = validate.validate_fast(path.read_text(encoding="utf-8"))
    assert fast == references[path]
    assert sorted(map(found, fast), key=str) == expected
    assert conforms == (not expected)
    assert path.name.endswith(".conforms.ttl") == conforms
    assert all(set(v.messages) == {"sv", "en"} for v in fast)


def test_every_node_shape_has_a_conforming_fixture_that_it_looks_at() -> None:
    graph = shapes()
    for shape in graph.subjects(RDF.type, SH.NodeShape):
        path = Path(__file__).parent / "shapes" / f"{local(str(shape))}.conforms.ttl"
        data = Graph().parse(data=path.read_text(encoding="utf-8"), format="turtle", publicID=BASE)
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


@cache
def ontology() -> Graph:
    graph = Graph()
    for file in ontology_files():
        graph.parse(data=file.read_text(encoding="utf-8"), format="turtle")
    return graph


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
    fast = validate.validate_fast(data)
    assert fast == validate.validate_reference(data.encode())
    assert {local(v.shape) for v in fast} >= {"Source-title", "Guideline-genre-value"}


def test_the_ontology_and_its_schemes_conform_alone() -> None:
    assert validate.validate_fast("") == validate.validate_reference(b"") == []
