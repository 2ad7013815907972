"""Checking drafts over HTTP: ``POST /api/v1/checks`` for programs, and the page ``/check`` for people.

A draft is checked in memory, in a process of its own, and forgotten: it is not stored, logged or cached, and so is the
report.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.check_rules import Record
from evidensgraf.graph.draft import MEDIA_TYPES, XLSX, DraftError
from evidensgraf.graph.draft_checks import EXPLANATIONS
from evidensgraf.service import check_sarif
from evidensgraf.service.api_select import refuse, unusable
from evidensgraf.service.check_page import report_html
from evidensgraf.service.check_shacl import shacl_report
from evidensgraf.service.check_text import text_report
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.problems import Problem, of_draft
from evidensgraf.service.rendering import View
from evidensgraf.service.responses import (
    BOTH,
    HTML,
    JSON,
    About,
    answer,
    json_bytes,
    known,
    language,
    link,
    negotiate,
)
from evidensgraf.service.serving import serving_of
from evidensgraf.service.uploads import Part, read_form

FORM = "multipart/form-data"
"""The media type of a form with a file (RFC 7578)."""
WORKBOOK = Variant(XLSX, "xlsx")
SARIF = Variant(check_sarif.MEDIA_TYPE, "sarif")
VARIANTS = (JSON, Variant("text/turtle", "ttl"), SARIF, HTML, Variant("text/plain", "txt"), WORKBOOK)
"""The forms of a report, in the server's order of preference."""

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Upload:
    """A draft as it was sent: its name, media type and content, and the format of the report that its form asks for."""

    name: str
    media_type: str
    content: bytes
    format: str = ""


@router.post("/api/v1/checks")
async def check(request: Request) -> Response:
    """Check the draft in the body and answer with its report; nothing is stored."""
    refuse(unusable(request.query_params, ()))
    variant, lang = negotiate(request, VARIANTS), language(request)
    upload = await _received(request)
    report, workbook = await _checked(request, upload, lang if variant == WORKBOOK else "")
    return await _answer(request, variant, lang, report, workbook)


@router.get("/check")
async def form(request: Request) -> Response:
    """Show the form to send a draft with."""
    negotiate(request, [HTML])
    lang = language(request)
    if ready := known(request, HTML, lang):
        return ready
    return answer(request, _page(request, lang), HTML, lang)


@router.post("/check")
async def page(request: Request) -> Response:
    """Check the draft of the form and show the report as a page, or give it in the form that was chosen."""
    lang = language(request)
    problem: Problem | None = None
    try:
        upload = await _received(request)
        chosen = next((v for v in VARIANTS if v.name == upload.format), HTML)
        report, workbook = await _checked(request, upload, lang if chosen == WORKBOOK else "")
        if chosen != HTML:
            return await _answer(request, chosen, lang, report, workbook)
    except DraftError as error:
        problem = of_draft(error)
    except Problem as error:
        problem = error
    if problem is not None:
        shown = _page(request, lang, problem=problem.document(request, lang))
        headers = {"Cache-Control": "no-store", "Content-Language": lang, **problem.headers}
        return Response(shown, problem.status, headers, media_type=HTML.content_type)
    return answer(request, await asyncio.to_thread(_page, request, lang, report), HTML, lang, About(constant=False))


async def _received(request: Request) -> Upload:
    """Return the draft in a request: its whole body, or the part ``draft`` of a form.

    Raises ``Problem``: 400 for a form without one, 415 for a body of another kind.
    """
    body, kind = await request.body(), request.headers.get("content-type", "")
    media_type = kind.partition(";")[0].strip().lower()
    if media_type == FORM:
        parts = read_form(body, kind)
        draft = parts.get("draft", Part())
        if not draft.content and not draft.filename:
            sv, en = "Välj en fil att kontrollera.", "Choose a file to check."
            raise Problem("bad-request", {"sv": sv, "en": en})
        chosen = parts.get("format", Part()).content.decode("utf-8", "replace")
        return Upload(draft.filename or "draft", draft.media_type, bytes(draft.content), chosen)
    if media_type not in MEDIA_TYPES:
        accepted = ", ".join([*MEDIA_TYPES, FORM])
        detail = {"sv": f"Ett utkast kan skickas som: {accepted}.", "en": f"A draft can be sent as: {accepted}."}
        raise Problem("unsupported-media-type", detail, headers={"Accept-Post": accepted})
    return Upload(f"draft{MEDIA_TYPES[media_type]}", media_type, body)


async def _checked(request: Request, upload: Upload, annotate: str) -> tuple[Record, bytes]:
    """Return the report of a draft, and its workbook where that is asked for.

    Raises ``Problem`` (501 where drafts are not checked), ``DraftError`` and what the engine of checks raises.
    """
    serving = serving_of(request)
    if not request.app.state.settings.check_workers:
        raise Problem("check-unavailable")
    found = await serving.checks.check(upload.name, upload.content, upload.media_type, annotate)
    if found[0]["release"] != serving.release.id:
        raise Problem("check-unavailable")
    if annotate and not found[1]:
        sv = "Resultaten kan bara märkas ut i ett utkast som är en Excelfil. Välj ett annat format."
        en = "Results can only be marked in a draft that is a workbook. Choose another format."
        raise Problem("not-acceptable", {"sv": sv, "en": en})
    return found


async def _answer(request: Request, variant: Variant, lang: str, report: Record, workbook: bytes) -> Response:
    base = str(request.app.state.settings.public_base)
    made: dict[str, Callable[[], bytes | str]] = {
        "json": partial(json_bytes, report),
        "ttl": partial(shacl_report, report),
        "sarif": lambda: json_bytes(check_sarif.sarif_report(report, lang, base)),
        "html": partial(_page, request, lang, report),
        "txt": partial(text_report, report, lang),
        "xlsx": lambda: workbook,
    }
    body = await asyncio.to_thread(made[variant.name])
    both = BOTH.bilingual if variant.name in ("json", "ttl") else False
    about = About(links=[link(f"{base}check", "help", type="text/html")], bilingual=both, constant=False)
    response = answer(request, body, variant, None if both else lang, about)
    if variant != HTML:
        name = "kontroll" if lang == "sv" else "check"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.{variant.name}"'
    return response


def _page(request: Request, lang: str, report: Record | None = None, problem: Record | None = None) -> str:
    view, settings = View(request, lang), request.app.state.settings
    return view.render(
        "check.html",
        report=report and report_html(report, lang, view.href),
        name=report["draft"]["name"] if report else "",
        problem=problem,
        largest=settings.check_mb,
        open=bool(settings.check_workers),
        own=EXPLANATIONS,
        formats=[],
        current="check",
    )
