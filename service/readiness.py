"""The readiness of guidelines: ``/readiness``, the same in the API, and the command ``readiness``."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.check import Checker
from evidensgraf.graph.draft import read_draft
from evidensgraf.graph.foreign import MAX_BYTES
from evidensgraf.graph.readiness import STATES, guidelines, guidelines_of, readiness, readiness_of
from evidensgraf.ontology.namespaces import ID, resource
from evidensgraf.service.api import slug_of, stated
from evidensgraf.service.facts import Record
from evidensgraf.service.near import near
from evidensgraf.service.readiness_text import lines
from evidensgraf.service.rendering import View
from evidensgraf.service.resources import not_found
from evidensgraf.service.responses import (
    BOTH,
    HTML,
    JSON,
    answer,
    engine_of,
    json_bytes,
    known,
    language,
    negotiate,
    release_of,
)
from evidensgraf.service.rule_facts import asking, found_by_rules
from evidensgraf.service.running import CommandError, release_for

router = APIRouter(include_in_schema=False)
KIND = "source"
"""A guideline is a source: the kind in its IRI."""


@router.get("/readiness")
async def listing(request: Request) -> Response:
    """List the guidelines in the release, and whether each has been read."""
    variant = negotiate(request, [HTML, JSON])
    lang = language(request) if variant == HTML else None
    if ready := known(request, variant, lang, BOTH):
        return ready
    found = await guidelines(asking(engine_of(request)))
    if lang is None:
        return answer(request, json_bytes({"guidelines": found, "release": release_of(request).id}), JSON, about=BOTH)
    view = View(request, lang)
    formats = [("JSON", "application/json", view.url("/readiness", format="json"))]
    return answer(request, view.render("readiness_list.html", guidelines=found, formats=formats), HTML, lang, BOTH)


@router.get("/readiness/{slug}")
async def report(request: Request, slug: str) -> Response:
    """Say what one guideline has of what is asked for: as a page, and in JSON."""
    variant = negotiate(request, [HTML, JSON])
    lang = language(request) if variant == HTML else None
    if ready := known(request, variant, lang, BOTH):
        return ready
    found = await _report(request, slug)
    if lang is None:
        return answer(request, json_bytes({**found, **stated(request)}), JSON, about=BOTH)
    view = View(request, lang)
    formats = [("JSON", "application/json", view.url(f"/readiness/{slug}", format="json"))]
    return answer(
        request, view.render("readiness.html", report=found, states=STATES, formats=formats), HTML, lang, BOTH
    )


@router.get("/api/v1/guidelines/{slug}/readiness")
async def record(request: Request) -> Response:
    """Answer with the report on one guideline, in the REST API."""
    negotiate(request, [JSON])
    language(request)
    slug = slug_of(request)
    if ready := known(request, JSON, about=BOTH):
        return ready
    return answer(request, json_bytes({**await _report(request, slug), **stated(request)}), JSON, about=BOTH)


async def _report(request: Request, slug: str) -> Record:
    """Return the report on a guideline. Raises ``Problem`` (404) where the release has none of that name."""
    engine = engine_of(request)
    here = [entry["id"] for entry in await guidelines(asking(engine))]
    if resource(KIND, slug) not in here:
        slugs = [iri.rpartition("/")[2] for iri in here]
        raise not_found(request, [f"/readiness/{name}" for name in near(slug, slugs)])
    return await readiness(asking(engine), resource(KIND, slug), await found_by_rules(engine))


def command(options: Namespace) -> int:
    """Print the readiness of a guideline of the release, or of each that a draft has recommendations of."""
    release, path = release_for(options), Path(options.guideline)
    store = ox.Store()
    store.bulk_load(path=str(release.quads), format=ox.RdfFormat.N_QUADS)
    if path.is_file():
        with path.open("rb") as file:
            draft = read_draft(path.name, file.read(MAX_BYTES + 1))
        reports = Checker(list(store), release.id).check(draft)["readiness"]
        if not reports:
            raise CommandError(f"{path} has no guideline. Let its recommendations be ev:partOfGuideline of one.")
    else:
        reports = [readiness_of(store, _guideline(store, options.guideline))]
    if options.json:
        print(json.dumps(reports[0] if len(reports) == 1 else reports, ensure_ascii=False, indent=2))
    else:
        print("\n\n".join("\n".join(lines(found, options.lang)) for found in reports))
    return 0


def _guideline(store: ox.Store, name: str) -> str:
    iri = resource(KIND, name.removeprefix(ID).removeprefix("guideline/").removeprefix(f"{KIND}/"))
    here = [entry["id"] for entry in guidelines_of(store)]
    if iri not in here:
        listed = ", ".join(each.removeprefix(ID) for each in here)
        raise CommandError(f"'{name}' is no file, and no guideline of the release. There are: {listed}")
    return iri
