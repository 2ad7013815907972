"""What the ontology says of a sheet's fields: which properties there are, and what their values may be."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

import pyoxigraph as ox

from evidensgraf.graph.load import read_vocabulary
from evidensgraf.ontology.namespaces import EV, PREFIXES, kebab, resource

_UNION = "owl:unionOf/rdf:rest*/rdf:first"
_DATES = {4: "gYear", 7: "gYearMonth", 10: "date"}


@cache
def _vocabulary() -> ox.Store:
    store = ox.Store()
    store.extend(read_vocabulary())
    return store


@cache
def _select(query: str) -> list[tuple[str, ...]]:
    rows = _vocabulary().query(query, prefixes=PREFIXES, use_default_graph_as_union=True)
    assert isinstance(rows, ox.QuerySolutions)
    return [tuple(getattr(v, "value", "") for v in row) for row in rows]


class Terms:
    """The classes, properties and scheme concepts of the ontology, by their local names."""

    def __init__(self) -> None:
        self.classes = {
            kebab(iri.removeprefix(EV)): iri.removeprefix(EV)
            for (iri,) in _select("SELECT ?c WHERE { ?c a owl:Class FILTER(STRSTARTS(STR(?c), STR(ev:))) }")
        }
        self.texts = {iri.removeprefix(EV) for (iri,) in _select("SELECT ?p WHERE { ?p a owl:AnnotationProperty }")}
        self.ranges: dict[str, list[str]] = {}
        for prop, range_ in _select(
            "SELECT ?p ?r WHERE { ?p rdfs:range ?any . OPTIONAL { ?any " + _UNION + " ?part } "
            "BIND(COALESCE(?part, ?any) AS ?r) FILTER(STRSTARTS(STR(?p), STR(ev:))) }"
        ):
            self.ranges.setdefault(prop.removeprefix(EV), []).append(range_)
        self.concepts = {
            iri.removeprefix(EV): cls.removeprefix(EV)
            for iri, cls in _select("SELECT ?c ?k WHERE { ?c a skos:Concept , ?k FILTER(?k != skos:Concept) }")
        }

    def class_of(self, kind: str) -> str:
        """Return the class of a kind (``evidence-gap`` → ``EvidenceGap``). Raises ``ValueError`` when there is none."""
        if kind not in self.classes:
            raise ValueError(f"'{kind}' is no kind. The kinds: {', '.join(sorted(self.classes))}.")
        return self.classes[kind]

    def is_text(self, name: str) -> bool:
        """Return whether a property takes prose in two languages. Raises ``ValueError`` when it does not exist."""
        if name not in self.texts and name not in self.ranges:
            raise ValueError(f"'{name}' is no field.")
        return name in self.texts

    def value(self, name: str, value: Any) -> ox.NamedNode | ox.Literal:
        """Return a value of a property as a term. Raises ``ValueError`` when the property cannot have it."""
        ranges = self.ranges[name]
        xsd = [r for r in ranges if r.startswith(PREFIXES["xsd"])]
        if xsd:
            return _literal(name, value, xsd[0])
        if name == "followUp":
            return ox.Literal(str(value), datatype=ox.NamedNode(PREFIXES["xsd"] + "duration"))
        classes = [r.removeprefix(EV) for r in ranges]
        text = str(value).removeprefix("ev:")
        if text in self.concepts and self.concepts[text] in classes:
            return ox.NamedNode(EV + text)
        if scheme := sorted(c for c, k in self.concepts.items() if k in classes):
            raise ValueError(f"{name}: '{text}' is none of {', '.join(scheme)}.")
        kind, slash, slug = text.partition("/")
        if not slash and len(classes) == 1 and classes[0] not in ("Factor", "EvidenceStatement", "SourcedAssertion"):
            kind, slug = kebab(classes[0]), text
        if not slug:
            raise ValueError(f"{name}: write '{text}' as kind/slug.")
        self.class_of(kind)
        return ox.NamedNode(resource(kind, slug))

    @staticmethod
    def date(text: str) -> ox.Literal:
        """Return a year, a month or a day as a typed literal. Raises ``ValueError`` for anything else."""
        if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text):
            raise ValueError(f"'{text}' is no date. Write 2020, 2020-05 or 2020-05-31.")
        return ox.Literal(text, datatype=ox.NamedNode(PREFIXES["xsd"] + _DATES[len(text)]))


def _literal(name: str, value: Any, datatype: str) -> ox.Literal:
    text = str(value)
    if datatype.endswith("boolean"):
        text = text.lower()
    elif datatype.endswith("decimal"):
        try:
            number = Decimal(text)
        except InvalidOperation as error:
            raise ValueError(f"{name}: '{text}' is no number. Write it with figures and a decimal point.") from error
        text = f"{number:f}" if "." in f"{number:f}" else f"{number:f}.0"
    elif datatype.endswith("integer") and not re.fullmatch(r"-?\d+", text):
        raise ValueError(f"{name}: '{text}' is no whole number.")
    return ox.Literal(text, datatype=ox.NamedNode(datatype))
