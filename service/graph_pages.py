"""The page that lists the named graphs of the release, with what each holds and where it is as data."""

from __future__ import annotations

from starlette.requests import Request

from evidensgraf.service.description import triple_counts
from evidensgraf.service.facts import sort_key
from evidensgraf.service.records import labels_of
from evidensgraf.service.rendering import View
from evidensgraf.service.responses import engine_of, release_of


async def listing(request: Request, lang: str) -> str:
    """Return the page: every graph with its title and its number of triples, those of the whole, and downloads."""
    release = release_of(request)
    names, counts = await labels_of(engine_of(request), release.graphs), triple_counts(release)
    graphs = [
        {"id": iri, "label": names.get(iri) or {"und": iri.rsplit("/", 1)[-1]}, "triples": counts.get(iri)}
        for iri in release.graphs
    ]
    view = View(request, lang)
    formats = [("SPARQL Service Description (Turtle)", "text/turtle", view.url("/sparql", format="ttl"))]
    return view.render("graphs.html", graphs=sorted(graphs, key=lambda g: sort_key(g["label"])), formats=formats)
