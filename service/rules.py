"""The rules for guideline authors, ``/rules``: what each is about and why, and the shapes themselves."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.ontology.namespaces import BASE, expand, graph_iri
from evidensgraf.service.documents import DOCUMENTS, Document, places, represent
from evidensgraf.service.paths import base_path
from evidensgraf.service.rendering import View
from evidensgraf.service.responses import engine_of, negotiate
from evidensgraf.service.rule_facts import listed
from evidensgraf.service.signposts import Landing
from evidensgraf.shapes.validate import SEVERITIES

router = APIRouter(include_in_schema=False)
_SHAPES = graph_iri("shapes")
WHOLE = f"""PREFIX sh: <http://www.w3.org/ns/shacl#>
CONSTRUCT {{ ?node ?predicate ?value }} WHERE {{ GRAPH <{_SHAPES}> {{
  ?rule a sh:NodeShape . FILTER(REGEX(STR(?rule), "/shape/R[0-9][0-9](-|$)"))
  ?rule (sh:property|sh:sparql|sh:or|sh:and|sh:not|sh:xone|sh:node|sh:path|sh:in|sh:languageIn|sh:qualifiedValueShape|
    sh:inversePath|sh:alternativePath|sh:zeroOrMorePath|sh:oneOrMorePath|sh:zeroOrOnePath|
    <http://www.w3.org/1999/02/22-rdf-syntax-ns#first>|<http://www.w3.org/1999/02/22-rdf-syntax-ns#rest>)* ?node .
  ?node ?predicate ?value
}} }}"""
"""The shapes of the rules, with all of their parts."""


@router.get("/rules")
async def rules(request: Request) -> Response:
    """List the rules: as a page, and as the shapes themselves in every syntax of RDF."""
    path = f"{base_path(request)}/rules"
    landing = Landing(path, f"{BASE}rules", places(path, query=True), DOCUMENTS, [expand("sh:ShapesGraph")])

    async def page(lang: str) -> str:
        view = View(request, lang)
        formats = [("Turtle", "text/turtle", view.url("/rules", format="ttl"))]
        found = await listed(engine_of(request))
        return view.render("rules.html", rules=found, formats=formats, severities=SEVERITIES)

    return await represent(request, Document(landing, page, whole=WHOLE), negotiate(request, DOCUMENTS))
