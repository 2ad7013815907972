"""One side of a comparison: what one of two graphs says of the resources in which they differ, and of their parts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.ontology.namespaces import EV, ID, expand, graph_iri

MADE = frozenset(graph_iri(slug) for slug in ("derived", "quality"))
"""The graphs of what is derived and measured at build."""
MADE_LINE = tuple(f" <{iri}> .\n".encode() for iri in sorted(MADE))
"""How a line of N-Quads ends that is derived or measured."""
OWNER = re.compile(rb"<((?:%s|%s)[^<>#]+)(#[^<>]*)?> " % (re.escape(ID.encode()), re.escape(EV.encode())))
"""The start of a line of N-Quads about a resource of the graph, or a term: its IRI, and the fragment of a part."""
_OBJECT = re.compile(rb"<[^<>]*> <[^<>]*> <([^<>#]*)")

Term = ox.NamedNode | ox.Literal
"""A value that is compared; blank nodes have no lasting names and are left out."""


class Side:
    """The statements about some resources and their parts, whatever graph they stand in; no order, each once."""

    def __init__(self, quads: Iterable[ox.Quad | ox.Triple]) -> None:
        self._said: dict[str, dict[str, set[Term]]] = defaultdict(lambda: defaultdict(set))
        for quad in quads:
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
                self._said[quad.subject.value][quad.predicate.value].add(quad.object)

    def __contains__(self, iri: str) -> bool:
        """Say whether anything is stated about a resource itself."""
        return iri in self._said

    def subjects(self) -> Iterator[str]:
        """Yield the IRIs of all resources and parts."""
        yield from self._said

    def properties(self, iri: str) -> dict[str, set[Term]]:
        """Return what is stated about a resource, by the IRI of the property; nothing for one that is not there."""
        return self._said.get(iri, {})

    def values(self, iri: str, *properties: str) -> frozenset[Term]:
        """Return the values of properties (CURIEs) of a resource."""
        said = self.properties(iri)
        return frozenset(term for name in properties for term in said.get(expand(name), ()))

    def iris(self, iri: str, *properties: str) -> list[str]:
        """Return the values of properties that are IRIs, sorted."""
        return sorted(term.value for term in self.values(iri, *properties) if isinstance(term, ox.NamedNode))

    def about(self, iri: str) -> Iterator[ox.Quad]:
        """Yield what is said about a resource or a part, in the default graph."""
        for predicate, terms in self.properties(iri).items():
            yield from (ox.Quad(ox.NamedNode(iri), ox.NamedNode(predicate), term) for term in terms)


def read_side(quads: Path, resources: Collection[str], links: Collection[str]) -> tuple[Side, set[str]]:
    """Return what sorted N-Quads say of resources, and of what is linked with them; and the IRIs of all of these.

    ``links`` are properties (CURIEs) from a resource to its parts, which may have IRIs of their own: a resource comes
    with its parts, and a part with its resource. What is derived is left out. Raises ``OSError``.
    """
    wanted = {iri.encode() for iri in resources}
    predicates = tuple(f"<{expand(name)}> ".encode() for name in links)
    with quads.open("rb") as file:
        for line in file:
            match = OWNER.match(line)
            if match and line.startswith(predicates, match.end()) and (to := _OBJECT.match(line)):
                ends = {match[1], to[1]}
                if ends & wanted:
                    wanted |= ends
    return Side(ox.parse(b"".join(lines_about(quads, wanted)), format=ox.RdfFormat.N_QUADS)), {
        iri.decode() for iri in wanted
    }


def lines_about(quads: Path, wanted: Collection[bytes]) -> Iterator[bytes]:
    """Yield the lines of N-Quads about resources (IRIs in UTF-8) and their fragments that are not derived."""
    with quads.open("rb") as file:
        for line in file:
            match = OWNER.match(line)
            if match and match[1] in wanted and not line.endswith(MADE_LINE):
                yield line


def subjects_with(quads: Path, property: str, values: Collection[str]) -> list[str]:
    """Return the resources that have one of some IRIs as the value of a property (a CURIE), sorted.

    Raises ``OSError``.
    """
    wanted = {iri.encode() for iri in values}
    link, found = f"<{expand(property)}> ".encode(), set[str]()
    with quads.open("rb") as file:
        for line in file:
            match = OWNER.match(line)
            if match and line.startswith(link, match.end()) and (to := _OBJECT.match(line)) and to[1] in wanted:
                found.add(match[1].decode())
    return sorted(found)
