"""JSON Schemas of what the REST API answers (OpenAPI 3.1 components), from the tables that answers are made of."""

from __future__ import annotations

from typing import Any

from evidensgraf.service import statements
from evidensgraf.service.collections import Collection, Field, collections

Schema = dict[str, Any]


def ref(name: str, part: str = "schemas") -> Schema:
    """Return a reference to a component."""
    return {"$ref": f"#/components/{part}/{name}"}


def record(sv: str, en: str, properties: dict[str, Schema], *optional: str) -> Schema:
    """Return the schema of an object that has these properties, all of them but the optional ones, and no other."""
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "description": f"{sv} / {en}",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def array(schema: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def or_null(schema: Schema) -> Schema:
    """Return the schema of what may be missing."""
    return {"anyOf": [schema, {"type": "null"}]}


STRING: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
IRI: Schema = {"type": "string", "format": "iri"}
DATE: Schema = {
    "type": "string",
    "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$",
    "description": "År, månad eller datum / year, month or date (RFC 3339 full-date, shortened)",
}
DURATION: Schema = {"type": "string", "format": "duration"}
NUMBER: Schema = {"type": "number"}
THINGS, THING, TEXT = array(ref("Thing")), or_null(ref("Thing")), or_null(ref("Text"))
_KINDS: dict[str, Schema] = {
    "text": TEXT,
    "string": or_null(STRING),
    "strings": array(STRING),
    "number": or_null({"type": "integer", "minimum": 0}),
    "date": or_null(DATE),
    "duration": or_null(DURATION),
    "link": THING,
    "links": THINGS,
}
"""Kind of field → schema of its value."""
IDENTITY: dict[str, Schema] = {
    "id": IRI,
    "type": {"type": "string", "pattern": "^[A-Z][A-Za-z]+$"},
    "slug": {"type": "string", "pattern": "^[A-Za-z0-9-]+$"},
}
STATED: dict[str, Schema] = {
    "completeness": ref("Completeness"),
    "release": {
        "type": "string",
        "description": "Utgåvans namn, som börjar med dess datum / name of the release, which starts with its date",
    },
    "license": {"type": "string", "format": "uri"},
}
COUNTS: dict[str, Schema] = {
    "total": COUNT,
    "pages": {"type": "integer", "minimum": 1},
    "page": {"type": "integer", "minimum": 1},
    "limit": {"type": "integer", "minimum": 1},
}
_PERIOD = {"periodStart": or_null(DATE), "periodEnd": or_null(DATE)}
_REFERENCE = {"id": IRI, "title": ref("Text"), "reference": TEXT, "citationKey": or_null(STRING)}
_PLACED = {"section": or_null(STRING), "page": or_null(STRING)}
_SAID_EVERYWHERE: dict[str, Schema] = {
    **IDENTITY,
    **dict.fromkeys(statements.TEXTS, TEXT),
    **dict.fromkeys(statements.LISTS, THINGS),
    "followUp": or_null(DURATION),
    **_PERIOD,
    "magnitudes": array(ref("Magnitude")),
    "study": array(ref("StudyFacts")),
    "verification": THING,
    "statedIn": array(ref("Passage")),
    "primarySources": array(ref("Reference")),
    "unresolvedCitation": array(STRING),
}
_SAID_BY_SOME: dict[str, Schema] = {
    **{name: THINGS for own in statements.OWN_LISTS.values() for name in own},
    **{name: THING for own in statements.OWN_LINKS.values() for name in own},
    **{name: TEXT for own in statements.OWN_TEXTS.values() for name in own},
    "scope": array(ref("Scope")),
    "order": or_null(NUMBER),
    "lines": array(ref("EvidenceLine")),
    "importanceRatings": array(ref("ImportanceRating")),
    "judgements": array(ref("DecisionJudgement")),
}
_STATEMENTS = array(ref("Statement"))
_INTERVENTION_PARTS = (
    *("descriptions", "placements", "logicModel", "appraisals", "findings", "gaps", "examples"),
    *("observations", "statistics", "recommendations", "prerequisites"),
)


_PLAIN: Schema = {"type": "string", "minLength": 1}
_SAID = {**_SAID_EVERYWHERE, **_SAID_BY_SOME}


def _source() -> Schema:
    resting = {
        **IDENTITY,
        "title": TEXT,
        "relation": {"enum": ["read", "relayed"]},
        "about": THINGS,
        "verification": THING,
    }
    claim = {**IDENTITY, "title": TEXT, "statements": array(IRI)}
    cited = {"id": IRI, "citationKey": or_null(STRING), "usedIn": THINGS}
    return record(
        "En källa och det som vilar på den.",
        "A source and what rests on it.",
        {
            **IDENTITY,
            **_REFERENCE,
            **dict.fromkeys(("creator", "publisher", "genre"), THINGS),
            **dict.fromkeys(("authors", "language", "number"), or_null(STRING)),
            "issued": or_null(DATE),
            "page": array(IRI),
            "editorialNote": TEXT,
            "citedForms": array(record("En citerad form.", "A cited form.", cited)),
            "statements": array(record("Ett påstående.", "A statement.", resting)),
            "claims": array(record("En slutsats.", "A conclusion.", claim)),
            **STATED,
        },
    )


def _search() -> Schema:
    place = {"type": "array", "prefixItems": [COUNT, COUNT], "items": False, "minItems": 2}
    snippet = record(
        "Ett utdrag; highlights är var de sökta orden står, som [start, slut] i Unicode-tecken.",
        "An excerpt; highlights are where the words stand, as [start, end] in Unicode characters.",
        {"language": STRING, "text": STRING, "highlights": array(place)},
    )
    hit = {**IDENTITY, "label": TEXT, "href": IRI, "score": NUMBER, "snippets": array(snippet)}
    types = {"type": "object", "additionalProperties": COUNT}
    return record(
        "Träffar i fulltextsökning, bäst först.",
        "Hits of a full-text search, best first.",
        {
            "q": STRING,
            "items": array(record("En träff.", "A hit.", hit)),
            **COUNTS,
            "types": types,
            "suggestions": array(STRING),
            **STATED,
        },
    )


def _impact() -> Schema:
    named = {**IDENTITY, "label": ref("Text")}
    how: Schema = {"enum": ["falls", "weakens", "reread"]}
    step = record(
        "Ett steg, från en grund till det som står på den.",
        "A step, from a ground to what stands on it.",
        {
            "from": ref("Thing"),
            "relation": STRING,
            "to": ref("Thing"),
            "via": or_null(IRI),
            "direction": THING,
            "statedIn": array(record("Ett ställe.", "A passage.", {"id": IRI, "document": ref("Thing"), **_PLACED})),
        },
    )
    kept = dict.fromkeys(("total", "lost", "weakened", "left"), COUNT)
    support = record("Stödjande påståenden.", "Supporting statements.", kept)
    considered = record("Annat som vägs in.", "What else is weighed.", dict.fromkeys(("total", "lost"), COUNT))
    counted = record("Antal före och efter.", "Number before and after.", dict.fromkeys(("before", "after"), COUNT))
    conclusion = {**named, "impact": how, "support": support, "considered": considered, "paths": array(array(step))}
    changed: Schema = {"enum": ["unknown", "changes", "reread"]}
    cell = {**named, "findings": counted, "gaps": counted, "impact": changed, "statements": THINGS}
    on_the_way = array(record("På vägen.", "On the way.", {**named, "impact": how, "path": array(step)}))
    tried = {**named, "standing": ref("Thing"), "successors": THINGS, "known": {"type": "boolean"}}
    tally = {"type": "object", "additionalProperties": COUNT}
    tallies = dict.fromkeys(("conclusions", "cells", "statements"), tally)
    return record(
        "Vad som faller, försvagas eller måste läsas om.",
        "What falls, weakens or must be read again.",
        {
            "things": array(record("Det som prövas.", "What is tried.", tried)),
            "counts": record("Antal efter påverkan.", "Numbers by impact.", tallies),
            "conclusions": array(record("En slutsats.", "A conclusion.", conclusion)),
            "cells": array(
                record("En ruta på kunskapskartan.", "A cell of the gap map.", cell | {"statements": THINGS})
            ),
            "statements": on_the_way,
            "studies": on_the_way,
            "documents": array(record("Ett dokument.", "A document.", named | {"statements": COUNT})),
            **STATED,
        },
    )


def _problem() -> Schema:
    return {
        **record(
            "Ett problem enligt RFC 9457.",
            "A problem as in RFC 9457.",
            {
                "type": {"type": "string", "format": "uri"},
                "title": STRING,
                "status": {"type": "integer", "minimum": 400, "maximum": 599},
                "detail": STRING,
                "instance": {"type": "string", "format": "uri-reference"},
                "errors": array({"type": "object"}),
            },
        ),
        "additionalProperties": True,
    }


_SHARED: dict[str, Schema] = {
    "Text": {
        "type": "object",
        "description": "En text per språk / a text by language (BCP 47).",
        "properties": {"sv": _PLAIN, "en": _PLAIN},
        "additionalProperties": _PLAIN,
        "minProperties": 1,
    },
    "Thing": record("En länkad sak.", "A linked thing.", {"id": IRI, "label": ref("Text")}),
    "Completeness": record(
        "Vad det betyder att något inte finns i svaret.",
        "What it means that something is not in the answer.",
        {"assumption": {"const": "open-world"}, "sv": STRING, "en": STRING, "coverage": IRI},
    ),
    "Reference": record("En källa, så som den citeras.", "A source as it is cited.", _REFERENCE),
    "Passage": record(
        "Stället i källan: dokument, avsnitt, tryckt sida, första och sista ord.",
        "The place in the source: document, section, printed page, first and last words.",
        {
            "id": IRI,
            "document": ref("Reference"),
            **_PLACED,
            "firstWords": or_null(STRING),
            "lastWords": or_null(STRING),
        },
    ),
    "Magnitude": record(
        "Ett tal, eller ett spann av tal, med enhet.",
        "A number, or a range of numbers, with its unit.",
        {
            "id": IRI,
            "label": TEXT,
            **dict.fromkeys(("value", "minimum", "maximum"), or_null(NUMBER)),
            "approximate": {"type": "boolean"},
            "unit": THING,
            "group": THING,
            "printedForm": or_null(STRING),
        },
    ),
    "ImportanceRating": record(
        "Hur viktigt ett utfall är för en rekommendation, från 1 till 9.",
        "How important an outcome is to a recommendation, from 1 to 9.",
        {"id": IRI, "outcome": THING, "importance": or_null(NUMBER)},
    ),
    "DecisionJudgement": record(
        "En avvägning mot ett beslutskriterium.",
        "A judgement against a decision criterion.",
        {"id": IRI, "criterion": THING, "description": TEXT},
    ),
    "StudyFacts": record(
        "En studie, så som källorna beskriver den.",
        "A study as the sources describe it.",
        {
            "id": IRI,
            "title": ref("Text"),
            "description": TEXT,
            "design": THINGS,
            **dict.fromkeys(("sampleSize", "numberOfStudies"), or_null(NUMBER)),
            **_PERIOD,
            "place": THINGS,
            "conductedBy": THINGS,
            "reportedIn": array(ref("Reference")),
        },
    ),
    "Scope": record(
        "Sökningen som en kunskapslucka gäller inom.",
        "The search within which an evidence gap holds.",
        {"id": IRI, "label": ref("Text"), "description": TEXT, "by": THINGS, "date": or_null(DATE)},
    ),
    "EvidenceLine": record(
        "En evidenslinje: riktning, kunskapsgrund och de påståenden som vägs.",
        "An evidence line: direction, basis and the statements weighed.",
        {"id": IRI, "direction": THING, "basis": THINGS, "statements": _STATEMENTS},
    ),
    "Statement": record(
        "Ett påstående med källa. Vilka fält det har beror på slaget.",
        "A sourced statement. Which members it has depends on its kind.",
        _SAID,
        *_SAID_BY_SOME,
    ),
    "StatementRecord": record("Ett påstående.", "A statement.", {**_SAID, **STATED}, *_SAID_BY_SOME),
    "EvidenceChain": record(
        "En slutsats och allt den vilar på.",
        "A conclusion and all that it rests on.",
        {**_SAID, **STATED},
        *(name for name in _SAID_BY_SOME if name != "lines"),
    ),
    "InterventionRecord": record(
        "Allt som sägs om en insats.",
        "Everything said of an intervention.",
        {
            **IDENTITY,
            "label": ref("Text"),
            "definition": TEXT,
            "altLabel": TEXT,
            "broader": THINGS,
            **dict.fromkeys(_INTERVENTION_PARTS, _STATEMENTS),
            "sources": array(ref("Reference")),
            **STATED,
        },
    ),
    "SourceRecord": _source(),
    "Search": _search(),
    "Impact": _impact(),
    "ApiInfo": record(
        "Om API:et.",
        "About the API.",
        {
            **dict.fromkeys(("apiName", "apiVersion", "apiStatus"), STRING),
            "apiReleased": {"type": "string", "format": "date"},
            "apiDocumentation": {"type": "string", "format": "uri"},
            "release": STRING,
        },
    ),
    "Problem": _problem(),
    "JsonLd": {
        "type": "object",
        "description": "JSON-LD 1.1 i kompakt, platt form / JSON-LD 1.1, compacted and flattened.",
        "properties": {"@context": IRI, "@graph": array({"type": "object"})},
        "required": ["@context", "@graph"],
        "additionalProperties": False,
    },
}


def _row(collection: Collection, more: dict[str, Schema], *required: str) -> Schema:
    properties = {**IDENTITY, **{f.name: _described(f) for f in collection.fields}, **more}
    optional = [name for name in properties if required and name not in required]
    return record(
        f"Ur listan {collection.label['sv']}.", f"From the list {collection.label['en']}.", properties, *optional
    )


def _described(shown: Field) -> Schema:
    schema = {"type": "integer", "minimum": 0} if shown.query and shown.kind == "number" else _KINDS[shown.kind]
    return {**schema, "description": f"{shown.label['sv']} / {shown.label['en']}"}


def name_of(collection: Collection, part: str = "") -> str:
    """Return the name of a component schema of a list: of one row, its ``List``, or its ``Record``.

    >>> name_of(collections()["evidence-gaps"], "List")
    'EvidenceGapList'
    """
    return collection.kind + (part or "Row")


def record_schema(collection: Collection) -> str:
    """Return the name of the schema of one whole record of a list."""
    own = {
        "chain": "EvidenceChain",
        "statement": "StatementRecord",
        "intervention": "InterventionRecord",
        "source": "SourceRecord",
    }
    return own.get(collection.one) or name_of(collection, "Record")


def schemas() -> dict[str, Schema]:
    """Return every component schema by name."""
    found = dict(_SHARED)
    for collection in collections().values():
        listed = {"items": array(ref(name_of(collection))), **COUNTS, **STATED}
        sv, en = collection.label["sv"], collection.label["en"]
        found[name_of(collection)] = _row(collection, {}, "id")
        found[name_of(collection, "List")] = record(f"En sida av listan {sv}.", f"A page of the list {en}.", listed)
        if collection.one == "row":
            found[name_of(collection, "Record")] = _row(collection, STATED)
    return found
