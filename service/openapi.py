"""The OpenAPI 3.1 description of the REST API, as Digg's REST API profile 1.2 asks for, from its table of lists."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from evidensgraf.graph.impact import WHAT_IF
from evidensgraf.ontology.namespaces import LANGUAGES
from evidensgraf.service import i18n
from evidensgraf.service.api_schemas import IDENTITY, STRING, name_of, record_schema, ref, schemas
from evidensgraf.service.api_select import DEFAULT_LIMIT, LARGEST, MAX_LIMIT, MAX_PAGE
from evidensgraf.service.collections import Collection, Filter, collections
from evidensgraf.service.impact import COLLECTIONS as IMPACT
from evidensgraf.service.openapi_checks import PROBLEMS, SCHEMAS, check_operation, report_formats
from evidensgraf.service.problem_types import PROBLEM_TYPES
from evidensgraf.service.readiness_schema import readiness_schema
from evidensgraf.service.responses import LICENSE
from evidensgraf.service.search_terms import LONGEST
from evidensgraf.service.settings import Settings

ROOT = "/api/v1"
"""Path of the API below the service."""
SLUG, MAX_SLUG = r"[A-Za-z0-9-]+", 200
"""What the name of a record in an address is made of, and how many characters it has at most."""

API_INFO: dict[str, str] = {
    "apiName": "Evidensgraf",
    "apiVersion": "1.1.0",
    "apiReleased": "2026-11-27",
    "apiStatus": "active",
}
"""What ``/api/v1/api-info`` says, beside the address of the documentation (Digg VER.06)."""

_DESCRIPTION = """\
**Svenska.** Vad bedömningar och rekommendationer i socialt arbete vilar på: varje slutsats med sina evidenslinjer,
resultat och kunskapsluckor, ner till textställe och primärkälla. Öppna data utan inloggning. Samma uppgifter finns
som länkade data under `/id`, `/doc` och `/sparql`. Texter är objekt med språkkod (`sv`, `en`); länkade saker har `id`
(IRI) och `label`. Varje lista kan filtreras, sorteras och hämtas som JSON, CSV eller JSON-LD, och svaret säger hur
många poster det finns. Det som inte finns i ett svar är okänt, inte obefintligt. Fel är problem enligt RFC 9457. Kända
begränsningar står i `x-limitations`.

**English.** What appraisals and recommendations in social work rest on: every conclusion with its evidence lines,
findings and evidence gaps, down to passage and primary source. Open data, no login. The same facts are linked data
under `/id`, `/doc` and `/sparql`. Texts are objects by language (`sv`, `en`); linked things have `id` (IRI) and
`label`. Every list can be filtered, sorted and fetched as JSON, CSV or JSON-LD, and the answer says how many records
there are. What is not in an answer is unknown, not absent. Errors are problems as in RFC 9457. Known limitations are in
`x-limitations`.
"""
_HEADERS = {
    "ETag": "Validator för svaret, att skicka i If-None-Match / validator, to send in If-None-Match",
    "Link": "Sidor, andra format, frågan bakom listan och licens (RFC 8288) / pages, other formats, the query behind "
    "the list, and licence",
    "Evidensgraf-Release": "Utgåvans namn / name of the release",
}
_PROBLEMS = {
    400: "invalid-parameter",
    404: "not-found",
    406: "not-acceptable",
    412: "precondition-failed",
    413: "answer-too-large",
    500: "internal-error",
    503: "busy",
}
_TAGS = {
    "lists": "Listor, med filter, sidor och flera format / lists, with filters, pages and several formats",
    "records": "Enskilda poster och evidenskedjor / single records and evidence chains",
    "search": "Fulltextsökning / full-text search",
    "checks": "Kontroll av utkast / checks of drafts",
    "about": "Om API:et / about the API",
}
_SEARCH = (
    "Söker i benämningar, synonymer, sammanfattningar och definitioner på svenska och engelska. Ord böjs och "
    "sammansatta ord hittas på sina delar; en fras skrivs inom citattecken. Utan q är svaret tomt. / Searches labels, "
    "synonyms, summaries and definitions in Swedish and English. Words are stemmed and compounds are found by their "
    "parts; a phrase is written in quotes. Without q the answer is empty."
)


def target_name(target: str) -> str:
    """Return the name of the component schema of the names of the things of a class.

    >>> target_name("ev:Intervention")
    'InterventionName'
    """
    return target.partition(":")[2] + "Name"


def operation_id(collection: Collection, part: str = "list") -> str:
    """Return the name of an operation on a list: ``list``, ``get``, ``chain`` or ``impact``.

    >>> operation_id(collections()["evidence-gaps"])
    'listEvidenceGaps'
    """
    return part + "".join(word.title() for word in collection.name.split("-"))


def _paths() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for collection in collections().values():
        sv, en = collection.label["sv"], collection.label["en"]
        path, content = f"/{collection.name}", _list_content(collection)
        found[path] = _operation(
            operation_id(collection),
            "lists",
            f"Lista {sv} / List {en}",
            f"Alla {sv} i utgåvan, sida för sida, i bokstavsordning om inget annat begärs. / All {en} in the release, "
            "page by page, in Swedish alphabetical order unless another is asked for.",
            _list_parameters(collection),
            content,
        )
        record = record_schema(collection)
        about_one = (
            f"Allt som utgåvan säger om en post i listan {sv}. / All that the release says of one record in the list "
            f"{en}."
        )
        found[path + "/{slug}"] = _operation(
            operation_id(collection, "get"),
            "records",
            f"Visa en av: {sv} / Show one of: {en}",
            about_one,
            [ref("slug", "parameters"), ref("recordFormat", "parameters")],
            {"application/json": {"schema": ref(record)}, "application/ld+json": {"schema": ref("JsonLd")}},
        )
        if collection.one == "chain":
            found[path + "/{slug}/evidence-chain"] = _operation(
                operation_id(collection, "chain"),
                "records",
                f"Evidenskedja för en av: {sv} / Evidence chain of one of: {en}",
                "Vad slutsatsen vilar på, ner till textställen och primärkällor. / What the conclusion rests on, down "
                "to passages and primary sources.",
                [ref("slug", "parameters"), ref("jsonFormat", "parameters")],
                {"application/json": {"schema": ref("EvidenceChain")}},
            )
        if collection.name in IMPACT:
            found[path + "/{slug}/impact"] = _impact(collection)
    return found | _other_paths() | {"/checks": check_operation(_responses(PROBLEMS))}


def _impact(collection: Collection) -> dict[str, Any]:
    sv, en = collection.label["sv"], collection.label["en"]
    standing = {"type": "string", "enum": list(WHAT_IF), "default": "withdrawn"}
    return _operation(
        operation_id(collection, "impact"),
        "records",
        f"Vad som påverkas om en av dessa faller: {sv} / What is affected if one of these falls: {en}",
        "Slutsatser och rutor på kunskapskartan som faller, försvagas eller måste läsas om, med vägarna dit. Inget "
        "sparas. / Conclusions and cells of the gap map that fall, weaken or must be read again, with the paths to "
        "them. Nothing is saved.",
        [
            ref("slug", "parameters"),
            _parameter("standing", "Ställningen som prövas / the standing that is tried", standing),
            ref("jsonFormat", "parameters"),
        ],
        {"application/json": {"schema": ref("Impact")}},
    )


def _other_paths() -> dict[str, Any]:
    json_only = [ref("jsonFormat", "parameters")]
    kinds = {"type": "string", "enum": sorted(c.kind for c in collections().values())}
    search = [
        _parameter("q", "Sökord / words to search for", {"type": "string", "maxLength": LONGEST}),
        _parameter("type", "Slag av poster / type of records", kinds),
        *(ref(name, "parameters") for name in ("page", "limit")),
        *json_only,
    ]
    return {
        "/search": _operation(
            "search",
            "search",
            "Sök / Search",
            _SEARCH,
            search,
            {"application/json": {"schema": ref("Search")}},
        ),
        "/guidelines/{slug}/readiness": _operation(
            "readinessOfGuideline",
            "records",
            "Vad en riktlinje redovisar / What a guideline accounts for",
            "Varje punkt i AGREE II och den nationella metoden: uppfylld, saknas, eller för en människa att bedöma. / "
            "Every item of AGREE II and the national method: met, missing, or for a person to judge.",
            [ref("slug", "parameters"), *json_only],
            {"application/json": {"schema": ref("Readiness")}},
        ),
        "/api-info": _operation(
            "apiInfo",
            "about",
            "Om API:et / About the API",
            "Namn, version och status. / Name, version and status.",
            json_only,
            {"application/json": {"schema": ref("ApiInfo")}},
        ),
    }


def _operation(
    name: str, tag: str, summary: str, description: str, parameters: list[Any], content: Mapping[str, Any]
) -> dict[str, Any]:
    headers = {n: ref(n, "headers") for n in _HEADERS}
    responses: dict[str, Any] = {
        "200": {"description": "Svaret / the answer", "headers": headers, "content": dict(content)},
        "304": ref("NotModified", "responses"),
    }
    for status, kind in _PROBLEMS.items():
        if status != 404 or tag == "records":
            responses[str(status)] = ref(_camel(kind), "responses")
    return {
        "get": {
            "operationId": name,
            "tags": [tag],
            "summary": summary,
            "description": description,
            "parameters": [*parameters, ref("lang", "parameters")],
            "responses": responses,
        }
    }


def _responses(problems: Mapping[int, str]) -> dict[str, Any]:
    return {str(status): ref(_camel(kind), "responses") for status, kind in problems.items()}


def _camel(kind: str) -> str:
    return "".join(word.title() for word in kind.split("-"))


def _list_content(collection: Collection) -> dict[str, Any]:
    return {
        "application/json": {"schema": ref(name_of(collection, "List"))},
        "text/csv": {"schema": {"type": "string", "contentMediaType": "text/csv"}},
        "application/ld+json": {"schema": ref("JsonLd")},
    }


def _list_parameters(collection: Collection) -> list[Any]:
    sorts = {"type": "string", "enum": collection.sorts, "default": collection.order}
    members = {"type": "string", "enum": [*IDENTITY, *(f.name for f in collection.fields)]}
    fields = {"type": "array", "items": members, "minItems": 1}
    chosen = _parameter(
        "fields", "Fält att visa, med komma emellan; id är alltid med / members to show, by comma", fields
    )
    order = "Ordning; minustecken vänder den, och lika poster står efter IRI / order; a minus sign reverses it"
    return [
        *(ref(name, "parameters") for name in ("page", "limit")),
        _parameter("sort", order, sorts),
        chosen | {"style": "form", "explode": False},
        *(_filter(asked) for asked in collection.filters.values()),
        ref("listFormat", "parameters"),
    ]


def _filter(asked: Filter) -> dict[str, Any]:
    sv, en = asked.field.label["sv"], asked.field.label["en"]
    if asked.field.linked:
        return _parameter(asked.name, f"Filter: {sv} / filter: {en}", ref(target_name(asked.field.target)))
    least = asked.bound == "min"
    said = f"Filter: {sv}, {'minst' if least else 'högst'} / filter: {en}, at {'least' if least else 'most'}"
    if asked.field.kind == "number":
        return _parameter(asked.name, said, {"type": "integer", "minimum": 0, "maximum": LARGEST})
    pattern = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
    return _parameter(asked.name, said, {"type": "string", "pattern": pattern, "examples": ["2016", "2016-05"]})


def _parameter(name: str, description: str, schema: Mapping[str, Any], place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "description": description, "schema": dict(schema)}


def _components(base: str) -> dict[str, Any]:
    return {
        "schemas": schemas() | SCHEMAS | dict(_names()) | {"Readiness": readiness_schema()},
        "parameters": _shared_parameters(),
        "headers": {name: {"description": said, "schema": STRING} for name, said in _HEADERS.items()},
        "responses": {
            "NotModified": {
                "description": "Oförändrat sedan svaret som klienten har / unchanged since the client's answer"
            },
            **{_camel(kind): _problem(base, status, kind) for status, kind in (*_PROBLEMS.items(), *PROBLEMS.items())},
        },
    }


def _names() -> Iterable[tuple[str, Any]]:
    """Give the schema of what a filter takes, for each class that one is on; the release adds the names there are."""
    for target in sorted({f.target for c in collections().values() for f in c.fields if f.linked}):
        description = (
            f"Namn, CURIE eller IRI på något av klassen {target} / name, CURIE or IRI of something of the class"
        )
        yield target_name(target), {"type": "string", "minLength": 1, "maxLength": 300, "description": description}


def _shared_parameters() -> dict[str, Any]:
    formats = {
        "reportFormat": report_formats(),
        "listFormat": ["json", "csv", "jsonld"],
        "recordFormat": ["json", "jsonld"],
        "jsonFormat": ["json"],
    }
    whole = {"type": "integer", "minimum": 1}
    return {
        "page": _parameter("page", "Sida, från 1 / page, from 1", whole | {"maximum": MAX_PAGE, "default": 1}),
        "limit": _parameter(
            "limit", "Poster per sida / records per page", whole | {"maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        ),
        "lang": _parameter(
            "lang", "Språk i felmeddelanden / language of errors", {"type": "string", "enum": ["sv", "en"]}
        ),
        "slug": _parameter(
            "slug",
            "Kortnamn, den sista delen av IRI:n / slug, the last part of the IRI",
            {"type": "string", "pattern": f"^{SLUG}$", "minLength": 1, "maxLength": MAX_SLUG},
            "path",
        ),
        **{
            name: _parameter("format", "Format, i stället för Accept / format, instead of Accept", {"enum": names})
            for name, names in formats.items()
        },
    }


def _problem(base: str, status: int, kind: str) -> dict[str, Any]:
    known = PROBLEM_TYPES[kind]
    example = {
        "type": f"{base}problems/{kind}",
        "title": known.title["sv"],
        "status": status,
        "detail": known.explanation["sv"],
        "instance": f"{ROOT}/findings#4f7c2a9e",
        "errors": [],
    }
    shown = {kind: {"value": example}}
    content = {"application/problem+json": {"schema": ref("Problem"), "examples": shown}}
    return {"description": f"{known.title['sv']} / {known.title['en']}", "content": content}


def install(app: FastAPI, settings: Settings) -> None:
    """Make ``app.openapi()`` return the description of the API as it is published under the settings' public base."""

    @cache
    def openapi() -> dict[str, Any]:
        return _document(app, settings)

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI, settings: Settings) -> dict[str, Any]:
    base = settings.public_base
    found = get_openapi(
        title="Evidensgraf",
        version=API_INFO["apiVersion"],
        openapi_version="3.1.0",
        description=_DESCRIPTION,
        routes=app.routes,
        servers=[{"url": f"{base}api/v1", "description": "Produktion / production"}],
        tags=[{"name": name, "description": said} for name, said in _TAGS.items()],
        terms_of_service=f"{base}about",
        contact={"name": "Evidensgraf", "url": f"{base}accessibility"},
        license_info={"name": "CC BY 4.0", "url": LICENSE},
    )
    found["paths"] = _paths() | {path.removeprefix(ROOT): item for path, item in found["paths"].items()}
    found["components"] = _components(base)
    found["externalDocs"] = {
        "description": "Dokumentationen som en sida, och ontologin under /def/ / the documentation as a page, and the "
        "ontology at /def/",
        "url": f"{base}api/v1/docs",
    }
    found["info"]["x-sla"] = {
        "availability": "Ingen utlovad tillgänglighet; planerat underhåll kan ske när som helst. / No promised "
        "availability; maintenance may happen at any time.",
        "responseTime": f"Högst {settings.seconds:g} s; annars ges ett problem. / At most {settings.seconds:g} s; else "
        "there is a problem.",
        "support": "Felrapporter besvaras så snart det går. / Reports are answered as soon as possible.",
    }
    limits = settings.limits
    bounds = MAX_LIMIT, limits.seconds, limits.memory_mb, limits.rows, limits.size_mb
    written = {lang: [i18n.number(bound, lang) for bound in bounds] for lang in LANGUAGES}
    found["info"]["x-limitations"] = {
        "sv": "Inget sparas. Högst {} poster per sida. En fråga får ta {} s och {} MB minne och ge {} rader "
        "eller {} MB; annars ges ett problem, aldrig ett avkortat svar. En lista görs av en enda fråga: är klassen "
        "större än gränserna, hämta utgåvan eller fråga SPARQL.".format(*written["sv"]),
        "en": "Nothing is stored. At most {} records per page. A query may take {} s and {} MB of memory and give {} "
        "rows or {} MB; else there is a problem, never a cut answer. A list is made by one query: where a class is "
        "larger than the limits, fetch the release or ask SPARQL.".format(*written["en"]),
    }
    found["info"]["x-software-version"] = importlib.metadata.version("evidensgraf")
    return found
