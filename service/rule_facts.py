"""The rules and what they say of the release, as records: for the list of rules, and for the page on quality."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from evidensgraf.graph.engine import Engine
from evidensgraf.graph.readiness import Ask, Rows
from evidensgraf.graph.results import explanations
from evidensgraf.ontology.namespaces import ID, owner
from evidensgraf.service.facts import Record, Row, ask
from evidensgraf.service.records import labels_of
from evidensgraf.shapes.validate import SEVERITIES, SHAPE, rule_number


def asking(engine: Engine) -> Ask:
    """Return what asks an engine for the rows of a query; it raises what ``Engine.query`` raises."""

    async def rows_of(query: str) -> Rows:
        rows: Rows = json.loads((await engine.query(query)).body)["results"]["bindings"]
        return rows

    return rows_of


async def found_by_rules(engine: Engine) -> list[Record]:
    """Return the results of the rules in the release, each with ``rule``, ``severity`` and ``focus``."""
    return [
        {
            "rule": rule_number(row["shape"]["value"]) or row["shape"]["value"].removeprefix(SHAPE),
            "severity": row["severity"]["value"].partition("#")[2],
            "focus": row["focus"]["value"],
        }
        for row in await ask(engine, "validation-results")
    ]


async def listed(engine: Engine) -> list[Record]:
    """Return the rules: number, name, severity, why, what each is based on, and how many results it gives."""
    found: dict[str, Record] = {}
    for row in await ask(engine, "rules"):
        iri = row["rule"]["value"]
        record = found.setdefault(
            iri,
            {
                "id": iri,
                "local": iri.removeprefix(SHAPE),
                "number": rule_number(iri),
                "severity": row["severity"]["value"].partition("#")[2],
                "results": 0,
                "basis": [],
                **{key: _pair(row, key) for key in ("name", "why", "source")},
            },
        )
        if "basis" in row:
            address = row["address"]["value"] if "address" in row else None
            record["basis"].append({"id": row["basis"]["value"], "label": _pair(row, "basis"), "address": address})
    for row in await ask(engine, "validation-results"):
        shape = row["shape"]["value"]
        for iri in (shape, f"{SHAPE}{rule_number(shape)}"):  # a rule, or a part of one
            if iri in found:
                found[iri]["results"] += 1
                break
    return list(found.values())


async def results(engine: Engine) -> list[Record]:
    """Return what the shapes say of the release, by shape: name, severity, things, and why they stand."""
    rows = await ask(engine, "validation-results")
    names = await labels_of(engine, {owner(row["focus"]["value"]) for row in rows} | _iris(rows, "value"))
    found: dict[str, Record] = {}
    for row in rows:
        iri = row["shape"]["value"]
        severity = row["severity"]["value"].partition("#")[2]
        group = found.setdefault(
            iri,
            {
                "id": iri,
                "local": iri.removeprefix(SHAPE),
                "name": _pair(row, "name"),
                "severity": severity,
                "why": explanations().get(iri.removeprefix(SHAPE)),
                "things": [],
            },
        )
        group["things"].append({"focus": _thing(row["focus"], names), "value": _value(row, names)})
    return sorted(found.values(), key=lambda group: (SEVERITIES.index(group["severity"]), group["local"]))


def _iris(rows: Iterable[Row], name: str) -> set[str]:
    return {owner(row[name]["value"]) for row in rows if row.get(name, {}).get("type") == "uri"}


def _thing(term: Any, names: Any) -> Record:
    iri = term["value"]
    part = iri.partition("#")[2]
    label = names.get(owner(iri)) or {"und": iri.removeprefix(ID)}
    return {"id": iri, "label": {lang: f"{text} (#{part})" if part else text for lang, text in label.items()}}


def _value(row: Row, names: Any) -> Record | None:
    if "value" not in row or row["value"]["value"] == row["focus"]["value"]:
        return None
    if row["value"]["type"] == "uri":
        return _thing(row["value"], names)
    return {"label": {row["value"].get("xml:lang", "und"): row["value"]["value"]}}


def _pair(row: Row, name: str) -> dict[str, str]:
    return {lang: row[key]["value"] for lang, key in (("sv", f"{name}Sv"), ("en", f"{name}En")) if key in row}
