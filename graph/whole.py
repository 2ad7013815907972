"""The statements of several stores as one graph, to look things up in: labels, links in both directions, places."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyoxigraph as ox

from evidensgraf.ontology.namespaces import expand

Text = dict[str, str]
"""A text by language (``und`` for one that has no language)."""

LABELS = ("skos:prefLabel", "dcterms:title", "foaf:name", "rdfs:label", "sh:name")
"""Properties that name a thing, the best first."""
_ABOUT = ("ev:assesses", "ev:ratedOutcome", "ev:criterion", "ev:standing", "oa:hasSource")
LONGEST = 300
"""Longest text of somebody else's that is shown, in characters."""

_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\s]+")


def shown(text: str) -> str:
    """Return a text as it can be shown anywhere: on one line, not too long, without characters that control.

    >>> shown("a\\x1b[31m b\\n c")
    'a [31m b c'
    """
    plain = _UNSEEN.sub(" ", text[: 4 * LONGEST]).strip()
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"


class Whole:
    """Several stores as one graph, whatever graphs they have; terms are named by IRI or CURIE."""

    def __init__(self, *stores: ox.Store) -> None:
        self.stores = stores

    def objects(self, subject: str, *properties: str) -> list[ox.NamedNode | ox.Literal]:
        """Return the objects of a thing by some properties, each once, in order of property and term."""
        node = _node(subject)
        found = [
            q.object
            for p in properties
            for q in sorted(self._quads(node, _node(p), None), key=lambda q: str(q.object))
            if isinstance(q.object, (ox.NamedNode, ox.Literal))
        ]
        return list(dict.fromkeys(found))

    def iris(self, subject: str, *properties: str) -> list[str]:
        """Return the IRIs that a thing is linked to by some properties."""
        return [o.value for o in self.objects(subject, *properties) if isinstance(o, ox.NamedNode)]

    def subjects(self, predicate: str, value: str) -> list[str]:
        """Return the IRIs of the things that are linked to a thing by a property, sorted."""
        quads = self._quads(None, _node(predicate), _node(value))
        return sorted({q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)})

    def texts(self, subject: str, *properties: str) -> Text:
        """Return the text of a thing in each language, by the first of the properties that it has."""
        for one in properties:
            found = [o for o in self.objects(subject, one) if isinstance(o, ox.Literal)]
            if found:
                return {o.language or "und": shown(o.value) for o in reversed(found)}
        return {}

    def label(self, iri: str) -> Text:
        """Return the label of a thing in each language; none for one that has none."""
        return self.texts(iri, *LABELS)

    def name(self, iri: str) -> Text:
        """Return what a thing is called in a sentence: its label, or what it is, and what it is about or a part of."""
        if label := self.label(iri):
            return label
        kind = next((text for cls in self.iris(iri, "rdf:type") if (text := self.label(cls))), {})
        owner, part, _ = iri.partition("#")
        others = [*self.iris(iri, *_ABOUT), *([owner] if part else [])]
        about = next((text for other in others if (text := self.label(other))), {})
        return {lang: f"{word}: {about[lang]}" if lang in about else word for lang, word in kind.items()}

    def describes(self, iri: str) -> bool:
        """Return whether there is a statement about a thing."""
        return next(self._quads(_node(iri), None, None), None) is not None

    def _quads(
        self, subject: ox.NamedNode | None, predicate: ox.NamedNode | None, value: ox.NamedNode | None
    ) -> Iterator[ox.Quad]:
        for store in self.stores:
            yield from store.quads_for_pattern(subject, predicate, value, None)


def _node(name: str) -> ox.NamedNode:
    """Return an IRI or a CURIE as a node; what is neither is a node that nothing is said of."""
    prefix, colon, _ = name.partition(":")
    try:
        return ox.NamedNode(name if "/" in name or not colon or prefix in ("urn", "http") else expand(name))
    except (KeyError, ValueError):
        return ox.NamedNode("urn:evidensgraf:nothing")
