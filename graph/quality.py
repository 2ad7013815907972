"""The graph's own quality figures: each a query of ``queries/quality``, measured at build and published as DQV.

W3C Data Quality Vocabulary, https://www.w3.org/TR/vocab-dqv/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files

import pyoxigraph as ox

from evidensgraf.graph.load import in_graph
from evidensgraf.ontology.namespaces import PREFIXES, expand, graph_iri, resource
from evidensgraf.queries.catalogue import Query, load_quality

QUALITY = ox.NamedNode(graph_iri("quality"))
"""The graph of the quality figures of the release."""
_TYPE = "rdf:type"


@dataclass(frozen=True)
class Measurement:
    """One figure: its metric, its value, the part it is about (an IRI) if any, and for a share both its numbers."""

    metric: Query
    value: Decimal
    part: str | None = None
    numerator: int | None = None
    denominator: int | None = None

    @property
    def slug(self) -> str:
        """The last part of the measurement's IRI."""
        return self.metric.name + (f"-{self.part.rsplit('/', 1)[-1].lower()}" if self.part else "")


def measure(store: ox.Store) -> list[Measurement]:
    """Return the quality figures of a store, in the order of their metrics.

    A share (``unit: percent``) is a number from 0 to 100 with one decimal; it is left out where there is nothing to
    count. Raises ``SyntaxError`` when a metric is not SPARQL.
    """
    return [found for metric in load_quality().values() for found in _measure(store, metric)]


def add_measurements(store: ox.Store, measurements: list[Measurement], report: Mapping[str, int]) -> None:
    """Add measurements to the quality graph of a store, with their dimensions, and how many results the shapes gave."""
    dimensions = (files("evidensgraf.queries") / "quality" / "dimensions.ttl").read_bytes()
    store.extend(in_graph(ox.parse(dimensions, format=ox.RdfFormat.TURTLE), "quality"))
    for found in measurements:
        store.extend(_quads(found))
    for severity, count in report.items():
        node = resource("quality-measurement", f"shacl-{severity.lower()}")
        store.extend([
            _quad(node, _TYPE, _iri("dqv:QualityMeasurement")),
            _quad(node, "dqv:isMeasurementOf", _iri(f"sh:{severity}")),
            _quad(node, "dqv:computedOn", ox.NamedNode(resource("dataset", "evidensgraf"))),
            _quad(node, "dqv:value", ox.Literal(count)),
        ])  # fmt: skip


def _measure(store: ox.Store, metric: Query) -> Iterator[Measurement]:
    rows = store.query(metric.text, prefixes=PREFIXES, use_default_graph_as_union=True)
    assert isinstance(rows, ox.QuerySolutions)
    names = [v.value for v in rows.variables]
    for row in rows:
        found = {name: row[name].value for name in names if row[name] is not None}
        if metric.unit != "percent":
            yield Measurement(metric, Decimal(found["value"]), found.get("part"))
        elif denominator := int(found.get("denominator", 0)):
            numerator = int(found.get("numerator", 0))
            share = (Decimal(100 * numerator) / denominator).quantize(Decimal("0.1"), ROUND_HALF_UP)
            yield Measurement(metric, share, None, numerator, denominator)


def _quads(found: Measurement) -> Iterator[ox.Quad]:
    metric = resource("quality-metric", found.metric.name)
    node = resource("quality-measurement", found.slug)
    yield _quad(metric, _TYPE, _iri("dqv:Metric"))
    for predicate, texts in (("skos:prefLabel", found.metric.summary), ("skos:definition", found.metric.description)):
        for language, text in texts.items():
            yield _quad(metric, predicate, ox.Literal(text, language=language))
    yield _quad(metric, "dqv:inDimension", ox.NamedNode(resource("quality-dimension", found.metric.dimension)))
    datatype = "decimal" if found.metric.unit == "percent" else "integer"
    yield _quad(metric, "dqv:expectedDataType", _iri(f"xsd:{datatype}"))
    yield _quad(node, _TYPE, _iri("dqv:QualityMeasurement"))
    yield _quad(node, "dqv:isMeasurementOf", ox.NamedNode(metric))
    yield _quad(node, "dqv:computedOn", ox.NamedNode(resource("dataset", "evidensgraf")))
    yield _quad(node, "dqv:value", ox.Literal(str(found.value), datatype=_iri(f"xsd:{datatype}")))
    if found.part:
        yield _quad(node, "dcterms:subject", ox.NamedNode(found.part))
    for name, number in (("ev:numerator", found.numerator), ("ev:denominator", found.denominator)):
        if number is not None:
            yield _quad(node, name, ox.Literal(number))


def _quad(subject: str, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(ox.NamedNode(subject), _iri(predicate), value, QUALITY)


def _iri(curie: str) -> ox.NamedNode:
    return ox.NamedNode(expand(curie))
