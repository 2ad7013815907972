"""Validation of the graph with two SHACL engines: a fast one for use, and pySHACL as the reference.

The shapes of the structure say how the graph is written, the rules (`rules/`) what a guideline author is asked for.
Both engines see the same data: what is given, merged with the ontology and its schemes, so that `sh:targetClass` and
`sh:class` follow `rdfs:subClassOf` alike. Both answer with the same sorted list of violations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import pyshacl
from rdflib import RDF, RDFS, SH, SKOS, Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS, FOAF
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result
from rdflib.term import BNode, Literal, Node
from rdflib.util import from_n3
from shacl import Shapes

from evidensgraf.ontology.namespaces import BASE, EV, LANGUAGES, curie, ontology_files

SHAPE = EV + "shape/"
"""The namespace of the shapes."""

STRUCTURE, RULES = "structure", "rules"
"""The two suites of shapes: how the graph is written, and the consistency rules R01 to R54."""

SEVERITIES = ("Violation", "Warning", "Info")
"""How severe a result of validation can be, worst first (SHACL, local names)."""

_PLACEHOLDER = re.compile(r"\{\$this\}|\{\?value\}")
_LABELS = (SKOS.prefLabel, DCTERMS.title, FOAF.name, RDFS.label)


@dataclass(frozen=True)
class Violation:
    """One thing that a shape found wrong: where, by which rule, and what to do about it.

    `focus` and `value` are terms in N-Triples syntax, where any blank node is `_:`. `path` is a SPARQL property path of
    prefixed names, `shape` the IRI of the shape. `severity` and `component` are local names (`Violation`,
    `MinCountConstraintComponent`). `messages` say what to do, in each language.
    """

    focus: str
    path: str | None
    value: str | None
    shape: str
    severity: str
    component: str
    messages: Mapping[str, str] = field(compare=False, hash=False)

    def __lt__(self, other: Violation) -> bool:
        """Return whether this violation sorts before another: by shape, focus, component and value."""
        return self._key() < other._key()

    def _key(self) -> tuple[str, ...]:
        return (self.shape, self.focus, self.component, self.value or "", self.path or "", self.severity)


def rule_number(shape: str) -> str | None:
    """Return the number of the rule that a shape is, or is a part of, by its IRI; None for one of the structure.

    >>> rule_number(SHAPE + "R12-superseded"), rule_number(SHAPE + "Recommendation")
    ('R12', None)
    """
    found = re.match(r"R\d\d(?![^-])", shape.removeprefix(SHAPE))
    return found[0] if found else None


def shape_files(*suites: str) -> list[Traversable]:
    """Return the Turtle files of suites of shapes (all, where none is named), sorted by name."""
    room = files("evidensgraf.shapes")
    folders = {STRUCTURE: room, RULES: room / "rules"}
    found = [
        f
        for suite in suites or folders
        if folders[suite].is_dir()
        for f in folders[suite].iterdir()
        if f.name.endswith(".ttl")
    ]
    return sorted(found, key=lambda f: f.name)


def shapes_graph(*suites: str) -> Graph:
    """Return the shapes of suites (all, where none is named) as one new graph.

    >>> len(set(shapes_graph(STRUCTURE).subjects(RDF.type, SH.NodeShape))) > 40
    True
    """
    return _merge(shape_files(*suites))


def validate_fast(data: str | bytes, *suites: str) -> list[Violation]:
    """Return what is wrong with data in Turtle or N-Triples, sorted, by the fast engine.

    The data are merged with the ontology and its schemes; an empty list means that they conform to the shapes of the
    suites (all, where none is named).
    """
    return run_fast(_fast_engine(*suites), data, _shapes(*suites))


def run_fast(engine: Shapes, data: str | bytes, shapes: Graph) -> list[Violation]:
    """Return what a compiled engine finds wrong with data; `shapes` is the graph that the engine was compiled from."""
    text = data.decode() if isinstance(data, bytes) else data
    report = engine.validate_turtle(_ontology_text() + text, base=BASE)
    if not report.results:
        return []
    return _violations(_read(report.serialize("ntriples")), shapes)


def validate_reference(data: str | bytes, *suites: str) -> list[Violation]:
    """Return what is wrong with data in Turtle or N-Triples, sorted, by the reference engine (slow); as above."""
    shapes = _shapes(*suites)
    graph = _Prepared()
    for triple in _ontology():
        graph.add(triple)
    graph.parse(data=data, format="turtle", publicID=BASE)
    _, report, _ = pyshacl.validate(graph, shacl_graph=shapes, inplace=True)
    if not isinstance(report, Graph):
        raise RuntimeError(f"the reference engine gave no report: {report!r}")
    return _violations(report, shapes)


class _Prepared(Graph):
    """A graph that parses a query once: the reference engine asks each query once for every focus node."""

    def query(self, query_object: str | Query, *args: Any, **kwargs: Any) -> Result:
        """Return the answer to a query; the arguments are those of `rdflib.Graph.query`."""
        return super().query(_prepared(str(query_object)), *args, **kwargs)


@cache
def _prepared(text: str) -> Query:
    return prepareQuery(text)


def explain(violation: Violation, labels: Mapping[str, Mapping[str, str]], lang: str) -> str:
    """Return a violation as a sentence for a person, in a language, naming resources by their labels.

    `labels` maps an IRI to its label in each language, as `labels_of` makes it. A message may name the focus node
    and the value itself, as ``{$this}`` and ``{?value}`` (SHACL 1.0 §5.3.2); otherwise they are put around it.

    >>> iri, texts = "https://w3id.org/evidensgraf/id/finding/x", {"sv": "Ange en effekt.", "en": "Give an effect."}
    >>> found = Violation(f"<{iri}>", "ev:effect", None, SHAPE + "Finding-effect", "Violation", "MinCount", texts)
    >>> explain(found, {iri: {"sv": "Fler fick arbete"}}, "sv")
    '”Fler fick arbete”: Ange en effekt.'
    """
    message = _in_language(violation.messages, lang)
    focus = _quoted(_spoken(violation.focus, labels, lang), lang)
    value = "" if violation.value in (None, violation.focus) else _spoken(violation.value or "", labels, lang)
    if "{$this}" in message or "{?value}" in message:
        named = {"{$this}": focus, "{?value}": _quoted(value, lang) if value else focus}
        return _PLACEHOLDER.sub(lambda found: named[found[0]], message)
    here = "Här står" if lang == "sv" else "It says"
    return f"{focus}: {message} {here}: {value}." if value else f"{focus}: {message}"


def labels_of(graph: Graph) -> dict[str, dict[str, str]]:
    """Return the label of every named resource of a graph in each language: IRI → language → label."""
    labels: dict[str, dict[str, str]] = {}
    for predicate in reversed(_LABELS):
        for subject, label in sorted(graph.subject_objects(predicate), reverse=True):
            if isinstance(subject, URIRef) and isinstance(label, Literal):
                labels.setdefault(str(subject), {})[label.language or ""] = str(label)
    return labels


def path_text(graph: Graph, node: Node) -> str:
    """Return a property path as SPARQL text with prefixed names, read from the graph that holds its node.

    >>> shapes = shapes_graph()
    >>> path_text(shapes, shapes.value(URIRef(SHAPE + "Magnitude-owner"), SH.path))
    '^ev:hasMagnitude'
    """
    if isinstance(node, URIRef):
        return curie(str(node))
    inverse = graph.value(node, SH.inversePath)
    if inverse is not None:
        return f"^{path_text(graph, inverse)}"
    choices = graph.value(node, SH.alternativePath)
    if choices is not None:
        return "(" + "|".join(path_text(graph, choice) for choice in Collection(graph, choices)) + ")"
    return "/".join(path_text(graph, member) for member in Collection(graph, node))


def _quoted(name: str, lang: str) -> str:
    return f"”{name}”" if lang == "sv" else f"“{name}”"


def _spoken(term: str, labels: Mapping[str, Mapping[str, str]], lang: str) -> str:
    if term.startswith("<"):
        iri = term[1:-1]
        owner = iri.partition("#")[0]
        if iri in labels:
            return _in_language(labels[iri], lang)
        return f"{_in_language(labels[owner], lang)} (#{iri.partition('#')[2]})" if owner in labels else curie(iri)
    if term.startswith('"'):
        return str(from_n3(term))
    return "en post utan adress" if lang == "sv" else "an entry without an address"


def _in_language(texts: Mapping[str, str], lang: str) -> str:
    return next((texts[tag] for tag in (lang, *LANGUAGES) if tag in texts), next(iter(texts.values()), ""))


@cache
def _shapes(*suites: str) -> Graph:
    return shapes_graph(*suites)


@cache
def _fast_engine(*suites: str) -> Shapes:
    return Shapes.from_text(_shapes(*suites).serialize(format="nt"), "ntriples")


@cache
def _ontology() -> Graph:
    return _merge(ontology_files())


@cache
def _ontology_text() -> str:
    return _ontology().serialize(format="nt")


def _merge(sources: Iterable[Traversable]) -> Graph:
    graph = Graph()
    for source in sources:
        graph.parse(data=source.read_text(encoding="utf-8"), format="turtle")
    return graph


def _read(text: str) -> Graph:
    return Graph().parse(data=text, format="nt")


def _violations(report: Graph, shapes: Graph) -> list[Violation]:
    return sorted(_violation(report, result, shapes) for result in report.subjects(RDF.type, SH.ValidationResult))


def _violation(report: Graph, result: Node, shapes: Graph) -> Violation:
    shape = report.value(result, SH.sourceShape)
    path = shapes.value(shape, SH.path)
    value = report.value(result, SH.value)
    return Violation(
        focus=_term(report.value(result, SH.focusNode)),
        path=None if path is None else path_text(shapes, path),
        value=None if value is None else _term(value),
        shape=str(shape),
        severity=_local(report.value(result, SH.resultSeverity)),
        component=_local(report.value(result, SH.sourceConstraintComponent)),
        messages={m.language or "": str(m) for m in shapes.objects(shape, SH.message) if isinstance(m, Literal)},
    )


def _term(term: Node | None) -> str:
    return "_:" if term is None or isinstance(term, BNode) else term.n3()


def _local(term: Node | None) -> str:
    return str(term).rpartition("#")[2]
