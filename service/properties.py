"""Properties: what is said of a resource without a page of its own kind, and what refers to it, as tables show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import PREFIXES
from evidensgraf.queries.catalogue import load
from evidensgraf.service import i18n
from evidensgraf.service.facts import NUMERIC, Facts, Record, Row, number

SHOWN_LINKS = 500
"""Incoming links on a page about a resource (the query ``links-to-resource`` gives one more)."""
_LISTS = (PREFIXES["rdf"] + "first", PREFIXES["rdf"] + "rest")
_Term = Mapping[str, str]


def places(facts: Facts, iri: str) -> list[str]:
    """Return the IRIs of the passages where sources speak of a resource."""
    found = facts.iris(iri, "ev:statedIn") + facts.iris(iri, "dcterms:source")
    return [place for place in found if place.startswith(iri + "#")]


def properties(facts: Facts, iri: str, lang: str) -> dict[str, list[Record]]:
    """Return what is said of a resource: property → values to show, each a linked thing or a text.

    Where a text is there in the language of the page, only that one is shown. Left out are blank nodes (the lists of
    OWL) and passages, which have a place of their own on the page.
    """
    found, elsewhere = {}, places(facts, iri)
    for name, terms in sorted(facts.properties(iri).items()):
        named = [term for term in terms if term["type"] != "bnode" and term["value"] not in elsewhere]
        mine = [term for term in named if term.get("xml:lang") == lang]
        if named:
            found[name] = [_value(facts, term, lang) for term in mine or named]
    return found


def _value(facts: Facts, term: _Term, lang: str) -> Record:
    """Return a value for a table: a link with a label, or a text with its language."""
    if term["type"] == "uri":
        return facts.link(term["value"])
    value, datatype = term["value"], term.get("datatype", "")
    if datatype in NUMERIC:
        value = i18n.number(number(value), lang)
    elif datatype == PREFIXES["xsd"] + "gYearMonth":
        value = i18n.date(value, lang)
    return {"id": None, "label": {term.get("xml:lang", "und"): value}}


class Incoming(NamedTuple):
    """What points to a resource: property → linked things, on one page of many; ``more`` says if others follow."""

    links: dict[str, list[Record]]
    page: int
    more: bool


async def incoming(engine: Engine, iri: str, page: int = 1) -> Incoming:
    """Return a page, counted from 1, of what points to a resource; the parts of a thing stand for the thing."""
    limit = f"LIMIT {SHOWN_LINKS + 1}"
    offset = f"{limit} OFFSET {SHOWN_LINKS * (page - 1)}"
    query = load()["links-to-resource"].bind({"resource": iri}).replace(limit, offset)
    rows: list[Row] = json.loads((await engine.query(query)).body)["results"]["bindings"]
    found: dict[str, dict[str, Record]] = {}
    pairs: set[tuple[str, str]] = set()
    for row in rows:
        pairs.add((row["property"]["value"], row["subject"]["value"]))
        if len(pairs) > SHOWN_LINKS:
            break
        if row["thing"]["type"] == "bnode" or row["property"]["value"] in _LISTS:
            continue
        subject, label = row["thing"]["value"], row.get("label")
        thing = found.setdefault(row["property"]["value"], {}).setdefault(subject, {"id": subject, "label": {}})
        if label:
            thing["label"][label.get("xml:lang", "und")] = label["value"]
    for things in found.values():
        for thing in things.values():
            thing["label"] = thing["label"] or {"und": "/".join(thing["id"].split("/")[-2:])}
    return Incoming({p: list(t.values()) for p, t in found.items()}, page, len(pairs) > SHOWN_LINKS)
