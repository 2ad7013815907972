"""Where the type IRIs of problems lead: what each kind of problem means and what to do about it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.service import pages
from evidensgraf.service.near import near
from evidensgraf.service.paths import full_path
from evidensgraf.service.problem_types import PROBLEM_TYPES, ProblemType
from evidensgraf.service.resources import not_found
from evidensgraf.service.responses import HTML, JSON, answer, json_bytes, known, language, negotiate

router = APIRouter(prefix="/problems", include_in_schema=False)


def _document(kind: ProblemType, base: str) -> dict[str, Any]:
    return {
        "type": f"{base}problems/{kind.name}",
        "status": kind.status,
        "title": kind.title,
        "explanation": kind.explanation,
    }


@router.get("")
@router.get("/")
async def problem_types(request: Request) -> Response:
    """List every kind of problem."""
    negotiate(request, [JSON])
    base = request.app.state.settings.public_base
    found = {"problems": [_document(kind, base) for kind in PROBLEM_TYPES.values()]}
    return known(request, JSON) or answer(request, json_bytes(found), JSON)


@router.get("/{name}")
async def problem_type(request: Request, name: str) -> Response:
    """Explain one kind of problem."""
    if name not in PROBLEM_TYPES:
        raise not_found(request, [f"/problems/{n}" for n in near(name, PROBLEM_TYPES)])
    kind, base = PROBLEM_TYPES[name], request.app.state.settings.public_base
    variant = negotiate(request, (JSON, HTML))
    lang = language(request) if variant == HTML else None
    if ready := known(request, variant, lang):
        return ready
    if lang is None:
        return answer(request, json_bytes(_document(kind, base)), JSON)
    shown = {
        "type": f"{base}problems/{name}",
        "title": kind.title[lang],
        "status": kind.status,
        "detail": kind.explanation[lang],
        "instance": full_path(request),
        "errors": [],
    }
    return answer(request, await pages.problem_page(request, shown, lang), HTML, lang)
