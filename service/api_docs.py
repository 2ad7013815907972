"""The documentation of the REST API: the OpenAPI document, and the same as a page in Swedish or English."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.service.api import holdings_of, stated
from evidensgraf.service.api_examples import with_examples
from evidensgraf.service.api_select import refuse, unusable
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.openapi import ROOT
from evidensgraf.service.rendering import View
from evidensgraf.service.responses import (
    BOTH,
    HTML,
    JSON,
    answer,
    engine_of,
    json_bytes,
    known,
    language,
    negotiate,
)

OPENAPI = Variant("application/vnd.oai.openapi+json", "openapi")
"""The media type that OpenAPI documents are known by, beside JSON."""
MOST_VALUES = 60
"""How many values of a parameter the page lists."""
_KEY = "openapi"

router = APIRouter(include_in_schema=False)


@router.get(f"{ROOT}/openapi.json")
async def openapi(request: Request) -> Response:
    """Describe the REST API (OpenAPI 3.1), with examples and names from the release."""
    variant = negotiate(request, [JSON, OPENAPI])
    refuse(unusable(request.query_params, ()))
    if ready := known(request, variant, about=BOTH):
        return ready
    return answer(request, json_bytes(await _document(request)), variant, about=BOTH)


@router.get(ROOT)
@router.get(f"{ROOT}/")
@router.get(f"{ROOT}/docs")
async def docs(request: Request) -> Response:
    """Show the description of the REST API as a page."""
    negotiate(request, [HTML])
    lang = language(request)
    if ready := known(request, HTML, lang):
        return ready
    document, view = await _document(request), View(request, lang)
    operations = [
        _operation(document, path, method, operation, lang)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    tags = {tag["name"]: half(tag["description"], lang) for tag in document["tags"]}
    formats = [("OpenAPI", "application/json", view.url(f"{ROOT}/openapi.json"))]
    info = document["info"]
    shown = view.render(
        "api.html",
        info=info,
        about=_paragraph(info["description"], lang),
        limitations=info["x-limitations"][lang],
        service={name: half(said, lang) for name, said in info["x-sla"].items()},
        groups={tag: [o for o in operations if o["tag"] == tag] for tag in tags},
        tags=tags,
        rules=rules(),
        root=ROOT,
        formats=formats,
        current="api",
    )
    return answer(request, shown, HTML, lang)


@cache
def rules() -> tuple[dict[str, Any], ...]:
    """Return the rules of Digg's REST API profile 1.2 and how this API keeps them (``api_profile.yaml``)."""
    table = (files("evidensgraf.service") / "api_profile.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(table))


def half(text: str, lang: str) -> str:
    """Return the part of a text in one language, where both stand with a slash between.

    >>> half("Sök / Search", "en")
    'Search'
    """
    swedish, _, english = text.partition(" / ")
    return english if lang == "en" and english else swedish


def _paragraph(text: str, lang: str) -> str:
    """Return the paragraph of the description in one language, without its heading and marks."""
    swedish, english = text.strip().split("\n\n")
    return (english if lang == "en" else swedish).partition(" ")[2].replace("`", "")


async def _document(request: Request) -> dict[str, Any]:
    """Return the description with its examples, made once for each release."""
    holdings = holdings_of(request)
    async with holdings.locks[_KEY]:
        if _KEY not in holdings.others:
            base = str(request.app.state.settings.public_base)
            made = await with_examples(request.app.openapi(), engine_of(request), holdings, stated(request), base)
            holdings.others[_KEY] = made
    document: dict[str, Any] = holdings.others[_KEY]  # type: ignore[assignment]
    return document


def _operation(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any], lang: str
) -> dict[str, Any]:
    parameters = [_parameter(document, _resolved(document, p), lang) for p in operation["parameters"]]
    content = operation["responses"]["200"]["content"]
    example = content.get("application/json", {}).get("examples", {}).get("release")
    return {
        "id": operation["operationId"],
        "tag": operation["tags"][0],
        "path": ROOT + path if method == "get" else f"{method.upper()} {ROOT}{path}",
        "summary": half(operation["summary"], lang),
        "description": half(operation["description"], lang),
        "parameters": parameters,
        "formats": list(content),
        "example": json.dumps(example["value"], ensure_ascii=False, indent=1) if example else "",
        "codes": [
            (status, half(_resolved(document, said)["description"], lang))
            for status, said in operation["responses"].items()
        ],
    }


def _parameter(document: dict[str, Any], parameter: dict[str, Any], lang: str) -> dict[str, Any]:
    schema = _resolved(document, parameter["schema"])
    items = schema.get("items", schema)
    allowed = items.get("enum", [])
    return {
        "name": parameter["name"],
        "in": parameter["in"],
        "description": half(parameter["description"], lang),
        "default": schema.get("default"),
        "least": schema.get("minimum"),
        "most": schema.get("maximum"),
        "allowed": allowed if len(allowed) <= MOST_VALUES else [],
        "count": len(allowed),
    }


def _resolved(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    _, part, name = value["$ref"].removeprefix("#/").split("/")
    found: dict[str, Any] = document["components"][part][name]
    return found
