"""Problems: every answer of 400 and above is an RFC 9457 problem, for machines as JSON and for people as a page."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.draft import DraftError
from evidensgraf.graph.engine import (
    EngineBusy,
    EngineError,
    EngineFault,
    EngineUnavailable,
    LimitExceeded,
    NotAcceptable,
    QueryFailed,
    QueryRefused,
    QuerySyntaxError,
)
from evidensgraf.queries.catalogue import CatalogueError
from evidensgraf.service import pages
from evidensgraf.service.access import note
from evidensgraf.service.negotiation import Variant, choose, choose_language, joined
from evidensgraf.service.paths import chosen_format, full_path, local_path
from evidensgraf.service.problem_types import BY_STATUS, PROBLEM_TYPES, Text
from evidensgraf.service.swedish import swedish, swedish_reason

LOG = logging.getLogger("evidensgraf.service")
JSON = Variant("application/problem+json", "json")
HTML = Variant("text/html", "html")
LONGEST_PATH = 500
"""How much of a path ``instance`` says, in characters."""
_LIMITS: dict[str, tuple[str, str, str]] = {
    "seconds": (
        "deadline",
        "Frågan stoppades efter {value:g} sekunder. Fråga efter mindre, eller ladda ner utgåvan och kör den där.",
        "The query was stopped after {value:g} seconds. Ask for less, or download the release and run it there.",
    ),
    "memory_mb": (
        "memory-limit",
        "Frågan stoppades: den behövde mer än {value:g} MB minne. Fråga efter mindre åt gången.",
        "The query was stopped: it needed more than {value:g} MB of memory. Ask for less at a time.",
    ),
    "check_seconds": (
        "deadline",
        "Kontrollen stoppades efter {value:g} sekunder. Dela upp utkastet, eller kontrollera det på en egen dator med "
        "evidensgraf check.",
        "The check was stopped after {value:g} seconds. Divide the draft, or check it on a computer of your own with "
        "evidensgraf check.",
    ),
    "check_memory_mb": (
        "memory-limit",
        "Kontrollen stoppades: den behövde mer än {value:g} MB minne. Dela upp utkastet.",
        "The check was stopped: it needed more than {value:g} MB of memory. Divide the draft.",
    ),
    "check_size_mb": (
        "answer-too-large",
        "Rapporten är större än {value:g} MB. Dela upp utkastet.",
        "The report is larger than {value:g} MB. Divide the draft.",
    ),
    "rows": (
        "answer-too-large",
        "Svaret har fler än {value:g} rader. Lägg till LIMIT och OFFSET, eller ladda ner utgåvan.",
        "The answer has more than {value:g} rows. Add LIMIT and OFFSET, or download the release.",
    ),
    "size_mb": (
        "answer-too-large",
        "Svaret är större än {value:g} MB. Lägg till LIMIT och OFFSET, eller ladda ner utgåvan.",
        "The answer is larger than {value:g} MB. Add LIMIT and OFFSET, or download the release.",
    ),
}


_RULES: dict[str, tuple[str, str]] = {
    "int_parsing": ("Ska vara ett heltal.", "Must be a whole number."),
    "greater_than_equal": ("Ska vara minst {ge}.", "Must be at least {ge}."),
    "less_than_equal": ("Får vara högst {le}.", "Must be at most {le}."),
    "string_too_long": ("Får ha högst {max_length} tecken.", "Must have at most {max_length} characters."),
    "string_pattern_mismatch": ("Ska bestå av a–z, 0–9 och bindestreck.", "Must consist of a–z, 0–9 and hyphens."),
}
"""What a parameter takes, by the kind of rule that it breaks (Pydantic's error types)."""


class Problem(Exception):
    """A request that is not answered as asked.

    ``name`` is a key of ``PROBLEM_TYPES``; ``detail`` says what was wrong in ``sv`` and ``en`` (the explanation of the
    type where it is left out); ``errors`` are single faults; ``members`` are extension members (RFC 9457 §3.2).
    """

    def __init__(
        self,
        name: str,
        detail: Text | None = None,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        self.type = PROBLEM_TYPES[name]
        self.detail = detail or self.type.explanation
        super().__init__(self.detail["en"])
        self.errors, self.members, self.headers = list(errors), dict(members or {}), dict(headers or {})
        self.status = status or self.type.status

    def document(self, request: Request, lang: str) -> dict[str, Any]:
        """Return the problem document in one language, with what may say so in ``errors`` in that language too."""
        base = request.app.state.settings.public_base
        return {
            "type": f"{base}problems/{self.type.name}",
            "title": self.type.title[lang],
            "status": self.status,
            "detail": self.detail[lang],
            "instance": f"{_reference(full_path(request))}#{request.scope.get('request_id', '')}",
            **self.members,
            "errors": [{key: _in(value, lang) for key, value in error.items()} for error in self.errors],
        }


def _reference(path: str) -> str:
    """Return a path as a URI reference (RFC 3986 §4.2) of at most ``LONGEST_PATH`` characters."""
    path = "/." + path if path.startswith("//") else path
    quoted = quote(path, safe="/:@!$&'()*+,;=~", errors="replace")
    return quoted if len(quoted) <= LONGEST_PATH else re.sub("%.?$", "", quoted[:LONGEST_PATH])


def _in(value: Any, lang: str) -> Any:
    return value[lang] if isinstance(value, dict) and value.keys() == {"sv", "en"} else value


def of_engine(error: EngineError) -> Problem:
    """Return the problem of a query that was not answered."""
    said = {"sv": swedish(str(error)), "en": str(error)}
    match error:
        case QuerySyntaxError():
            place = {"line": error.line, "column": error.column}
            reason = {"sv": swedish_reason(error.reason), "en": error.reason}
            said = {
                "sv": f"Syntaxfel på rad {error.line}, kolumn {error.column}: {reason['sv']}.",
                "en": f"Syntax error at line {error.line}, column {error.column}: {reason['en']}.",
            }
            return Problem("query-syntax", said, members=place, errors=[{"detail": reason, **place}])
        case QueryFailed():
            return Problem("query-failed", said)
        case QueryRefused():
            return Problem("query-refused", said)
        case NotAcceptable():
            return Problem("not-acceptable", said, members={"available": error.available})
        case LimitExceeded():
            name, sv, en = _LIMITS[error.limit]
            detail = {"sv": sv.format(value=error.value), "en": en.format(value=error.value)}
            return Problem(name, detail, members={"limit": error.limit, "value": error.value})
        case EngineBusy():
            return Problem("busy", said, headers={"Retry-After": str(error.retry_after)})
        case EngineFault():
            LOG.error("engine at fault: %s", error)
            return Problem("engine-fault", said)
        case EngineUnavailable():
            LOG.error("engine unavailable: %s", error)
            return Problem("unavailable")
        case _:
            return Problem("bad-request", said)


def of_draft(error: DraftError) -> Problem:
    """Return the problem of a draft that cannot be read, with each of its faults where there are several."""
    line = {"sv": f"Rad {error.line}: ", "en": f"Line {error.line}: "} if error.line else {"sv": "", "en": ""}
    faults = {lang: reason.splitlines() or [""] for lang, reason in error.reasons.items()}
    more = len(faults["en"]) - 1
    also = {"sv": f" Och {more} fel till: se errors.", "en": f" And {more} more: see errors."}
    detail = {lang: line[lang] + said[0] + (also[lang] if more else "") for lang, said in faults.items()}
    errors = [{"detail": {"sv": sv, "en": en}} for sv, en in zip(faults["sv"], faults["en"], strict=True)]
    return Problem("draft-unreadable", detail, errors=errors if more else [])


def of_catalogue(error: CatalogueError) -> Problem:
    """Return the problem of a catalogue query called with values that do not fit."""
    return Problem("invalid-parameter", {"sv": swedish(str(error)), "en": str(error)})


def of_http(error: HTTPException) -> Problem:
    """Return the problem of a bare status code raised by the framework."""
    name = BY_STATUS.get(error.status_code, "internal-error" if error.status_code >= 500 else "bad-request")
    return Problem(name, headers=error.headers, status=error.status_code)


def of_validation(error: RequestValidationError) -> Problem:
    """Return the problem of parameters that do not fit their types."""
    errors = [{"parameter": str(e["loc"][-1]), "detail": _expected(e)} for e in error.errors()]
    named = ", ".join(str(e["parameter"]) for e in errors)
    detail = {
        "sv": f"Kan inte användas: {named}. errors säger varför.",
        "en": f"Cannot be used: {named}. errors says why.",
    }
    return Problem("invalid-parameter", detail, errors=errors)


def _expected(fault: Mapping[str, Any]) -> Text:
    """Return what a parameter takes, in both languages; a rule that is not known is quoted in English."""
    sv, en = _RULES.get(str(fault["type"]), (f"Servern svarade: {fault['msg']}", str(fault["msg"])))
    return {"sv": sv.format(**fault.get("ctx", {})), "en": en.format(**fault.get("ctx", {}))}


def of(error: Exception) -> Problem:
    """Return the problem that stands for any exception; one that nobody expected is our fault."""
    match error:
        case Problem():
            return error
        case EngineError():
            return of_engine(error)
        case CatalogueError():
            return of_catalogue(error)
        case DraftError():
            return of_draft(error)
        case HTTPException():
            return of_http(error)
        case RequestValidationError():
            return of_validation(error)
        case _:
            return Problem("internal-error")


async def respond(request: Request, error: Exception) -> Response:
    """Return the answer for a problem: JSON, or a page for a client that prefers HTML; never cached."""
    problem = of(error)
    note(request.scope, outcome=problem.type.name)
    if problem.type.name == "method-not-allowed" and request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": _allow(problem)})
    if problem.type.name == "method-not-allowed":
        problem.headers["Allow"] = _allow(problem)
    accepted = joined(request.headers.getlist("accept-language"))
    lang = choose_language(accepted, request.query_params.get("lang")) or choose_language(accepted) or "sv"
    document = problem.document(request, lang)
    body, variant = json.dumps(document, ensure_ascii=False, indent=2).encode(), JSON
    if _wants_page(request):
        try:
            body, variant = (await pages.problem_page(request, document, lang)).encode(), HTML
        except Exception:
            LOG.exception("the page of a problem failed")
    headers = {"Cache-Control": "no-store", "Content-Language": lang, **problem.headers}
    return Response(body, problem.status, headers, media_type=variant.content_type)


def _allow(problem: Problem) -> str:
    methods = {
        m.strip() for m in problem.headers.get("Allow", problem.headers.get("allow", "")).split(",") if m.strip()
    }
    if "GET" in methods:
        methods.add("HEAD")
    problem.headers.pop("allow", None)
    return ", ".join(sorted(methods | {"OPTIONS"}))


def _wants_page(request: Request) -> bool:
    if local_path(request).startswith("/api/"):
        return False
    named = chosen_format(request) or ("html" if local_path(request).endswith(".html") else None)
    accepted = joined(request.headers.getlist("accept"))
    return choose(accepted, [JSON, Variant("application/json", "json"), HTML], named) == HTML


def register(app: FastAPI) -> None:
    """Make the application answer every exception that it expects with a problem."""
    for expected in (Problem, EngineError, CatalogueError, DraftError, HTTPException, RequestValidationError):
        app.add_exception_handler(expected, respond)
