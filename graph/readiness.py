"""Readiness of a guideline: what AGREE II and the national method ask for, and which of it is met, missing or unclear.

The items are data (``readiness.yaml``): each with its wording, the graph pattern that shows it met, and the rules that
bear on it. A guideline that is only cited has not been read: of it nothing can be said.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import pyoxigraph as ox
import yaml

from evidensgraf.ontology.namespaces import EV, ID, LANGUAGES, PREFIXES, owner

T = TypeVar("T")
Record = dict[str, Any]
"""A JSON-ready object."""
Rows = Sequence[Mapping[str, Mapping[str, str]]]
"""The solutions of a query, as in SPARQL 1.1 Query Results JSON."""
Ask = Callable[[str], Awaitable[Rows]]
"""Answers a SELECT query over the union of all graphs."""
STATES = ("missing", "judgement", "met", "none", "unread")
"""What can be said of an item: something is missing, a person has to judge, it is met, there is nothing that it applies
to, or the guideline has not been read."""
MOST = 10
"""How many things that show an item, and that lack it, are listed; the numbers are those of all."""
_PREFIXES = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in ("ev", "dcterms", "oa", "skos", "foaf", "rdfs"))
_GUIDELINES = "{ ?guideline a ev:Guideline } UNION { ?it ev:partOfGuideline ?guideline }"
_READ = "{ ?it ev:partOfGuideline ?guideline } UNION { ?it oa:hasSource ?guideline }"
_LABEL = "dcterms:title|skos:prefLabel|foaf:name|rdfs:label"


@cache
def described() -> Record:
    """Return the methods, the kinds of things and the items: the content of ``readiness.yaml``."""
    found: Record = yaml.safe_load((files("evidensgraf.graph") / "readiness.yaml").read_bytes())
    return found


async def guidelines(ask: Ask) -> list[Record]:
    """Return every guideline that is stated or that a recommendation is a part of, and whether it has been read."""
    every = {row["guideline"]["value"] for row in await ask(_select("DISTINCT ?guideline", _GUIDELINES))}
    read = {row["guideline"]["value"] for row in await ask(_select("DISTINCT ?guideline", f"{_GUIDELINES} {_READ}"))}
    labels = await _labels(ask, every)
    return [{"id": iri, "label": labels.get(iri, {}), "read": iri in read} for iri in sorted(every)]


async def readiness(ask: Ask, guideline: str, results: Iterable[Record] = ()) -> Record:
    """Return the report on a guideline (an IRI): its items by method and domain, each with its state and what shows it.

    ``results`` are those of the rules (``rule``, ``severity``, ``focus``). Those count which are about the guideline or
    what its items are about: a Violation of a rule that bears on an item says that it is not met.
    """
    read = bool(await ask(_select("?it", _for(guideline) + _READ, "LIMIT 1")))
    found = {
        item["id"]: _pairs(await ask(_shown(item, guideline))) if read and "of" in item else {}
        for item in described()["items"]
    }
    about = {guideline, *(thing for pairs in found.values() for thing in pairs)}
    here = [r for r in results if owner(r["focus"]) in about or r["focus"] in about]
    items = [_judged(item, found[item["id"]], here, read=read) for item in described()["items"]]
    named = {v["id"] for item in items for key in ("shown", "lacking") for v in item[key] if "id" in v}
    labels = await _labels(ask, {guideline, *named, *map(owner, named)})
    return {
        "guideline": {"id": guideline, "label": labels.get(guideline, {})},
        "read": read,
        "counts": _counts(items),
        "methods": _by_method(_with_labels(items, labels)),
    }


def readiness_of(store: ox.Store, guideline: str, results: Iterable[Record] = ()) -> Record:
    """Return the report on a guideline in a store; see ``readiness``."""
    return _finished(readiness(_asking(store), guideline, results))


def guidelines_of(store: ox.Store) -> list[Record]:
    """Return the guidelines in a store; see ``guidelines``."""
    return _finished(guidelines(_asking(store)))


def _asking(store: ox.Store) -> Ask:
    async def ask(query: str) -> Rows:
        answer = store.query(query, use_default_graph_as_union=True)
        assert isinstance(answer, ox.QuerySolutions)
        rows: Rows = json.loads(answer.serialize(format=ox.QueryResultsFormat.JSON) or b"")["results"]["bindings"]
        return rows

    return ask


def _finished(work: Coroutine[Any, Any, T]) -> T:
    """Return what work gives that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        found: T = end.value
        return found
    raise RuntimeError("a store was waited for")


def _select(what: str, where: str, more: str = "") -> str:
    return f"{_PREFIXES}SELECT {what} WHERE {{ {where} }} {more}"


def _for(guideline: str) -> str:
    return f"VALUES ?guideline {{ {ox.NamedNode(guideline)} }} "


def _shown(item: Record, guideline: str) -> str:
    things = described()["things"][item["of"]]["pattern"]
    return _select("DISTINCT ?thing ?value", f"{_for(guideline)} {things} OPTIONAL {{ {item['shown']} }}")


def _pairs(rows: Rows) -> dict[str, list[Record]]:
    """Return what shows an item, by the thing that it is about: things, or texts by language."""
    found: dict[str, list[Record]] = {}
    texts: dict[str, dict[str, str]] = {}
    for row in rows:
        values, value = found.setdefault(row["thing"]["value"], []), row.get("value")
        if value and value["type"] == "uri":
            values.append({"id": value["value"]})
        elif value:
            text = texts.setdefault(row["thing"]["value"], {})
            text[value.get("xml:lang", "und")] = value["value"]
            values[:] = [{"text": text}]
    return {thing: sorted(values, key=lambda v: v.get("id", "")) for thing, values in sorted(found.items())}


def _judged(item: Record, pairs: Mapping[str, list[Record]], results: Iterable[Record], *, read: bool) -> Record:
    """Return an item with its state, what shows it and what lacks it, and what the rules that bear on it found."""
    lacking = [thing for thing, values in pairs.items() if not values]
    shown = list({json.dumps(v, sort_keys=True): v for values in pairs.values() for v in values}.values())
    rules = [{"rule": name, **_found(name, results)} for name in item.get("rules", [])]
    return {
        "id": item["id"],
        "name": _text(item["name"]),
        "do": _text(item["do"]),
        "state": _state(item, pairs, lacking, rules, read=read),
        "human": bool(item.get("human")),
        "of": _text(described()["things"][item["of"]]["name"]) if "of" in item else None,
        "total": len(pairs),
        "missing": len(lacking),
        "shown": shown[:MOST],
        "lacking": [{"id": thing} for thing in lacking[:MOST]],
        "rules": rules,
    }


def _state(
    item: Record, pairs: Mapping[str, list[Record]], lacking: Sequence[str], rules: Iterable[Record], *, read: bool
) -> str:
    if not read:
        return "unread"
    if "of" not in item:
        return "judgement"
    if not pairs:
        return "none"
    if lacking or any(rule["violation"] for rule in rules):
        return "missing"
    return "judgement" if item.get("human") else "met"


def _found(rule: str, results: Iterable[Record]) -> dict[str, int]:
    counts = Counter(str(r["severity"]).lower() for r in results if r["rule"] == rule)
    return {severity: counts[severity] for severity in ("violation", "warning", "info")}


def _text(pair: Sequence[str]) -> dict[str, str]:
    return dict(zip(LANGUAGES, pair, strict=True))


def _counts(items: Iterable[Record]) -> dict[str, int]:
    found = Counter(item["state"] for item in items)
    return {state: found[state] for state in STATES}


def _by_method(items: Sequence[Record]) -> list[Record]:
    domain_of = {item["id"]: item["domain"] for item in described()["items"]}
    return [
        {
            "id": method,
            "name": _text(about["name"]),
            "address": about["address"],
            "domains": [
                {"id": domain, "name": _text(name), "items": [i for i in items if domain_of[i["id"]] == domain]}
                for domain, name in about["domains"].items()
            ],
        }
        for method, about in described()["methods"].items()
    ]


async def _labels(ask: Ask, wanted: Iterable[str]) -> dict[str, dict[str, str]]:
    iris = " ".join(str(ox.NamedNode(iri)) for iri in sorted(wanted) if iri.startswith((ID, EV)))
    found: dict[str, dict[str, str]] = {}
    part = '?thing dcterms:description ?label . FILTER(CONTAINS(STR(?thing), "#"))'
    where = f"VALUES ?thing {{ {iris} }} {{ ?thing {_LABEL} ?label }} UNION {{ {part} }}"
    for row in await ask(_select("?thing ?label", where)):
        found.setdefault(row["thing"]["value"], {})[row["label"].get("xml:lang", "und")] = row["label"]["value"]
    return found


def _with_labels(items: Iterable[Record], labels: Mapping[str, Mapping[str, str]]) -> list[Record]:
    """Return items in which every thing has its label; a part that has none, that of its owner."""

    def named(values: Iterable[Record]) -> Iterator[Record]:
        for value in values:
            iri = str(value.get("id", ""))
            label = labels.get(iri) or labels.get(owner(iri), {})
            yield {**value, "label": dict(label)} if iri else value

    return [{**item, **{key: list(named(item[key])) for key in ("shown", "lacking")}} for item in items]
