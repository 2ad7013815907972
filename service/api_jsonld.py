"""JSON-LD of a list: its records as nodes in the project's own context, with the page as a Hydra view of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyoxigraph as ox

from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import PREFIXES
from evidensgraf.service.collections import Collection
from evidensgraf.service.facts import Record, construct
from evidensgraf.service.jsonld import compact

HYDRA = "http://www.w3.org/ns/hydra/core#"
"""Namespace of the Hydra core vocabulary, which says what a page of a collection is."""
_A = ox.NamedNode(PREFIXES["rdf"] + "type")


async def jsonld_bytes(
    engine: Engine, collection: Collection, records: Sequence[Record], fields: Sequence[str], view: Mapping[str, str]
) -> bytes:
    """Return records as JSON-LD, with the properties of the chosen fields (none: with all).

    ``view`` has ``context``, the address of the ``collection`` and of this page (``page``), its ``total``, and those of
    the pages ``first``, ``previous``, ``next`` and ``last`` that there are. Raises what ``Engine.query`` raises.
    """
    triples = _view([str(record["id"]) for record in records], view)
    if records:
        triples += await construct(engine, description(collection, records, fields))
    return compact(triples, view["context"], view["page"])


def description(collection: Collection, records: Sequence[Record], fields: Sequence[str]) -> str:
    """Return the query that describes records of a list by the properties of the chosen fields."""
    listed = " ".join(f"<{record['id']}>" for record in records)
    shown = [p for f in collection.fields if f.name in fields for p in f.properties]
    chosen = f"VALUES ?property {{ {' '.join(f'<{p}>' for p in [_A.value, *shown])} }} " if fields else ""
    return (
        f"CONSTRUCT {{ ?record ?property ?value }} WHERE {{ VALUES ?record {{ {listed} }} {chosen}"
        "?record ?property ?value }"
    )


def _view(members: Sequence[str], view: Mapping[str, str]) -> list[ox.Triple]:
    whole, page = ox.NamedNode(view["collection"]), ox.NamedNode(view["page"])
    total = ox.Literal(view["total"], datatype=ox.NamedNode(PREFIXES["xsd"] + "integer"))
    said: list[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]] = [
        (whole, _A, ox.NamedNode(HYDRA + "Collection")),
        (whole, ox.NamedNode(HYDRA + "totalItems"), total),
        (whole, ox.NamedNode(HYDRA + "view"), page),
        (page, _A, ox.NamedNode(HYDRA + "PartialCollectionView")),
        *((whole, ox.NamedNode(HYDRA + "member"), ox.NamedNode(iri)) for iri in members),
    ]
    said += [
        (page, ox.NamedNode(HYDRA + rel), ox.NamedNode(view[rel]))
        for rel in ("first", "previous", "next", "last")
        if rel in view
    ]
    return [ox.Triple(*terms) for terms in said]
