"""JSON Schemas of what the REST API answers (OpenAPI 3.1 components)."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """Return a reference to a component schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(description: str, required: str = "", **properties: Schema) -> Schema:
    return {"type": "object", "description": description, "required": required.split(), "properties": properties}


def _list(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_STRING: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_IRI: Schema = {"type": "string", "format": "iri"}
_RELEASE: Schema = {"type": "string", "format": "date", "description": "Utgåvans datum / date of the release."}
_LICENSE: Schema = {"type": "string", "format": "uri", "description": "Licens för uppgifterna / licence of the data."}
_THINGS, _TEXT = _list(ref("Thing")), _or_null(ref("Text"))

SCHEMAS: dict[str, Schema] = {
    "Text": {
        "type": "object",
        "description": "En text per språk / a text by language (BCP 47).",
        "properties": {"sv": _STRING, "en": _STRING},
        "additionalProperties": _STRING,
    },
    "Thing": _object("En länkad sak / a linked thing.", "id label", id=_IRI, label=ref("Text")),
    "Record": {
        **_object(
            "En post. Fälten beror på typen och motsvarar ontologins termer. / A record. Its members depend on its "
            "type and correspond to terms of the ontology.",
            "id type slug",
            id=_IRI,
            type=_STRING,
            slug=_STRING,
            title=_TEXT,
            label=_TEXT,
            summary=_TEXT,
            caveat=_TEXT,
            editorialNote=_TEXT,
            about=_THINGS,
            verdict=_THINGS,
            outcome=_THINGS,
            population=_THINGS,
            comparator=_THINGS,
            effect=_or_null(ref("Thing")),
            certainty=_or_null(ref("Thing")),
            verification=_or_null(ref("Thing")),
            statedIn=_list(ref("Passage")),
            release=_RELEASE,
            license=_LICENSE,
        ),
        "additionalProperties": True,
    },
    "Passage": {
        **_object(
            "Stället i källan: avsnitt, tryckt sida, första och sista ord. / The place in the source: section, printed "
            "page, first and last words.",
            "id",
            id=_IRI,
            section=_or_null(_STRING),
            page=_or_null(_STRING),
            firstWords=_or_null(_STRING),
            lastWords=_or_null(_STRING),
        ),
        "additionalProperties": True,
    },
    "EvidenceLine": {
        **_object(
            "En evidenslinje: riktning, grund och de påståenden som vägs. / An evidence line: direction, basis and the "
            "statements weighed.",
            "id statements",
            id=_IRI,
            direction=_or_null(ref("Thing")),
            basis=_THINGS,
            statements=_list(ref("Record")),
        ),
    },
    "EvidenceChain": {
        "description": "En slutsats och allt den vilar på. / A conclusion and all that it rests on.",
        "allOf": [ref("Record"), _object("", "lines", lines=_list(ref("EvidenceLine")))],
    },
    "Collection": _object(
        "En sida av en lista; länkarna first, prev, next och last står i svarshuvudet Link. / A page of a list; the "
        "links first, prev, next and last are in the response header Link.",
        "items total page limit release license",
        items=_list(ref("Record")),
        total=_COUNT,
        page=_COUNT,
        limit=_COUNT,
        release=_RELEASE,
        license=_LICENSE,
    ),
    "ApiInfo": _object(
        "Om API:et / about the API.",
        "apiName apiVersion apiReleased apiDocumentation apiStatus",
        apiName=_STRING,
        apiVersion=_STRING,
        apiReleased={"type": "string", "format": "date"},
        apiDocumentation={"type": "string", "format": "uri"},
        apiStatus=_STRING,
        release=_RELEASE,
    ),
    "Problem": {
        **_object(
            "Ett problem enligt RFC 9457 / a problem as in RFC 9457.",
            "type title status detail instance errors",
            type={"type": "string", "format": "uri"},
            title=_STRING,
            status={"type": "integer", "minimum": 400, "maximum": 599},
            detail=_STRING,
            instance={"type": "string", "format": "uri-reference"},
            errors=_list({"type": "object"}),
        ),
        "additionalProperties": True,
    },
}
"""Component name → schema."""
