"""Tables: the records of each list, made once for each release from its catalogue query and kept with their names."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evidensgraf.graph.collation import swedish_order
from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import EV, PREFIXES, expand
from evidensgraf.service.collections import Collection, Field
from evidensgraf.service.facts import Record, Text, ask, gather, identity, number
from evidensgraf.service.records import labels_of

_TYPE = PREFIXES["rdf"] + "type"
_Terms = Mapping[str, Sequence[Mapping[str, str]]]
"""Property IRI → values; or the name of a field that a query of the catalogue gives → values."""


@dataclass(frozen=True)
class Table:
    """The records of one list in its own order, and the same by slug."""

    records: tuple[Record, ...]
    by_slug: Mapping[str, Record]


@dataclass
class Holdings:
    """What is made of one release: its tables, and what else is kept under a name (the index of the search)."""

    tables: dict[str, Table] = field(default_factory=dict)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    others: dict[str, object] = field(default_factory=dict)
    locks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def table(self, engine: Engine, collection: Collection) -> Table:
        """Return the table of a list, made when it is first asked for. Raises what ``Engine.query`` raises."""
        async with self.locks[collection.name]:
            if collection.name not in self.tables:
                self.tables[collection.name] = await make(engine, collection)
            return self.tables[collection.name]

    async def things(self, engine: Engine, target: str) -> tuple[str, ...]:
        """Return the IRIs of the things of a class (a CURIE). Raises what ``Engine.query`` raises."""
        if target not in self.members:
            rows = await ask(engine, "members-of-class", **{"class": expand(target)})
            self.members[target] = tuple(row["thing"]["value"] for row in rows)
        return self.members[target]


async def make(engine: Engine, collection: Collection) -> Table:
    """Return the table of a list, by the class and the fields that it declares. Raises what ``Engine.query`` raises."""
    said: dict[str, defaultdict[str, list[Mapping[str, str]]]] = {}
    for row in await ask(engine, "collection", **{"class": expand(collection.target)}):
        if row["subject"]["value"].startswith(collection.within):
            properties = said.setdefault(row["subject"]["value"], defaultdict(list))
            properties[row["property"]["value"]].append(row["value"])
    await _add_from_queries(engine, collection.fields, said)
    names = await _names(engine, collection.fields, said.values())
    return await asyncio.to_thread(_table, collection, said, names)


async def _add_from_queries(
    engine: Engine, fields: Iterable[Field], said: Mapping[str, defaultdict[str, list[Mapping[str, str]]]]
) -> None:
    for asked in (f for f in fields if f.query):
        for row in await ask(engine, asked.query):
            values = said.get(row[asked.record]["value"]) if asked.record in row else None
            if values is not None and asked.variable in row and row[asked.variable] not in values[asked.name]:
                values[asked.name].append(row[asked.variable])


async def _names(engine: Engine, fields: Iterable[Field], said: Iterable[_Terms]) -> dict[str, Text]:
    keys = [key for f in fields if f.linked for key in (f.properties or (f.name,))]
    return await labels_of(engine, {term["value"] for terms in said for key in keys for term in terms.get(key, ())})


def _table(collection: Collection, said: Mapping[str, _Terms], names: Mapping[str, Text]) -> Table:
    records = [_record(collection, iri, terms, names) for iri, terms in said.items()]
    records.sort(key=lambda record: str(record["id"]))
    records.sort(key=lambda record: order_key(record[collection.order]))
    return Table(tuple(records), {str(record["slug"]): record for record in records})


def order_key(value: object) -> tuple[bool, tuple[str, str] | float]:
    """Return what a value is sorted by: numbers by size, texts as Swedish does, what is not said last."""
    if isinstance(value, Mapping):
        value = next(iter(value.values()), None)
    if value is None or value == "":
        return True, ("", "")
    return False, (value if isinstance(value, (int, float)) else swedish_order(str(value)))


def _record(collection: Collection, iri: str, terms: _Terms, names: Mapping[str, Text]) -> Record:
    record = identity(iri)
    if not record["type"]:
        types = sorted(t["value"] for t in terms.get(_TYPE, ()) if t["value"].startswith(EV))
        record["type"] = types[0][len(EV) :] if types else collection.kind
    for shown in collection.fields:
        keys = shown.properties or (shown.name,)
        values = next((terms[key] for key in keys if terms.get(key)), [])
        record[shown.name] = value_of(shown, values, names)
    return record


def value_of(shown: Field, values: Sequence[Mapping[str, str]], names: Mapping[str, Text]) -> object:
    """Return the value of a field: what is not said is ``None`` or an empty list, and a count that is not there 0."""
    plain = sorted({term["value"] for term in values})
    match shown.kind:
        case "text":
            return gather((t.get("xml:lang", ""), t["value"]) for t in values) or None
        case "link" | "links":
            linked = [{"id": iri, "label": dict(names.get(iri) or {"und": _tail(iri)})} for iri in plain]
            linked.sort(key=lambda thing: order_key(thing["label"]))
            return linked if shown.kind == "links" else next(iter(linked), None)
        case "strings":
            return plain
        case "number":
            return number(plain[0]) if plain else (0 if shown.query else None)
        case _:
            return plain[0] if plain else None


def _tail(iri: str) -> str:
    return iri.rstrip("/").rsplit("/", 1)[-1]
