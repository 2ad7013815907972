"""Examples for the description of the REST API, taken from the release that is served, so that they are never stale."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from evidensgraf.graph.engine import Engine
from evidensgraf.service import records
from evidensgraf.service.chain import evidence_chain
from evidensgraf.service.responses import LICENSE

_Get = Callable[[Engine, str], Awaitable[Mapping[str, Any] | None]]
_LISTS: dict[str, Callable[[Engine], Awaitable[Sequence[Mapping[str, Any]]]]] = {
    "recommendations": records.list_recommendations,
    "interventions": records.list_interventions,
    "findings": records.list_findings,
    "evidence-gaps": records.list_gaps,
    "appraisals": records.list_appraisals,
    "sources": records.list_sources,
}
_RECORDS: dict[str, tuple[str, _Get]] = {
    "intervention": ("interventions", records.get_intervention),
    "source": ("sources", records.get_source),
    "recommendation": ("recommendations", records.get_recommendation),
    "appraisal": ("appraisals", records.get_appraisal),
    "recommendation-chain": ("recommendations", lambda engine, slug: evidence_chain(engine, "recommendation", slug)),
    "appraisal-chain": ("appraisals", lambda engine, slug: evidence_chain(engine, "appraisal", slug)),
}


async def examples(engine: Engine, release: str) -> dict[str, Any]:
    """Return operation → an answer of it, every list in it cut to its first item.

    Operations of which the release has no record are left out. Raises what ``Engine.query`` raises.
    """
    common = {"release": release, "license": LICENSE}
    listed = {name: await get(engine) for name, get in _LISTS.items()}
    found: dict[str, Any] = {
        name: {"items": first(list(items)), "total": len(items), "page": 1, "limit": 1, **common}
        for name, items in listed.items()
    }
    for name, (collection, get) in _RECORDS.items():
        if listed[collection]:
            record = await get(engine, str(listed[collection][0]["slug"]))
            found[name] = {**first(dict(record or {})), **common}
    return found


def first(value: Any) -> Any:
    """Return a JSON value with every list in it cut to its first item.

    >>> first({"a": [1, 2], "b": {"c": []}})
    {'a': [1], 'b': {'c': []}}
    """
    if isinstance(value, dict):
        return {key: first(item) for key, item in value.items()}
    return [first(item) for item in value[:1]] if isinstance(value, list) else value
