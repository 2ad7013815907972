"""The description of ``POST /api/v1/checks``: what is sent, and the report, as OpenAPI 3.1 components."""

from __future__ import annotations

from typing import Any

from evidensgraf.graph.draft import MEDIA_TYPES
from evidensgraf.service.api_schemas import COUNT, IRI, STRING, Schema, array, or_null, record, ref
from evidensgraf.service.readiness_schema import readiness_schema

PROBLEMS = {
    400: "bad-request",
    406: "not-acceptable",
    413: "draft-too-large",
    415: "unsupported-media-type",
    422: "draft-unreadable",
    500: "internal-error",
    501: "check-unavailable",
    503: "busy",
}
"""Status → the problem that a check may be answered with."""
_SAID = (
    "Kontrollerar ett utkast till riktlinje tillsammans med utgåvan och svarar med vad former och regler har hittat, "
    "rekommendation för rekommendation och värst först. Utkastet skickas som innehåll eller i formulärdelen draft. Det "
    "sparas inte, loggas inte och ligger inte kvar i någon cache. / Checks a draft guideline together with the release "
    "and answers with what the shapes and the rules have found, recommendation by recommendation and the worst first. "
    "The draft is the body, or the part draft of a form. It is not stored, logged or cached."
)
_DRAFT = (
    "@prefix ev: <https://w3id.org/evidensgraf/def/> .\n"
    "<https://w3id.org/evidensgraf/id/recommendation/erbjud-praktik> a ev:Recommendation ; ev:strength ev:Should .\n"
)
_FORMATS = ("json", "ttl", "sarif", "html", "txt", "xlsx")
_BINARY: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}
_THING, _TEXT = ref("CheckedThing"), ref("Text")
_PLACE = or_null(ref("DraftPlace"))
_SEVERITY: Schema = {"enum": ["Violation", "Warning", "Info"]}
_COUNTS = record(
    "Antal resultat av varje allvarlighetsgrad.",
    "Number of results of each severity.",
    dict.fromkeys(("violation", "warning", "info"), COUNT),
)

SCHEMAS: dict[str, Schema] = {
    "CheckedThing": record(
        "Något i utkastet eller utgåvan; benämningen kan saknas.",
        "Something in the draft or the release; the label may be missing.",
        {"id": STRING, "label": ref("CheckedText")},
    ),
    "CheckedText": {
        "type": "object",
        "description": "En text på de språk som finns (und: utan språk). / A text in the languages there are.",
        "additionalProperties": STRING,
    },
    "DraftPlace": record(
        "Var i utkastet: rad i en textfil, eller blad och cell i en arbetsbok.",
        "Where in the draft: a line of a text, or a sheet and a cell of a workbook.",
        {"line": or_null(COUNT), "sheet": or_null(STRING), "cell": or_null(STRING)},
    ),
    "CheckRule": record(
        "En regel som har gett resultat, och vad som kan anges.",
        "A rule that has results, and what can be given.",
        {
            "id": STRING,
            "shape": IRI,
            "name": ref("CheckedText"),
            "reason": ref("CheckedText"),
            "source": ref("CheckedText"),
            "basis": array(
                record("En grund.", "A basis.", {"id": IRI, "label": ref("CheckedText"), "reference": or_null(IRI)})
            ),
            "remedies": array(
                record(
                    "En egenskap att ange eller ändra, med de värden som finns.",
                    "A property to give or change, with the values there are.",
                    {"property": _THING, "definition": ref("CheckedText"), "allowed": array(_THING)},
                )
            ),
        },
    ),
    "CheckResult": record(
        "Ett resultat av kontrollen.",
        "A result of the check.",
        {
            "rule": STRING,
            "shape": IRI,
            "severity": _SEVERITY,
            "component": or_null(STRING),
            "message": _TEXT,
            "focus": _THING,
            "path": or_null(STRING),
            "value": or_null({"anyOf": [_THING, ref("CheckedLiteral")]}),
            "inDraft": {"type": "boolean"},
            "alsoWithoutDraft": {"type": "boolean"},
            "place": _PLACE,
            "remedies": array(
                record("Var egenskapen anges.", "Where the property is given.", {"property": IRI, "place": _PLACE})
            ),
            "passages": array(
                record(
                    "Ett textställe.",
                    "A passage.",
                    {"id": STRING, "section": or_null(STRING), "page": or_null(STRING), "source": or_null(_THING)},
                )
            ),
            "recommendations": array(_THING),
        },
    ),
    "CheckedLiteral": record(
        "Ett värde; whole är false när texten är förkortad.",
        "A literal; whole is false where the text is shortened.",
        {"text": STRING, "whole": {"type": "boolean"}, "datatype": or_null(IRI), "language": or_null(STRING)},
    ),
    "CheckReport": record(
        "Rapporten; conforms är true när inget resultat finns.",
        "The report; conforms is true where there are no results.",
        {
            "draft": record("Utkastet.", "The draft.", {"name": STRING, "statements": COUNT}),
            "release": STRING,
            "conforms": {"type": "boolean"},
            "counts": _COUNTS,
            "additions": array(_THING),
            "rules": array(ref("CheckRule")),
            "groups": array(
                record(
                    "Resultaten för en rekommendation, eller för det som inte hör till någon (null).",
                    "The results of a recommendation, or of what belongs to none (null).",
                    {
                        "recommendation": or_null(_THING),
                        "inDraft": {"type": "boolean"},
                        "place": _PLACE,
                        "counts": _COUNTS,
                        "results": array(ref("CheckResult")),
                    },
                )
            ),
            "readiness": array(ref("CheckedReadiness")),
        },
    ),
    "CheckedReadiness": readiness_schema("CheckedText", {}),
}
"""The components of the report."""
EXAMPLE: dict[str, Any] = {
    "draft": {"name": "draft.ttl", "statements": 0},
    "release": "2026-11-27",
    "conforms": True,
    "counts": {"violation": 0, "warning": 0, "info": 0},
    "additions": [],
    "rules": [],
    "groups": [],
    "readiness": [],
}


def check_operation(responses: dict[str, Any]) -> dict[str, Any]:
    """Return the path item of the checks; ``responses`` are those of its problems, by status."""
    form = {"type": "object", "properties": {"draft": _BINARY, "format": STRING}, "required": ["draft"]}
    text = {media_type: {"schema": _BINARY} for media_type in MEDIA_TYPES}
    text["text/turtle"] = {"schema": STRING, "examples": {"draft": {"value": _DRAFT}}}
    found = {"schema": ref("CheckReport"), "examples": {"release": {"value": EXAMPLE}}}
    content = {"application/json": found, "application/sarif+json": {"schema": {"type": "object"}}}
    content |= {kind: {"schema": STRING} for kind in ("text/turtle", "text/html", "text/plain")}
    content |= {kind: {"schema": _BINARY} for kind in list(MEDIA_TYPES)[-1:]}
    return {
        "post": {
            "operationId": "checkDraft",
            "tags": ["checks"],
            "summary": "Kontrollera ett utkast / Check a draft",
            "description": _SAID,
            "parameters": [ref("reportFormat", "parameters"), ref("lang", "parameters")],
            "requestBody": {
                "required": True,
                "description": "Utkastet / the draft",
                "content": {**text, "multipart/form-data": {"schema": form}},
            },
            "responses": {"200": {"description": "Rapporten / the report", "content": content}, **responses},
        }
    }


def report_formats() -> list[str]:
    """Return the names of the forms of a report, as ``?format=`` takes them."""
    return list(_FORMATS)
