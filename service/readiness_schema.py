"""The JSON Schema of the readiness of a guideline, as the REST API answers it (an OpenAPI 3.1 component)."""

from __future__ import annotations

from collections.abc import Mapping

from evidensgraf.graph.readiness import STATES
from evidensgraf.service.api_schemas import COUNT, IRI, STATED, STRING, Schema, ref


def readiness_schema(text: str = "Text", stated: Mapping[str, Schema] = STATED) -> Schema:
    """Return the schema of a report on a guideline: its items by method and domain.

    ``text`` is the component of its texts, ``stated`` what an answer says beside the report.
    """
    said = ref(text)
    named = {"id": STRING, "name": said}
    thing = {"type": "object", "properties": {"id": IRI, "label": said}, "required": ["id", "label"]}
    written = {"type": "object", "properties": {"text": said}, "required": ["text"]}
    shown: Schema = {"anyOf": [{**thing, "additionalProperties": False}, {**written, "additionalProperties": False}]}
    results = dict.fromkeys(("violation", "warning", "info"), COUNT)
    item = {
        **named,
        "do": said,
        "state": {"enum": list(STATES)},
        "human": {"type": "boolean"},
        "of": {"anyOf": [said, {"type": "null"}]},
        "total": COUNT,
        "missing": COUNT,
        "shown": _list(shown),
        "lacking": _list({**thing, "additionalProperties": False}),
        "rules": _list(_closed({"rule": STRING, **results})),
    }
    domain = {**named, "items": _list(_closed(item))}
    method = {**named, "address": {"type": "string", "format": "uri"}, "domains": _list(_closed(domain))}
    report: dict[str, Schema] = {
        "guideline": {**thing, "additionalProperties": False},
        "read": {"type": "boolean"},
        "counts": _closed(dict.fromkeys(STATES, COUNT)),
        "methods": _list(_closed(method)),
        **stated,
    }
    return _closed(report) | {
        "description": "Vad en riktlinje redovisar av det som AGREE II och den nationella metoden frågar efter. / "
        "What a guideline has of what AGREE II and the national method ask for."
    }


def _closed(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}
