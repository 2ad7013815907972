"""The author's template over HTTP: ``/template.xlsx``, in Swedish or English, with the lists of the release served."""

from __future__ import annotations

import json

import anyio
import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.draft import XLSX
from evidensgraf.graph.engine import Engine
from evidensgraf.graph.load import read_vocabulary
from evidensgraf.graph.workbook_layout import layout
from evidensgraf.graph.workbook_names import LABELS, Names
from evidensgraf.graph.workbook_write import template
from evidensgraf.ontology.namespaces import EV
from evidensgraf.service.negotiation import Variant
from evidensgraf.service.problems import Problem
from evidensgraf.service.responses import answer, engine_of, known, language, negotiate

router = APIRouter(include_in_schema=False)
WORKBOOK = Variant(XLSX, "xlsx")
"""A workbook (ECMA-376)."""
_QUERY = """SELECT DISTINCT ?thing ?class ?property ?label WHERE {{
  VALUES ?class {{ {classes} }}
  VALUES ?property {{ {properties} }}
  ?thing a ?class ; ?property ?label .
}}"""


@router.get("/template.xlsx")
async def workbook(request: Request) -> Response:
    """Give the template; ``?example=no`` without the filled example. Raises ``Problem`` (400, 406)."""
    variant, lang = negotiate(request, [WORKBOOK]), language(request)
    example = request.query_params.get("example", "yes")
    if example not in ("yes", "no"):
        detail = {"sv": "?example= kan vara yes eller no.", "en": "?example= can be yes or no."}
        raise Problem("bad-request", detail)
    if ready := known(request, variant, lang):
        return ready
    names = await names_of(engine_of(request))
    body = await anyio.to_thread.run_sync(lambda: template(lang, names, example=example == "yes"))
    return answer(request, body, variant, lang)


async def names_of(engine: Engine) -> Names:
    """Return what workbooks may refer to in the release that an engine answers from. Raises ``EngineError``."""
    columns = [c for sheet in layout().sheets for c in sheet.columns if c.kind == "resource"]
    classes = {cls for c in columns for cls in c.classes} | {
        EV + name for name in ("Finding", "EvidenceGap", "Appraisal")
    }
    query = _QUERY.format(
        classes=" ".join(f"<{cls}>" for cls in sorted(classes)), properties=" ".join(f"<{p}>" for p in LABELS)
    )
    found = json.loads((await engine.query(query)).body)["results"]["bindings"]
    quads = [quad for row in found for quad in _quads(row)]
    return Names([*read_vocabulary(), *quads])


def _quads(row: dict[str, dict[str, str]]) -> list[ox.Quad]:
    thing = ox.NamedNode(row["thing"]["value"])
    label = ox.Literal(row["label"]["value"], language=row["label"].get("xml:lang"))
    kind = ox.NamedNode(row["class"]["value"])
    return [
        ox.Quad(thing, ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), kind),
        ox.Quad(thing, ox.NamedNode(row["property"]["value"]), label),
    ]
