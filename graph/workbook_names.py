"""Names in a workbook: what a label, a name or an address stands for, and how a thing is shown in a cell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

import pyoxigraph as ox

from evidensgraf.graph.load import data_files, read_file, read_vocabulary
from evidensgraf.graph.workbook_layout import kinds, subclasses
from evidensgraf.graph.workbook_problems import CellProblem, near
from evidensgraf.ontology.namespaces import EV, ID, LANGUAGES, PREFIXES, expand, kebab, resource, slugify

_TYPE = expand("rdf:type")
_FIRST = tuple(expand(c) for c in ("skos:prefLabel", "dcterms:title", "foaf:name", "rdfs:label"))
LABELS = (*_FIRST, *(expand(c) for c in ("skos:altLabel", "dcterms:alternative")))
"""The properties whose values a thing may be named by; it is shown by one of the first four."""
_ADDRESS = re.compile(r"([a-z]+(?:-[a-z]+)*)/([a-z0-9]+(?:-[a-z0-9]+)*(?:#[\w-]+)?)")
_SUGGESTIONS = 40
"""For so many unknown values of a workbook the nearest names are looked up: it takes time."""


class Names:
    """The things that a workbook may name: their classes, labels and other names."""

    def __init__(self, quads: Iterable[ox.Quad], below: Names | None = None) -> None:
        self.below = below
        self.types: dict[str, set[str]] = defaultdict(set)
        self.labels: dict[str, dict[str, str]] = defaultdict(dict)
        self.named: dict[str, list[str]] = defaultdict(list)
        self.suggested = 0
        for quad in quads:
            self._note(quad)

    def _note(self, quad: ox.Quad) -> None:
        subject, predicate = getattr(quad.subject, "value", ""), quad.predicate.value
        if predicate == _TYPE and isinstance(quad.object, ox.NamedNode):
            self.types[subject].add(quad.object.value)
        elif isinstance(quad.object, ox.Literal) and predicate in LABELS:
            if predicate in _FIRST:
                self.labels[subject].setdefault(quad.object.language or "", quad.object.value)
            known = self.named[fold(quad.object.value)]
            if subject not in known:
                known.append(subject)

    def is_a(self, iri: str, classes: Iterable[str]) -> bool:
        """Return whether a thing is known and of one of some classes, or of one below them."""
        types = self.types.get(iri, set()) or (self.below.types.get(iri, set()) if self.below else set())
        return any(types & subclasses(cls) for cls in classes)

    def label(self, iri: str, lang: str) -> str:
        """Return the label of a thing in a language, or in another, or an empty text."""
        labels = self.labels.get(iri) or (self.below.labels.get(iri) if self.below else None) or {}
        return next((labels[tag] for tag in (lang, *LANGUAGES, *labels) if tag in labels), "")

    def members(self, classes: Iterable[str]) -> Iterator[str]:
        """Yield the IRIs of the things of some classes."""
        wanted = set().union(*(subclasses(cls) for cls in classes))
        for names in filter(None, (self, self.below)):
            yield from (iri for iri, types in names.types.items() if types & wanted)

    def shown(self, iri: str, lang: str, classes: tuple[str, ...]) -> str:
        """Return how a thing stands in a cell: its label where that leads back to it, else its name or its address."""
        label = self.label(iri, lang)
        if label and label == " ".join(label.split()) and self._labelled(label, classes) == [iri]:
            return label
        return short(iri)

    def resolve(self, text: str, classes: tuple[str, ...], *, concept: bool = False) -> str:
        """Return the IRI that a text stands for: an address, a name (``finding/x``, ``ev:Should``) or a label.

        Raises ``CellProblem`` for what is not known, with what may have been meant, or what may be two things.
        """
        if found := self._addressed(text, classes, concept):
            return found
        found_by_label = self._labelled(text, classes)
        if len(found_by_label) == 1:
            return found_by_label[0]
        if found_by_label:
            raise CellProblem("ambiguous", text, (short(iri) for iri in found_by_label[:5]))
        raise CellProblem("unknown-concept" if concept else "unknown", text, self._nearest(text, classes))

    def _addressed(self, text: str, classes: tuple[str, ...], concept: bool) -> str | None:
        if re.match(r"https?://\S+$", text):
            return text if _is_iri(text) else None
        if (match := _ADDRESS.fullmatch(text)) and match[1] in kinds():
            return resource(match[1], match[2])
        prefix, colon, name = text.partition(":")
        if colon and prefix in PREFIXES and re.fullmatch(r"[\w.-]+", name):
            return expand(text)
        if concept and self.is_a(EV + text, classes):
            return EV + text
        if text == slugify(text):
            possible = {kebab(cls.removeprefix(EV)) for c in classes for cls in subclasses(c)}
            found = [iri for kind in sorted(possible) if self.is_a(iri := resource(kind, text), classes)]
            return found[0] if len(found) == 1 else None
        return None

    def _labelled(self, text: str, classes: tuple[str, ...]) -> list[str]:
        """Return what a label stands for; the author's own things come before those that are known."""
        for names in filter(None, (self, self.below)):
            if found := [iri for iri in names.named.get(fold(text), []) if self.is_a(iri, classes)]:
                return found
        return []

    def _nearest(self, text: str, classes: tuple[str, ...]) -> tuple[str, ...]:
        self.suggested += 1
        if self.suggested > _SUGGESTIONS:
            return ()
        labels = {self.label(iri, lang) for iri in self.members(classes) for lang in LANGUAGES}
        return near(text, labels)


def fold(text: str) -> str:
    """Return a label as it is compared: without case, and with single spaces.

    >>> fold(" Bostad  först ")
    'bostad först'
    """
    return " ".join(text.split()).casefold()


def short(iri: str) -> str:
    """Return the name of a thing (``finding/x``, ``ev:Should``), or its address.

    >>> short("https://w3id.org/evidensgraf/id/finding/x"), short("https://w3id.org/evidensgraf/def/Should")
    ('finding/x', 'ev:Should')
    """
    name = iri.removeprefix(ID)
    if name != iri and (match := _ADDRESS.fullmatch(name)) and match[1] in kinds():
        return name
    name = iri.removeprefix(EV)
    return f"ev:{name}" if name != iri and re.fullmatch(r"[A-Za-z]\w*", name) else iri


def known_names() -> Names:
    """Return the names of the curated graph of this package and of the schemes, read once."""
    return _known()


@cache
def _known() -> Names:
    quads = [quad for file in data_files() for quad in read_file(file).quads]
    return Names([*read_vocabulary(), *quads])


def _is_iri(text: str) -> bool:
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True
