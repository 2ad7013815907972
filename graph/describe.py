"""The description of a release: VoID statistics, and DCAT 3 datasets with their distributions and versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from evidensgraf.graph.dumps import GZIP, STEM, Survey
from evidensgraf.graph.release import Release, ReleaseFile, release_iri
from evidensgraf.ontology.namespaces import BASE, EV, LANGUAGES, PREFIXES, expand, resource

DATASET = resource("dataset", "evidensgraf")
"""The dataset whose versions the releases are."""
LICENSE = "https://creativecommons.org/licenses/by/4.0/"
"""The licence of the data."""
NAMESPACES = {
    **PREFIXES,
    "adms": "http://www.w3.org/ns/adms#",
    "dcatap": "http://data.europa.eu/r5r/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
}
"""The project's prefixes, and those that only descriptions use."""
TEXTS: dict[str, dict[str, str]] = {
    "title": {"sv": "{title}, utgåva {id}", "en": "{title}, release {id}"},
    "description": {
        "sv": "Datamängden som den var den {id}: {quads} tripplar i {graphs} namngivna grafer. Utgåvan ändras aldrig.",
        "en": "The dataset as it was on {id}: {quads} triples in {graphs} named graphs. The release never changes.",
    },
    "citation": {
        "sv": "{publisher} ({year}). {title}, utgåva {id} [datamängd]. {iri}",
        "en": "{publisher} ({year}). {title}, release {id} [data set]. {iri}",
    },
    "notes": {
        "sv": "Jämfört med utgåva {prior}: {added} resurser är nya, {changed} ändrade och {removed} borttagna.",
        "en": "Compared with release {prior}: {added} resources are new, {changed} changed and {removed} removed.",
    },
    "nq": {"sv": "N-Quads (kanonisk form)", "en": "N-Quads (canonical form)"},
    "trig": {"sv": "TriG", "en": "TriG"},
    "ttl": {"sv": "Turtle (alla grafer som en)", "en": "Turtle (all graphs as one)"},
    "jsonld": {"sv": "JSON-LD (utvecklad form)", "en": "JSON-LD (expanded form)"},
    "gzip": {"sv": "{name}, komprimerad", "en": "{name}, compressed"},
}
"""What a description says in words."""
_AUTHORITY = "http://publications.europa.eu/resource/authority/"
_IANA = "https://www.iana.org/assignments/media-types/"
_SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"


@dataclass(frozen=True)
class About:
    """What the descriptions of a release are made of.

    ``statements`` are what the graph says of itself: of the dataset, its publisher, its earlier releases, and the
    version of the ontology. ``changes`` counts the resources that differ from ``prior``, where that is known.
    """

    id: str
    digest: str
    survey: Survey
    statements: Sequence[ox.Triple]
    prior: Release | None
    changes: Mapping[str, int] | None

    @cached_property
    def ontology(self) -> str | None:
        """The version IRI of the ontology in the release."""
        return next(self.objects(EV, "owl:versionIRI"), None)

    @cached_property
    def prior_id(self) -> str | None:
        """The id of the release before: the one compared with, else the newest one that the graph knows of."""
        recorded = (self.value(iri, "dcat:version") for iri in self.objects(DATASET, "dcat:hasVersion"))
        earlier = [version for version in recorded if version and version < self.id]
        return self.prior.id if self.prior else max(earlier, default=None)

    @cached_property
    def publisher(self) -> str | None:
        """The IRI of the publisher of the dataset."""
        return next(self.objects(DATASET, "dcterms:publisher"), None)

    def objects(self, subject: str, predicate: str) -> Iterator[str]:
        """Yield the IRIs that a statement about a subject leads to."""
        for found in self._about(subject, predicate):
            if isinstance(found, ox.NamedNode):
                yield found.value

    def value(self, subject: str, predicate: str, lang: str | None = None) -> str | None:
        """Return a literal that is stated of a subject, in a language where one is asked for."""
        found = (o for o in self._about(subject, predicate) if isinstance(o, ox.Literal))
        return next((o.value for o in found if lang is None or o.language == lang), None)

    def _about(self, subject: str, predicate: str) -> Iterator[object]:
        node, link = ox.NamedNode(subject), _iri(predicate)
        return (t.object for t in self.statements if t.subject == node and t.predicate == link)

    def text(self, name: str, lang: str, **values: object) -> str:
        """Return one of ``TEXTS`` about this release."""
        title = self.value(DATASET, "dcterms:title", lang) or "Evidensgraf"
        publisher = self.publisher and self.value(self.publisher, "foaf:name", lang)
        known = {
            "title": title,
            "publisher": publisher or title,
            "id": self.id,
            "year": self.id[:4],
            "iri": release_iri(self.id),
            "prior": self.prior_id,
            "quads": self.survey.quads,
            "graphs": len(self.survey.graphs),
        }
        return TEXTS[name][lang].format(**{**known, **values})


def describe(about: About, files: Sequence[ReleaseFile]) -> bytes:
    """Return the description of a release with its files, as Turtle.

    Counts are of distinct triples over the union of the graphs, and of triples in each graph
    (VoID, https://www.w3.org/TR/void/; DCAT 3, https://www.w3.org/TR/vocab-dcat-3/). Distributions are described as
    DCAT-AP-SE 3.0.1 wants them, with their size and SHA-256.
    """
    triples = dict.fromkeys([*about.statements, *_dataset(about), *_statistics(about.survey), *_release(about, files)])
    ordered = sorted(triples, key=lambda t: (str(t.subject), str(t.predicate), str(t.object)))
    return ox.serialize(ordered, format=ox.RdfFormat.TURTLE, prefixes=NAMESPACES) or b""


def statement(subject: str, predicate: str, value: str | ox.Literal) -> ox.Triple:
    """Return a triple: ``predicate`` is a CURIE, and ``value`` an IRI or a literal."""
    return ox.Triple(ox.NamedNode(subject), _iri(predicate), ox.NamedNode(value) if isinstance(value, str) else value)


def _iri(name: str) -> ox.NamedNode:
    return ox.NamedNode(expand(name, NAMESPACES))


def _typed(value: object, datatype: str) -> ox.Literal:
    return ox.Literal(str(value), datatype=ox.NamedNode(PREFIXES["xsd"] + datatype))


def _dataset(about: About) -> Iterator[ox.Triple]:
    yield statement(DATASET, "rdf:type", PREFIXES["void"] + "Dataset")
    yield statement(DATASET, "rdf:type", PREFIXES["dcat"] + "Dataset")
    yield statement(DATASET, "dcterms:license", LICENSE)
    yield statement(DATASET, "dcat:landingPage", BASE)
    yield statement(DATASET, "void:sparqlEndpoint", BASE + "sparql")
    yield statement(DATASET, "void:uriSpace", ox.Literal(BASE + "id/"))
    yield statement(DATASET, "void:exampleResource", resource("appraisal", "bostad-forst-bedomning"))
    yield statement(DATASET, "void:rootResource", BASE)
    yield statement(DATASET, "dcat:hasVersion", release_iri(about.id))
    yield statement(DATASET, "dcat:hasCurrentVersion", release_iri(about.id))
    for namespace in PREFIXES.values():
        yield statement(DATASET, "void:vocabulary", namespace)
    if about.ontology:
        yield statement(DATASET, "dcterms:conformsTo", about.ontology)
    if about.publisher:
        yield statement(about.publisher, "rdf:type", PREFIXES["foaf"] + "Agent")


def _statistics(survey: Survey) -> Iterator[ox.Triple]:
    counts = {"triples": survey.triples, "distinctSubjects": survey.subjects, "properties": survey.properties}
    for name, count in counts.items():
        yield statement(DATASET, f"void:{name}", _typed(count, "integer"))
    for cls, count in survey.classes.items():
        part = f"{DATASET}#class-{_tail(cls)}"
        yield statement(DATASET, "void:classPartition", part)
        yield statement(part, "void:class", cls)
        yield statement(part, "void:entities", _typed(count, "integer"))
    for graph, count in survey.graphs.items():
        yield statement(DATASET, "void:subset", graph)
        yield statement(graph, "void:triples", _typed(count, "integer"))


def _release(about: About, files: Sequence[ReleaseFile]) -> Iterator[ox.Triple]:
    iri = release_iri(about.id)
    yield statement(iri, "rdf:type", PREFIXES["dcat"] + "Dataset")
    yield statement(iri, "dcat:isVersionOf", DATASET)
    yield statement(iri, "dcterms:isVersionOf", DATASET)
    yield statement(iri, "dcat:version", ox.Literal(about.id))
    yield statement(iri, "dcterms:issued", _typed(about.id, "date"))
    yield statement(iri, "dcterms:identifier", ox.Literal(f"sha256:{about.digest}"))
    yield statement(iri, "dcterms:license", LICENSE)
    yield statement(iri, "dcat:landingPage", iri)
    for lang in LANGUAGES:
        for predicate, name in (
            ("title", "title"),
            ("description", "description"),
            ("bibliographicCitation", "citation"),
        ):
            yield statement(iri, f"dcterms:{predicate}", ox.Literal(about.text(name, lang), language=lang))
        if about.prior and about.changes:
            yield statement(
                iri, "adms:versionNotes", ox.Literal(about.text("notes", lang, **about.changes), language=lang)
            )
    if about.publisher:
        yield statement(iri, "dcterms:publisher", about.publisher)
    if about.ontology:
        yield statement(iri, "dcterms:conformsTo", about.ontology)
    if about.prior_id:
        for predicate in ("dcat:previousVersion", "prov:wasRevisionOf"):
            yield statement(iri, predicate, release_iri(about.prior_id))
    for file in files:
        stem, _, suffix = file.name.partition(".")
        if stem == STEM:
            yield from _distribution(about, file, suffix)


def _distribution(about: About, file: ReleaseFile, suffix: str) -> Iterator[ox.Triple]:
    """Describe a dump. DCAT-AP-SE writes the format as the text of a media type; DCAT has an IRI for it beside."""
    release = release_iri(about.id)
    iri, place = f"{release}#{suffix.replace('.', '-')}", f"{release}/{file.name}"
    for dataset in (DATASET, release):
        yield statement(dataset, "dcat:distribution", iri)
    yield statement(DATASET, "void:dataDump", place)
    yield statement(iri, "rdf:type", PREFIXES["dcat"] + "Distribution")
    for lang in LANGUAGES:
        name = TEXTS[suffix.removesuffix(GZIP)][lang]
        title = TEXTS["gzip"][lang].format(name=name) if file.encoding else name
        yield statement(iri, "dcterms:title", ox.Literal(title, language=lang))
    yield statement(iri, "dcat:accessURL", release)
    yield statement(iri, "dcat:downloadURL", place)
    yield statement(iri, "dcterms:license", LICENSE)
    yield statement(iri, "dcterms:format", ox.Literal(file.media_type))
    yield statement(iri, "dcat:mediaType", _IANA + file.media_type)
    if file.encoding:
        yield statement(iri, "dcat:compressFormat", f"{_IANA}application/{file.encoding}")
    yield statement(iri, "dcat:byteSize", _typed(file.size, "nonNegativeInteger"))
    yield statement(iri, "dcatap:availability", _AUTHORITY + "planned-availability/STABLE")
    checksum = f"{iri}-sha256"
    yield statement(iri, "spdx:checksum", checksum)
    yield statement(checksum, "rdf:type", NAMESPACES["spdx"] + "Checksum")
    yield statement(checksum, "spdx:algorithm", _SHA256)
    yield statement(checksum, "spdx:checksumValue", _typed(file.sha256, "hexBinary"))


def _tail(iri: str) -> str:
    return "-".join(iri.rstrip("/#").replace("#", "/").split("/")[2:])
