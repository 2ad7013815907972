"""The data catalogue (DCAT 3, DCAT-AP-SE 3.0.1): the dataset, its releases, the services over it, and who runs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.graph.describe import DATASET, NAMESPACES, statement
from evidensgraf.graph.release import DESCRIPTION, Release, release_iri
from evidensgraf.ontology.namespaces import BASE, expand
from evidensgraf.service.settings import Settings

CATALOG = f"{BASE}catalog"
"""The IRI of the catalogue."""
PUBLISHER_TYPE = "http://purl.org/adms/publishertype/"
"""The vocabulary of kinds of publisher (ADMS), which the profile wants one of."""
_ADDRESSES = frozenset(
    ox.NamedNode(expand(name))
    for name in (
        "dcat:accessURL",
        "dcat:downloadURL",
        "dcat:endpointURL",
        "dcat:endpointDescription",
        "dcat:landingPage",
        "foaf:homepage",
        "foaf:page",
        "void:dataDump",
        "void:rootResource",
        "void:sparqlEndpoint",
    )
)
_PUBLISHER = ox.NamedNode(expand("dcterms:publisher"))


@cache
def _fixed() -> tuple[ox.Triple, ...]:
    text = (files("evidensgraf.service") / "catalog.ttl").read_bytes()
    return tuple(q.triple for q in ox.parse(text, format=ox.RdfFormat.TURTLE))


def described(release: Release) -> tuple[ox.Triple, ...]:
    """Return what a release says of itself: its description. Raises ``OSError``."""
    return _parsed(release.path / DESCRIPTION)


@lru_cache(maxsize=16)
def _parsed(path: Path) -> tuple[ox.Triple, ...]:
    return tuple(q.triple for q in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE))


def of_release(release_id: str, descriptions: Iterable[Sequence[ox.Triple]]) -> list[ox.Triple]:
    """Return what is said of a release and of its distributions, in the first description that says something."""
    iri = release_iri(release_id)
    for triples in descriptions:
        if found := [t for t in triples if _within(t, iri)]:
            return found
    return []


def catalogue(served: Release, others: Iterable[Release], settings: Settings) -> list[ox.Triple]:
    """Return the catalogue over the release that is served, and others that can be downloaded.

    The dataset is published by whom its data says; catalogue and services by ``settings.publisher``, or where nobody is
    named, by the same. A contact is there only where ``settings.contact`` gives an address.
    """
    triples = [*_fixed(), *described(served)]
    for other in others:
        if other.id != served.id:
            triples += of_release(other.id, [described(other)])
    dataset = ox.NamedNode(DATASET)
    named = (t.object for t in triples if t.subject == dataset and t.predicate == _PUBLISHER)
    publisher = next((o.value for o in named if isinstance(o, ox.NamedNode)), None)
    parts = [CATALOG, f"{CATALOG}#sparql", f"{CATALOG}#api"]
    if settings.publisher:
        publisher = f"{CATALOG}#publisher"
        triples += [
            statement(publisher, "rdf:type", expand("foaf:Agent")),
            statement(publisher, "foaf:name", ox.Literal(settings.publisher)),
            statement(publisher, "dcterms:type", PUBLISHER_TYPE + settings.publisher_type),
        ]
    if publisher:
        triples += [statement(part, "dcterms:publisher", publisher) for part in parts]
    if settings.contact:
        contact, name = f"{CATALOG}#contact", settings.publisher or "Evidensgraf"
        triples += [
            statement(contact, "rdf:type", NAMESPACES["vcard"] + "Organization"),
            statement(contact, "vcard:fn", ox.Literal(name)),
            statement(contact, "vcard:hasEmail", f"mailto:{settings.contact}"),
            *(statement(part, "dcat:contactPoint", contact) for part in [*parts[1:], DATASET, release_iri(served.id)]),
        ]
    modified = ox.Literal(served.id, datatype=ox.NamedNode(expand("xsd:date")))
    triples.append(statement(CATALOG, "dcterms:modified", modified))
    return sorted(set(triples), key=_place)


def published(triples: Iterable[ox.Triple], public_base: str) -> list[ox.Triple]:
    """Return triples with the addresses in them, not the names, moved to where the service is published."""
    if public_base == BASE:
        return list(triples)
    return [_moved(t, public_base) for t in triples]


def _place(triple: ox.Triple) -> tuple[bool, str, str, str]:
    """Return where a triple stands: the catalogue first, and all of one subject together."""
    subject = str(triple.subject)
    return subject != f"<{CATALOG}>", subject, str(triple.predicate), str(triple.object)


def _moved(triple: ox.Triple, base: str) -> ox.Triple:
    place = getattr(triple.object, "value", "")
    if triple.predicate not in _ADDRESSES or not place.startswith(BASE):
        return triple
    return ox.Triple(triple.subject, triple.predicate, ox.NamedNode(base + place.removeprefix(BASE)))


def _within(triple: ox.Triple, iri: str) -> bool:
    subject = getattr(triple.subject, "value", "")
    return subject == iri or subject.startswith(f"{iri}#")
