"""The OpenAPI 3.1 description of the REST API, as Digg's REST API profile 1.2 asks for it."""

from __future__ import annotations

import copy
import importlib.metadata
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from evidensgraf.graph.engine import Engine
from evidensgraf.service.api_examples import examples
from evidensgraf.service.api_schemas import SCHEMAS, ref
from evidensgraf.service.problem_types import PROBLEM_TYPES
from evidensgraf.service.responses import LICENSE
from evidensgraf.service.settings import Settings

ROOT = "/api/v1"
"""Path of the API below the service."""

API_INFO: dict[str, str] = {
    "apiName": "Evidensgraf",
    "apiVersion": "1.0.0",
    "apiReleased": "2026-11-23",
    "apiStatus": "active",
}
"""What ``/api/v1/api-info`` says, beside the address of the documentation (Digg VER.06)."""

_DESCRIPTION = """\
**Svenska.** Vad bedömningar och rekommendationer i socialt arbete vilar på: varje slutsats med sina evidenslinjer,
resultat och kunskapsluckor, ner till textställe och primärkälla. Öppna data utan inloggning. Samma uppgifter finns
som länkade data under `/id`, `/doc` och `/sparql`. Texter är objekt med språkkod (`sv`, `en`); länkade saker har `id`
(IRI) och `label`. Fel är problem enligt RFC 9457.

**English.** What appraisals and recommendations in social work rest on: every conclusion with its evidence lines,
findings and evidence gaps, down to passage and primary source. Open data, no login. The same facts are linked data
under `/id`, `/doc` and `/sparql`. Texts are objects by language (`sv`, `en`); linked things have `id` (IRI) and
`label`. Errors are problems as in RFC 9457.
"""

_OPERATIONS: dict[str, tuple[str, str, str]] = {
    "recommendations": (
        "Collection",
        "Lista rekommendationer / List recommendations",
        "Rekommendationer i korthet; type är slag av rekommendation. / Recommendations in short; type is a "
        "kind of recommendation.",
    ),
    "interventions": (
        "Collection",
        "Lista insatser / List interventions",
        "Insatser med bedömning och placering. / Interventions with their verdict and placement.",
    ),
    "findings": (
        "Collection",
        "Lista resultat / List findings",
        "Resultat med effekt, utfall, population och jämförelse. / Findings with effect, outcome, population and "
        "comparator.",
    ),
    "evidence-gaps": (
        "Collection",
        "Lista kunskapsluckor / List evidence gaps",
        "Uttalade kunskapsluckor; type är slag av lucka. / Stated evidence gaps; type is a type of gap.",
    ),
    "appraisals": (
        "Collection",
        "Lista bedömningar / List appraisals",
        "Källornas egna samlade bedömningar. / The sources' own overall verdicts.",
    ),
    "sources": (
        "Collection",
        "Lista källor / List sources",
        "Källor med antal lästa och återgivna påståenden; type är genre. / Sources with numbers of statements read "
        "and relayed; type is a genre.",
    ),
    "intervention": (
        "Record",
        "Visa en insats / Show an intervention",
        "Allt som sägs om en insats. / Everything said of an intervention.",
    ),
    "source": (
        "Record",
        "Visa en källa / Show a source",
        "En källa och det som vilar på den. / A source and what rests on it.",
    ),
    "recommendation": (
        "EvidenceChain",
        "Visa en rekommendation / Show a recommendation",
        "En rekommendation med sin evidenskedja. / A recommendation with its evidence chain.",
    ),
    "appraisal": (
        "EvidenceChain",
        "Visa en bedömning / Show an appraisal",
        "En bedömning med sin evidenskedja. / An appraisal with its evidence chain.",
    ),
    "recommendation-chain": (
        "EvidenceChain",
        "Evidenskedja för en rekommendation / Evidence chain of a recommendation",
        "Vad en rekommendation vilar på. / What a recommendation rests on.",
    ),
    "appraisal-chain": (
        "EvidenceChain",
        "Evidenskedja för en bedömning / Evidence chain of an appraisal",
        "Vad en bedömning vilar på. / What an appraisal rests on.",
    ),
    "api-info": ("ApiInfo", "Om API:et / About the API", "Namn, version och status. / Name, version and status."),
}

_HEADERS = {
    "ETag": "Validator för svaret, att skicka i If-None-Match / validator, to send in If-None-Match",
    "Link": "Sidor, licens och beständig adress (RFC 8288) / pages, licence and persistent address",
    "Evidensgraf-Release": "Utgåvans datum / date of the release",
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


def described(name: str) -> dict[str, Any]:
    """Return the arguments for the route of an operation: its texts, its schema and every status it gives."""
    schema, summary, description = _OPERATIONS[name]
    headers = {n: {"description": d, "schema": {"type": "string"}} for n, d in _HEADERS.items()}
    content = {"application/json": {"schema": ref(schema)}}
    responses: dict[int | str, dict[str, Any]] = {
        200: {"description": "Svaret / the answer", "content": content, "headers": headers},
        304: {"description": "Oförändrat sedan det svar klienten har / unchanged since the answer that the client has"},
    }
    for status, kind in _PROBLEMS.items():
        if status != 404 or schema in ("Record", "EvidenceChain"):
            responses[status] = _problem(status, kind)
    return {
        "summary": summary,
        "description": description,
        "responses": responses,
        "tags": ["evidence"],
        "operation_id": _operation_id(name),
    }


def _operation_id(name: str) -> str:
    head, *tail = name.split("-")
    return head + "".join(word.title() for word in tail)


async def with_examples(document: dict[str, Any], engine: Engine, release: str) -> dict[str, Any]:
    """Return a copy of the description with an example of every answer. Raises what ``Engine.query`` raises."""
    shown = {_operation_id(name): value for name, value in (await examples(engine, release)).items()}
    shown["apiInfo"] = API_INFO | {
        "apiDocumentation": f"{document['servers'][0]['url']}/openapi.json",
        "release": release,
    }
    document = copy.deepcopy(document)
    for item in document["paths"].values():
        for operation in item.values():
            if operation["operationId"] in shown:
                operation["responses"]["200"]["content"]["application/json"]["example"] = shown[
                    operation["operationId"]
                ]
    return document


def _problem(status: int, kind: str) -> dict[str, Any]:
    known = PROBLEM_TYPES[kind]
    example = {
        "type": f"https://w3id.org/evidensgraf/problems/{kind}",
        "title": known.title["sv"],
        "status": status,
        "detail": known.explanation["sv"],
        "instance": f"{ROOT}/…#4f7c2a9e",
        "errors": [],
    }
    content = {"application/problem+json": {"schema": ref("Problem"), "example": example}}
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
        tags=[{"name": "evidence", "description": "Poster och evidenskedjor / records and evidence chains"}],
        terms_of_service=f"{base}about",
        contact={"name": "Evidensgraf", "url": f"{base}about"},
        license_info={"name": "CC BY 4.0", "url": LICENSE},
    )
    found["paths"] = {path.removeprefix(ROOT): item for path, item in found["paths"].items()}
    for item in found["paths"].values():
        for operation in item.values():
            operation["responses"].pop("422", None)
    found["components"] = {"schemas": SCHEMAS}
    found["externalDocs"] = {"description": "Ontologin / the ontology", "url": f"{base}def/"}
    found["info"]["x-sla"] = {
        "availability": "Ingen utlovad tillgänglighet; planerat underhåll kan ske när som helst. / No promised "
        "availability; maintenance may happen at any time.",
        "support": "Felrapporter besvaras så snart det går. / Reports are answered as soon as possible.",
    }
    limits = settings.limits
    bounds = limits.seconds, limits.memory_mb, limits.rows, limits.size_mb
    found["info"]["x-limitations"] = {
        "sv": "Endast läsning. Högst 500 poster per sida. En fråga får ta {:g} s och {} MB minne och ge {} rader "
        "eller {} MB; annars ges ett problem, aldrig ett avkortat svar.".format(*bounds),
        "en": "Read-only. At most 500 records per page. A query may take {:g} s and {} MB of memory and give {} rows "
        "or {} MB; else there is a problem, never a cut answer.".format(*bounds),
    }
    found["info"]["x-software-version"] = importlib.metadata.version("evidensgraf")
    return found
