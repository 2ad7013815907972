"""Pages: the HTML representation of the start page, the lists, the things of the graph and the SPARQL endpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request

from evidensgraf.graph.engine import Answer, Engine
from evidensgraf.ontology.namespaces import BASE, EV, resource
from evidensgraf.service import i18n, query_help, records, rule_facts
from evidensgraf.service.chain import evidence_chain
from evidensgraf.service.chain_svg import draw
from evidensgraf.service.facts import Facts, Record, Text, ask
from evidensgraf.service.ontology_pages import ontology_page
from evidensgraf.service.problem_types import PROBLEM_TYPES
from evidensgraf.service.properties import Incoming, incoming, places, properties
from evidensgraf.service.rendering import Query, View
from evidensgraf.service.serving import serving_of
from evidensgraf.service.statements import cited, passage

SHOWN_ROWS = 200
"""Rows of a SPARQL answer on a page; the downloads have all of them."""
STARTER = """PREFIX ev: <https://w3id.org/evidensgraf/def/>
PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?finding ?title ?effect
WHERE {
  ?finding a ev:Finding ;
    dcterms:title ?title ;
    ev:effect ?effect .
}
ORDER BY ?finding
LIMIT 50
"""
"""The query in an empty form."""
LISTS: dict[str, dict[str, tuple[str, Callable[[Engine], Awaitable[list[Record]]]]]] = {
    "interventions": {"interventions": ("interventions", records.list_interventions)},
    "recommendations": {
        "appraisals": ("appraisals", records.list_appraisals),
        "recommendations": ("recommendations", records.list_recommendations),
    },
    "findings": {
        "findings": ("findings-of-intervention", records.list_findings),
        "gaps": ("evidence-gaps", records.list_gaps),
    },
    "sources": {"sources": ("sources", records.list_sources)},
}
"""Page → list on it → the query behind it and the function that gives it."""
_API = {
    "intervention": "interventions",
    "appraisal": "appraisals",
    "recommendation": "recommendations",
    "source": "sources",
}
_SYNTAXES = (
    ("Turtle", "text/turtle", "ttl"),
    ("JSON-LD", "application/ld+json", "jsonld"),
    ("N-Triples", "application/n-triples", "nt"),
    ("RDF/XML", "application/rdf+xml", "rdf"),
    ("TriG", "application/trig", "trig"),
    ("N-Quads", "application/n-quads", "nq"),
)
"""Syntaxes of RDF: name, media type, suffix."""
_PATHS = {"gaps": "evidence-gaps"}


async def render(request: Request, engine: Engine, kind: str, slug: str, lang: str) -> str | None:
    """Return the page about a resource, or None when the graph says nothing of it."""
    page = {
        "intervention": _intervention,
        "appraisal": _claim,
        "recommendation": _claim,
        "prerequisite": _claim,
        "source": _source,
        "def": _term,
    }.get(kind, _statement if kind in records.STATEMENT_KINDS else _resource)
    return await page(View(request, lang, await records.labels(engine)), engine, kind, slug)


async def _intervention(view: View, engine: Engine, kind: str, slug: str) -> str | None:
    record = await records.get_intervention(engine, slug)
    if record is None:
        return None
    queries: list[Query] = [(name, {"intervention": slug}) for name in ("findings-of-intervention", "evidence-gaps")]
    queries.append(("record-of-intervention", {"intervention": slug}))
    queries.append(("links-to-resource", {"resource": record["id"]}))
    links = await _incoming(view, engine, record["id"])
    return _thing(view, "intervention.html", kind, slug, queries, record=record, incoming=links)


async def _claim(view: View, engine: Engine, kind: str, slug: str) -> str | None:
    record = await evidence_chain(engine, kind, slug)
    if record is None:
        return None
    queries: list[Query] = [("evidence-chain", {"claim": record["id"]}), ("record", {"resource": record["id"]})]
    queries.append(("links-to-resource", {"resource": record["id"]}))
    values = {
        "picture": draw(record, view.lang),
        "sources": cited(record),
        "incoming": await _incoming(view, engine, record["id"]),
    }
    return _thing(view, "claim.html", kind, slug, queries, record=record, **values)


async def _source(view: View, engine: Engine, kind: str, slug: str) -> str | None:
    record = await records.get_source(engine, slug)
    if record is None:
        return None
    queries: list[Query] = [("rests-on-source", {"source": slug}), ("record", {"resource": record["id"]})]
    about: dict[str, list[Record]] = {}
    for statement in record["statements"]:
        topic = next(iter(statement["about"]), None) or {"label": {view.lang: view.t("source.other")}}
        about.setdefault(view.plain(topic["label"]), []).append(statement)
    groups = sorted(about.items(), key=lambda pair: pair[0].casefold())
    queries.append(("links-to-resource", {"resource": record["id"]}))
    links = await _incoming(view, engine, record["id"])
    return _thing(view, "source.html", kind, slug, queries, record=record, groups=groups, incoming=links)


async def _statement(view: View, engine: Engine, kind: str, slug: str) -> str | None:
    record = await records.get_statement(engine, kind, slug)
    if record is None:
        return None
    queries: list[Query] = [(name, {"resource": record["id"]}) for name in ("record", "links-to-resource")]
    links = await _incoming(view, engine, record["id"])
    return _thing(view, "statement.html", kind, slug, queries, record=record, incoming=links, sources=cited(record))


async def _term(view: View, engine: Engine, kind: str, slug: str) -> str | None:
    page = await ontology_page(view, engine, slug)
    if page is None:
        return await _resource(view, engine, kind, slug)
    template, queries, values = page
    return _thing(view, template, kind, slug, queries, **values)


async def _resource(view: View, engine: Engine, kind: str, slug: str) -> str | None:
    iri, _ = _names(kind, slug)
    facts = Facts(await ask(engine, "record", resource=iri))
    links = await _incoming(view, engine, iri)
    if iri not in facts and not links.links:
        return None
    queries: list[Query] = [(name, {"resource": iri}) for name in ("record", "links-to-resource")]
    types = facts.iris(iri, "rdf:type")
    values = {
        "iri": iri,
        "label": facts.label(iri),
        "definition": facts.text(iri, "skos:definition") or facts.text(iri, "dcterms:description"),
        "types": [t for t in types if t.startswith(EV)] or types,
        "properties": properties(facts, iri, view.lang),
        "passages": [passage(facts, p) for p in places(facts, iri)],
        "incoming": links,
    }
    return _thing(view, "resource.html", kind, slug, queries, **values)


async def _incoming(view: View, engine: Engine, iri: str) -> Incoming:
    """Return the page of incoming links that ``?links=`` asks for; the first one for what is not a page number."""
    asked = view.request.query_params.get("links", "")
    return await incoming(engine, iri, int(asked) if re.fullmatch(r"[1-9]\d{0,5}", asked) else 1)


def _names(kind: str, slug: str) -> tuple[str, str]:
    """Return the IRI of a thing and the path of the page about it; ``def`` and ``graph`` are kinds of their own."""
    if kind in ("def", "graph"):
        return f"{BASE}{kind}/{slug}", f"/{kind}/{slug}"
    return resource(kind, slug), f"/doc/{kind}/{slug}"


def _thing(view: View, template: str, kind: str, slug: str, queries: Sequence[Query], **values: Any) -> str:
    """Render the page of a thing, with links to its data and to the queries behind it."""
    iri, path = _names(kind, slug)
    formats = [
        (name, media_type, view.url(path, format=suffix) if path.endswith("/") else view.url(f"{path}.{suffix}"))
        for name, media_type, suffix in _SYNTAXES
    ]
    if kind in _API:
        formats.append(("JSON", "application/json", view.url(f"/api/v1/{_API[kind]}/{slug}")))
    values |= {"kind": kind, "slug": slug, "subject": iri, "local": path}
    return view.render(template, formats=formats, queries=view.behind(queries), **values)


async def start(request: Request, engine: Engine, lang: str) -> str:
    """Return the start page: what this is, and the interventions on which there is a verdict, a finding or a gap."""
    view = View(request, lang)
    every = await records.list_interventions(engine)
    found = [record for record in every if record["verdict"] or record["findings"] or record["gaps"]]
    queries = view.behind([("interventions-by-verdict", {}), ("placements", {}), ("interventions", {})])
    return view.render("start.html", interventions=found, total=len(every), queries=queries, current="interventions")


async def listing(request: Request, engine: Engine, kind: str, lang: str) -> str:
    """Return a list: ``interventions``, ``recommendations`` (with appraisals), ``findings`` (with gaps) or ``sources``.

    Raises ``KeyError`` for any other kind.
    """
    view = View(request, lang)
    found = {key: await get(engine) for key, (_, get) in LISTS[kind].items()}
    queries = view.behind([(name, {}) for name, _ in LISTS[kind].values()])
    paths = [_PATHS.get(name, name) for name in found]
    names = [f"JSON ({path})" if len(paths) > 1 else "JSON" for path in paths]
    formats = [(n, "application/json", view.url(f"/api/v1/{p}")) for n, p in zip(names, paths, strict=True)]
    formats += [
        (n.replace("JSON", "CSV"), "text/csv", view.url(f"/queries/{query}.csv"))
        for n, (query, _) in zip(names, LISTS[kind].values(), strict=True)
    ]
    return view.render("listing.html", kind=kind, lists=found, queries=queries, formats=formats, current=kind)


def query_of_list(kind: str) -> str:
    """Return the name of the query behind a list; where a page has two, that of the one it is named after."""
    return LISTS[kind][kind][0]


async def listed(engine: Engine, kind: str) -> list[str]:
    """Return the IRIs of all that a page lists, in its order."""
    return [str(record["id"]) for _, get in LISTS[kind].values() for record in await get(engine)]


async def quality(request: Request, engine: Engine, lang: str) -> str:
    """Return the quality page: each figure of the release, what it measures, and how it is counted."""
    view = View(request, lang)
    figures, found = await records.list_quality(engine), await rule_facts.results(engine)
    queries = view.behind([("quality-figures", {}), ("validation-results", {})])
    return view.render("quality.html", figures=figures, results=found, queries=queries)


async def sparql_page(
    request: Request, query: str, lang: str, answer: Answer | None, error: dict[str, Any] | None
) -> str:
    """Return the SPARQL page: the form, and the answer (in the JSON format, or a graph as text) or the problem."""
    result: dict[str, Any] = {}
    names: dict[str, Text] = {}
    if answer and answer.media_type == "application/sparql-results+json":
        result = json.loads(answer.body)
        rows = result.setdefault("results", {}).setdefault("bindings", [])
        result["total"] = len(rows)
        result["rows"] = rows[:SHOWN_ROWS]
        iris = {term["value"] for row in result["rows"] for term in row.values() if term["type"] == "uri"}
        names = await records.labels_of(serving_of(request).engine, iris) if iris else {}
    elif answer:
        result = {"graph": answer.body.decode()}
    view = View(request, lang, names)
    kept = [(k, v) for k, v in request.query_params.multi_items() if k in ("default-graph-uri", "named-graph-uri")]
    formats = ("ttl", "jsonld", "nt", "rdf") if "graph" in result else ("csv", "tsv", "json", "xml")
    downloads = [(name, view.url("/sparql", query=query, **dict(kept), format=name)) for name in formats if answer]
    return view.render(
        "sparql.html",
        query=query or STARTER,
        result=result,
        error=error,
        downloads=downloads,
        kept=kept,
        current="sparql",
        rows_shown=SHOWN_ROWS,
    )


async def queries_page(request: Request, found: list[dict[str, Any]], lang: str) -> str:
    """Return the query catalogue: what each query answers, and a form that runs it."""
    view = View(request, lang)
    groups, examples = query_help.grouped(found), query_help.EXAMPLES
    return view.render("queries.html", catalogue=groups, examples=examples, current="queries")


async def problem_page(request: Request, problem: dict[str, Any], lang: str) -> str:
    """Return the page of a problem (RFC 9457): what was wrong, where, and what to do next.

    An explanation that speaks of members of the JSON document gives way to one in words for people.
    """
    name = str(problem["type"]).rsplit("/", 1)[-1]
    kind, key = PROBLEM_TYPES.get(name), f"problem.help.{name}"
    general = kind is not None and problem["detail"] == kind.explanation[lang]
    if (general or name == "not-found") and i18n.has(lang, key):
        problem = problem | {"detail": i18n.translate(lang, key)}
    return View(request, lang).render("problem.html", problem=problem)


async def static_page(request: Request, name: str, lang: str) -> str:
    """Return the page ``about`` or ``accessibility``. Raises ``KeyError`` for any other name."""
    if name not in ("about", "accessibility"):
        raise KeyError(name)
    return View(request, lang).render(f"{name}.{lang}.html", current=name)
