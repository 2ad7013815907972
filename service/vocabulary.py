"""The vocabulary of a release: classes, properties, schemes and concepts as its ontology graph describes them.

Everything comes from the graph through the engine, so that the pages document the release that is served.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import EV, PREFIXES, expand, graph_iri
from evidensgraf.service.facts import Facts, Row, sort_key

ONTOLOGY = (
    f"SELECT ?subject ?property ?value WHERE {{ GRAPH <{graph_iri('ontology')}> {{ ?subject ?property ?value }} }}"
)
"""The query for everything that the ontology graph says."""
KINDS = {
    "owl:Class": "class",
    "owl:ObjectProperty": "objectProperty",
    "owl:DatatypeProperty": "datatypeProperty",
    "owl:AnnotationProperty": "annotationProperty",
    "skos:ConceptScheme": "scheme",
    "skos:Concept": "concept",
}
"""What a term can be: its type → the name of the kind."""
PROPERTY_KINDS = ("objectProperty", "datatypeProperty", "annotationProperty")
"""The kinds that are properties."""
CHARACTERISTICS = (
    "FunctionalProperty",
    "InverseFunctionalProperty",
    "SymmetricProperty",
    "AsymmetricProperty",
    "TransitiveProperty",
    "ReflexiveProperty",
    "IrreflexiveProperty",
)
"""The characteristics of OWL 2 that a property can have, by the local name of the type."""


class Vocabulary(Facts):
    """What the ontology graph says of each term, read in both directions. IRIs go in and come out."""

    def __init__(self, rows: Iterable[Row]) -> None:
        rows = list(rows)
        super().__init__(rows)
        self._back: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            key = (row["property"]["value"], row["value"]["value"])
            self._back.setdefault(key, []).append(row["subject"]["value"])
        found = {iri: kind for c, kind in reversed(KINDS.items()) for iri in self.subjects_with("rdf:type", expand(c))}
        self.kinds = {iri: kind for iri, kind in found.items() if iri.startswith(EV)}
        self._of_kind = {k: self.in_order(i for i, known in self.kinds.items() if known == k) for k in KINDS.values()}
        limits = [(p, c, v) for c in self._of_kind["class"] for p, _, v in self.restrictions(c)]
        used = {p for kind in PROPERTY_KINDS for p in self._of_kind[kind]} | {p for p, _, _ in limits}
        self._domain = {p: self.members(p, "rdfs:domain") or [c for q, c, _ in limits if q == p] for p in used}
        self._range = {p: self.members(p, "rdfs:range") or [v for q, _, v in limits if q == p] for p in used}

    def subjects_with(self, curie: str, value: str) -> list[str]:
        """Return the subjects that have a value (an IRI or a blank node) for a property, sorted."""
        return sorted(self._back.get((expand(curie), value), ()))

    def of_kind(self, kind: str) -> list[str]:
        """Return the terms of the ontology of a kind (see ``KINDS``), sorted by label."""
        return self._of_kind[kind]

    def in_order(self, iris: Iterable[str]) -> list[str]:
        """Return IRIs without repetition, sorted by label."""
        return sorted(set(iris), key=lambda iri: (sort_key(self.label(iri)), iri))

    def nodes(self, subject: str, curie: str) -> list[str]:
        """Return the values of a property that are IRIs or blank nodes."""
        return [term["value"] for term in self.terms(subject, curie) if term["type"] != "literal"]

    def sequence(self, node: str) -> list[str]:
        """Return the members of an RDF list, in its order."""
        members: list[str] = []
        while (first := self.nodes(node, "rdf:first")) and len(members) < len(self._terms):
            members += first
            node = (self.nodes(node, "rdf:rest") or [""])[0]
        return members

    def members(self, subject: str, curie: str) -> list[str]:
        """Return the classes that a property names, or the members of their ``owl:unionOf``, sorted by label."""
        found: list[str] = []
        for node in self.nodes(subject, curie):
            union = self.nodes(node, "owl:unionOf")
            found += self.sequence(union[0]) if union else [node]
        return self.in_order(found)

    def superclasses(self, iri: str) -> list[str]:
        """Return the named classes that a class is asserted to be below."""
        return self.iris(iri, "rdfs:subClassOf")

    def subclasses(self, iri: str) -> list[str]:
        """Return the classes of the ontology asserted to be below a class, sorted by label."""
        return self.in_order(c for c in self.subjects_with("rdfs:subClassOf", iri) if c in self.kinds)

    def ancestors(self, iri: str) -> list[str]:
        """Return the named classes above a class, the nearest first."""
        found: list[str] = []
        level = self.superclasses(iri)
        while level:
            found += [c for c in level if c not in found and c != iri]
            level = [above for c in level for above in self.superclasses(c) if above not in found]
        return found

    def restrictions(self, iri: str) -> list[tuple[str, str, str]]:
        """Return the restrictions that a class is below: property, word (``some`` or ``only``) and class."""
        found = []
        for node in self.nodes(iri, "rdfs:subClassOf"):
            for word, curie in (("some", "owl:someValuesFrom"), ("only", "owl:allValuesFrom")):
                found += [(self.nodes(node, "owl:onProperty")[0], word, c) for c in self.members(node, curie)]
        return found

    def domain(self, iri: str) -> list[str]:
        """Return the classes that have a property; for a property of another vocabulary, those that restrict it."""
        return self._domain.get(iri, [])

    def range(self, iri: str) -> list[str]:
        """Return the classes or datatypes of the values of a property, found as for ``domain``."""
        return self._range.get(iri, [])

    def properties_of(self, iri: str) -> list[str]:
        """Return the properties of the ontology whose domain names a class, by kind and sorted by label."""
        return [p for kind in PROPERTY_KINDS for p in self._of_kind[kind] if iri in self._domain[p]]

    def properties_to(self, iri: str) -> list[str]:
        """Return the properties of the ontology whose range names a class, sorted by label."""
        return [p for p in self._of_kind["objectProperty"] if iri in self._range[p]]

    def disjoint(self, iri: str) -> list[str]:
        """Return the classes that a class is asserted to share no instance with, sorted by label."""
        found = self.iris(iri, "owl:disjointWith") + self.subjects_with("owl:disjointWith", iri)
        for axiom in self.subjects_with("rdf:type", PREFIXES["owl"] + "AllDisjointClasses"):
            members = self.sequence(self.nodes(axiom, "owl:members")[0])
            found += members if iri in members else []
        return self.in_order(c for c in found if c != iri)

    def concepts(self, scheme: str) -> list[str]:
        """Return the concepts of a scheme, in the order of their notations and labels."""
        found = self.in_order(self.subjects_with("skos:inScheme", scheme))
        return sorted(found, key=lambda iri: self.one(iri, "skos:notation") or "")

    def version_of(self, iri: str) -> str | None:
        """Return the number of the first version with a term: the one it names, or the first issued since then."""
        if named := self.one(iri, "owl:versionInfo"):
            return named
        created = self.one(iri, "dcterms:created") or "9"
        issued = {v: self.one(v, "dcterms:issued") or "" for v in self.iris(EV, "dcterms:hasVersion")}
        later = sorted((day, v) for v, day in issued.items() if day >= created)
        return self.one(later[0][1], "owl:versionInfo") if later else None


_read: WeakKeyDictionary[Engine, Vocabulary] = WeakKeyDictionary()


async def vocabulary(engine: Engine) -> Vocabulary:
    """Return the vocabulary of the release that an engine answers from, read once for each engine.

    Raises what ``Engine.query`` raises.
    """
    if engine not in _read:
        answer = await engine.query(ONTOLOGY)
        _read[engine] = Vocabulary(json.loads(answer.body)["results"]["bindings"])
    return _read[engine]
