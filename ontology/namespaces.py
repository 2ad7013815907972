"""Names: the prefixes, the resource and graph IRIs, and the files of the ontology."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

BASE = "https://w3id.org/evidensgraf/"
EV = BASE + "def/"
ID = BASE + "id/"
GRAPH = BASE + "graph/"

PREFIXES: dict[str, str] = {
    "ev": EV,
    "bibo": "http://purl.org/ontology/bibo/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "oa": "http://www.w3.org/ns/oa#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "http://schema.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""The prefixes used in every file, query and answer of the project (prefix → namespace IRI)."""

ALIGNMENTS = "alignments.ttl"
"""The file of alignments with other vocabularies."""
AREAS = "areas.ttl"
"""The file that groups the classes for the documentation."""

LANGUAGES = ("sv", "en")
"""The two languages everything is published in, as BCP 47 tags, in order of preference."""


def slugify(text: str) -> str:
    """Return the slug of a text: lower-case ASCII letters and digits, joined by single hyphens.

    >>> slugify("Bostad först – utvärdering")
    'bostad-forst-utvardering'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def resource(kind: str, slug: str) -> str:
    """Return the IRI of a resource of a kind (the class name in lower-case kebab form).

    >>> resource("finding", "osa-arbete")
    'https://w3id.org/evidensgraf/id/finding/osa-arbete'
    """
    return f"{ID}{kind}/{slug}"


def graph_iri(slug: str) -> str:
    """Return the IRI of a named graph.

    >>> graph_iri("derived")
    'https://w3id.org/evidensgraf/graph/derived'
    """
    return GRAPH + slug


def curie(iri: str) -> str:
    """Return an IRI compacted with the project's prefixes, or the IRI itself (W3C CURIE syntax).

    >>> curie("https://w3id.org/evidensgraf/def/Finding")
    'ev:Finding'
    """
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and re.fullmatch(r"[\w.-]+", iri[len(namespace) :]):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri


def expand(curie: str, prefixes: Mapping[str, str] = PREFIXES) -> str:
    """Return the IRI of a CURIE with one of the project's prefixes, or of others.

    >>> expand("ev:Finding")
    'https://w3id.org/evidensgraf/def/Finding'
    """
    prefix, _, local = curie.partition(":")
    return prefixes[prefix] + local


def kebab(name: str) -> str:
    """Return a class name in the form that it has in the IRIs of its instances.

    >>> kebab("EvidenceGap")
    'evidence-gap'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def owner(iri: str) -> str:
    """Return the resource that an IRI is, or is a part of: the IRI without its fragment.

    >>> owner("https://w3id.org/evidensgraf/id/finding/osa#passage")
    'https://w3id.org/evidensgraf/id/finding/osa'
    """
    return iri.partition("#")[0]


def ontology_files() -> list[Traversable]:
    """Return the Turtle files of the ontology and its schemes that a reasoner reads, sorted by name."""
    room = files("evidensgraf.ontology")
    found = (f for f in room.iterdir() if f.name.endswith(".ttl") and f.name not in (ALIGNMENTS, AREAS))
    return sorted(found, key=lambda f: f.name)


def alignment_file() -> Traversable:
    """Return the Turtle file of alignments with other vocabularies; a reasoner should not read it (it puns classes)."""
    return files("evidensgraf.ontology") / ALIGNMENTS


def area_file() -> Traversable:
    """Return the Turtle file that groups the classes for the documentation (it puns classes as the alignments do)."""
    return files("evidensgraf.ontology") / AREAS
