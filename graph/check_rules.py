"""What is told of a rule when a draft breaks it: why it is there, what it rests on, and what an author can give."""

from __future__ import annotations

from typing import Any

from evidensgraf.graph.whole import Whole
from evidensgraf.ontology.namespaces import EV, curie
from evidensgraf.shapes.validate import SHAPE, rule_number

Record = dict[str, Any]
"""A JSON-ready object."""

MOST_ALLOWED = 40
"""The most values of a property that are listed."""


def linked(whole: Whole, iri: str) -> Record:
    """Return a thing as a link: its IRI and its label, or its short name where it has none."""
    label = whole.label(iri)
    owner, _, part = iri.partition("#")
    if not label and part:
        label = {lang: f"{text} (#{part})" for lang, text in whole.label(owner).items()}
    return {"id": iri, "label": label or {"und": curie(iri)}}


class Rules:
    """The rules and the shapes of the structure, by their IRIs; each is read when it is first asked for."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole
        self._known: dict[str, Record] = {}

    def rule(self, shape: str) -> Record:
        """Return what is known of the shape of a result, or of the rule that it is a part of.

        ``id`` is the number of a rule (``R12``), or the local name of a shape of the structure.
        """
        if shape not in self._known:
            self._known[shape] = self._read(shape)
        return self._known[shape]

    def _read(self, shape: str) -> Record:
        whole = self._whole
        shapes = (shape, *whole.subjects("sh:property", shape))  # its own word first, then that of its rule
        about = [iri for one in shapes for iri in whole.iris(one, "rdfs:seeAlso")]
        return {
            "id": rule_number(shape) or shape.removeprefix(SHAPE),
            "shape": shape,
            "name": whole.label(shape),
            "reason": self._first(shapes, "sh:description"),
            "source": self._first(shapes, "dcterms:source"),
            "basis": [self._basis(iri) for iri in dict.fromkeys(about) if iri.startswith(f"{EV}RuleBasis")],
            "remedies": [self._remedy(shapes, iri) for iri in self._properties(shapes)],
        }

    def _first(self, shapes: tuple[str, ...], name: str) -> dict[str, str]:
        return next((found for one in shapes if (found := self._whole.texts(one, name))), {})

    def _basis(self, iri: str) -> Record:
        return linked(self._whole, iri) | {"reference": next(iter(self._whole.iris(iri, "rdfs:seeAlso")), None)}

    def _properties(self, shapes: tuple[str, ...]) -> list[str]:
        found = [iri for one in shapes for iri in self._whole.iris(one, "ev:remedyProperty")]
        return list(dict.fromkeys(found or self._whole.iris(shapes[0], "sh:path")))

    def _remedy(self, shapes: tuple[str, ...], iri: str) -> Record:
        whole = self._whole
        kinds = [k for one in shapes[:1] if iri in whole.iris(one, "sh:path") for k in whole.iris(one, "sh:class")]
        allowed = [v for kind in kinds or whole.iris(iri, "rdfs:range") for v in whole.subjects("rdf:type", kind)]
        allowed = [v for v in allowed if v.startswith(EV)]  # of a scheme; what the release describes is not listed
        return {
            "property": linked(whole, iri),
            "definition": whole.texts(iri, "skos:definition", "rdfs:comment"),
            "allowed": [linked(whole, v) for v in allowed] if len(allowed) <= MOST_ALLOWED else [],
        }
