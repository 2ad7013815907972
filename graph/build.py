"""Building a release: read, validate, derive, canonicalise, describe, and publish the directory whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.graph.derive import derive
from evidensgraf.graph.load import DataFile, in_graph, read_data, read_vocabulary
from evidensgraf.graph.publish import publish
from evidensgraf.graph.quality import add_measurements, measure
from evidensgraf.graph.release import Release
from evidensgraf.graph.results import add_results
from evidensgraf.ontology.namespaces import EV, expand, graph_iri, resource
from evidensgraf.shapes.validate import SEVERITIES, Violation, explain, shape_files, validate_fast

DATASET = ox.NamedNode(resource("dataset", "evidensgraf"))
"""The node that carries the release's id (``dcat:version``) in the provenance graph: the one place it is written."""
PROVENANCE = ox.NamedNode(graph_iri("provenance"))
"""The graph of what is said of the dataset and its graphs."""
_VERSION, _HAS_VERSION, _PUBLISHER, _VERSION_IRI = (
    ox.NamedNode(expand(name)) for name in ("dcat:version", "dcat:hasVersion", "dcterms:publisher", "owl:versionIRI")
)
_NAMES = [ox.NamedNode(expand(name)) for name in ("foaf:name", "dcterms:description")]
_LABELS = [
    ox.NamedNode(iri)
    for iri in (
        "http://purl.org/dc/terms/title",
        "http://www.w3.org/2004/02/skos/core#prefLabel",
        "http://xmlns.com/foaf/0.1/name",
        "http://www.w3.org/2000/01/rdf-schema#label",
    )
]


class BuildError(Exception):
    """A graph that cannot be released; ``problems`` has one sentence for each thing that is wrong, with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"{len(problems)} problem(s): {problems[0]}")
        self.problems = list(problems)


def build(
    releases: Path, *, data: Path | None = None, lang: str = "en", progress: Callable[[str], None] = lambda _: None
) -> Release:
    """Build a release of the curated data (or of the TriG files in ``data``) into a directory below ``releases``.

    The same input gives the same bytes. A release that exists already with the same content is returned as it is.
    ``progress`` gets one short line per stage; ``lang`` (``sv`` or ``en``) is the language of the problems.

    Raises ``LoadError`` for a file that cannot be read, ``BuildError`` for a graph that violates the shapes, and
    ``ReleaseError`` when nothing can be written below ``releases``.
    """
    progress("reading")
    store, files = assemble(data)
    progress(f"validating {len(store)} quads")
    results = violations(store)
    problems = [locate(v, store, files, lang) for v in results if v.severity == "Violation"]
    if problems:
        raise BuildError(problems)
    progress("deriving")
    derived = derive(store)
    progress("measuring quality")
    figures, report = measure(store), {s: sum(v.severity == s for v in results) for s in SEVERITIES}
    add_measurements(store, figures, report)
    add_results(store, results)
    quality = {f.slug: f"{f.value}%" if f.metric.unit == "percent" else str(f.value) for f in figures}
    quality |= {f"shacl-{severity.lower()}": str(count) for severity, count in report.items()}
    progress("canonicalising")
    made = {"derived": derived, "quality": quality}
    lines = canonical(store)
    return publish(releases, release_id(store), lines, statements=statements(store), made=made, progress=progress)


def assemble(data: Path | None = None) -> tuple[ox.Store, list[DataFile]]:
    """Return a store with ontology, schemes, shapes and data, each in its graph, and the data files.

    Raises ``LoadError``.
    """
    store, files = ox.Store(), read_data(data)
    store.extend(read_vocabulary())
    for shape_file in shape_files():
        store.extend(in_graph(ox.parse(shape_file.read_bytes(), format=ox.RdfFormat.TURTLE), "shapes"))
    for file in files:
        store.extend(file.quads)
    return store, files


def violations(store: ox.Store, validate: Callable[[bytes], list[Violation]] = validate_fast) -> list[Violation]:
    """Return what the shapes say of everything in the store but the shapes themselves, worst first."""
    shapes = ox.NamedNode("https://w3id.org/evidensgraf/graph/shapes")
    triples = (ox.Triple(q.subject, q.predicate, q.object) for q in store if q.graph_name != shapes)
    return validate(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")


def canonical(quads: Iterable[ox.Quad]) -> list[bytes]:
    """Return quads, each given once, as the lines of canonical N-Quads (RDFC-1.0, SHA-256): sorted, blank nodes named.

    The names depend only on the quads that have blank nodes; the others are not copied.
    """
    named, nameless = [], ox.Dataset()
    for quad in quads:
        if ox.BlankNode in (type(quad.subject), type(quad.object), type(quad.graph_name)):
            nameless.add(quad)
        else:
            named.append(quad)
    nameless.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    texts = (ox.serialize(part, format=ox.RdfFormat.N_QUADS) or b"" for part in (named, nameless))
    return sorted(line for text in texts for line in text.splitlines(keepends=True))


def statements(store: ox.Store) -> list[ox.Triple]:
    """Return what the graph says of itself: of the dataset, its releases and publisher, and the ontology's version."""
    about = list(store.quads_for_pattern(DATASET, None, None, PROVENANCE))
    for predicate, object_ in [(q.predicate, q.object) for q in about]:
        if not isinstance(object_, ox.NamedNode):
            continue
        if predicate == _HAS_VERSION:
            about += store.quads_for_pattern(object_, None, None, PROVENANCE)
        elif predicate == _PUBLISHER:
            about += [q for name in _NAMES for q in store.quads_for_pattern(object_, name, None, None)]
    about += store.quads_for_pattern(ox.NamedNode(EV), _VERSION_IRI, None, None)
    return sorted({q.triple for q in about}, key=str)


def locate(violation: Violation, store: ox.Store, files: list[DataFile], lang: str) -> str:
    """Return a violation as one line: file, line, and a sentence that names the thing by its label."""
    focus = violation.focus.strip("<>")
    known = {iri: _labels(store, iri) for term in (violation.focus, violation.value or "") for iri in _owners(term)}
    sentence = explain(violation, {iri: found for iri, found in known.items() if found}, lang)
    for file in files:
        if file.describes(focus):
            return f"{file.name}:{file.line_of(focus)}: {sentence}"
    return sentence


def _owners(term: str) -> tuple[str, str]:
    """Return the IRI of a term in N-Triples form, and of the resource that it is a part of."""
    iri = term.strip("<>")
    return iri, iri.partition("#")[0]


def _labels(store: ox.Store, iri: str) -> dict[str, str]:
    """Return the labels of a resource by language: its title, preferred label, name or label."""
    try:
        subject = ox.NamedNode(iri)
    except ValueError:
        return {}
    found = (q.object for p in _LABELS for q in store.quads_for_pattern(subject, p, None, None))
    return {o.language or "": o.value for o in found if isinstance(o, ox.Literal)}


def release_id(store: ox.Store) -> str:
    """Return the id of the release that a store says it is, a date. Raises ``BuildError`` when it says none."""
    versions = [getattr(q.object, "value", "") for q in store.quads_for_pattern(DATASET, _VERSION, None, None)]
    try:
        (version,) = versions
        return date.fromisoformat(version).isoformat()
    except ValueError as error:
        raise BuildError([f"{DATASET} needs exactly one dcat:version that is a date, found {versions}."]) from error
