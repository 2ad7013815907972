"""What the release adds to the description of the REST API: an example of every answer, and the names filters take."""

from __future__ import annotations

import copy
from typing import Any

from evidensgraf.graph.engine import Engine
from evidensgraf.graph.readiness import guidelines, readiness
from evidensgraf.graph.standing import Claim
from evidensgraf.ontology.namespaces import EV
from evidensgraf.service.api import counts, getter
from evidensgraf.service.api_csv import csv_bytes
from evidensgraf.service.api_select import tail
from evidensgraf.service.collections import Collection, collections
from evidensgraf.service.facts import Record
from evidensgraf.service.impact import impact_of
from evidensgraf.service.openapi import API_INFO, operation_id, target_name
from evidensgraf.service.rule_facts import asking
from evidensgraf.service.search import index_of
from evidensgraf.service.search_api import found
from evidensgraf.service.tables import Holdings

MOST_NAMES = 600
"""How many names the description of a filter lists at most; of a class with more it says only that there are names."""
QUESTION = "bostad först"
"""What the example of the search looks for."""
_JSON = "application/json"
_TRIED = EV + "withdrawn"


async def with_examples(
    document: dict[str, Any], engine: Engine, holdings: Holdings, stated: Record, base: str
) -> dict[str, Any]:
    """Return a copy of the description with an example of every answer, every list in it cut to its first item.

    ``stated`` is what every answer says of itself, and ``base`` the public base. Operations of which the release has no
    record have no example. Raises what ``Engine.query`` raises.
    """
    document = copy.deepcopy(document)
    shown = {op["operationId"]: op for item in document["paths"].values() for op in item.values()}
    for collection in collections().values():
        await _of_list(shown, collection, engine, holdings, stated)
    info = API_INFO | {"apiDocumentation": f"{base}api/v1/docs", "release": stated["release"]}
    _add(shown["apiInfo"], _JSON, info)
    answer = found(await index_of(engine, holdings), QUESTION, "", 1, 1, base)
    _add(shown["search"], _JSON, {**first(answer), **stated})
    ask_engine = asking(engine)
    for guideline in (await guidelines(ask_engine))[:1]:
        report = await readiness(ask_engine, guideline["id"])
        _add(shown["readinessOfGuideline"], _JSON, {**first(report), **stated})
    for target in {f.target for c in collections().values() for f in c.fields if f.linked}:
        names = sorted({tail(iri) for iri in await holdings.things(engine, target)})
        if 0 < len(names) <= MOST_NAMES:
            document["components"]["schemas"][target_name(target)]["enum"] = names
    return document


async def _of_list(
    shown: dict[str, Any], collection: Collection, engine: Engine, holdings: Holdings, stated: Record
) -> None:
    table = await holdings.table(engine, collection)
    if not table.records:
        return
    record = table.records[0]
    page = {"items": [first(record)], **counts(len(table.records), 1, 1), **stated}
    _add(shown[operation_id(collection)], _JSON, page)
    rows = csv_bytes(collection, table.records, [record], []).decode()
    _add(shown[operation_id(collection)], "text/csv", rows)
    get = getter(collection)
    whole = await get(engine, str(record["slug"])) if get else record
    for part in ("get", "chain"):
        if (name := operation_id(collection, part)) in shown:
            _add(shown[name], _JSON, {**first(dict(whole or {})), **stated})
    if (name := operation_id(collection, "impact")) in shown:
        _add(shown[name], _JSON, {**first(await impact_of(engine, [Claim(str(record["id"]), "", _TRIED)])), **stated})


def _add(operation: dict[str, Any], media_type: str, value: Any) -> None:
    operation["responses"]["200"]["content"][media_type]["examples"] = {"release": {"value": value}}


def first(value: Any) -> Any:
    """Return a JSON value with every list in it cut to its first item; a list of numbers is a place, and stays whole.

    >>> first({"a": ["x", "y"], "b": {"c": []}, "d": [[1, 2], [5, 8]]})
    {'a': ['x'], 'b': {'c': []}, 'd': [[1, 2]]}
    """
    if isinstance(value, dict):
        return {key: first(item) for key, item in value.items()}
    if isinstance(value, list) and not all(isinstance(item, int) for item in value):
        return [first(item) for item in value[:1]]
    return value
