"""The readiness of guidelines: ``/readiness``, the same in the API, and the command ``readiness``."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from evidensgraf.graph.check import Checker
from evidensgraf.graph.draft import Draft, read_draft
from evidensgraf.graph.foreign import MAX_BYTES
from evidensgraf.graph.readiness import STATES, guidelines, guidelines_of, readiness, readiness_of
from evidensgraf.ontology.namespaces import ID, expand, resource
from evidensgraf.service import i18n
from evidensgraf.service.api import slug_of, stated
from evidensgraf.service.facts import Record, Text
from evidensgraf.service.near import near
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
        checker = Checker(list(store), release.id)
        store.extend(draft.quads)
        reports = [readiness_of(store, iri, found_in(checker.check(draft))) for iri in _guidelines_in(draft)]
        if not reports:
            raise CommandError(f"{path} has no guideline. Let its recommendations be ev:partOfGuideline of one.")
    else:
        reports = [readiness_of(store, _guideline(store, options.guideline))]
    if options.json:
        print(json.dumps(reports[0] if len(reports) == 1 else reports, ensure_ascii=False, indent=2))
    else:
        print("\n\n".join("\n".join(lines(found, options.lang)) for found in reports))
    return 0


def _guidelines_in(draft: Draft) -> list[str]:
    """Return the guidelines that recommendations of a draft are a part of."""
    part = expand("ev:partOfGuideline")
    return sorted({str(getattr(q.object, "value", "")) for q in draft.quads if q.predicate.value == part})


def _guideline(store: ox.Store, name: str) -> str:
    iri = resource(KIND, name.removeprefix(ID).removeprefix("guideline/").removeprefix(f"{KIND}/"))
    here = [entry["id"] for entry in guidelines_of(store)]
    if iri not in here:
        listed = ", ".join(each.removeprefix(ID) for each in here)
        raise CommandError(f"'{name}' is no file, and no guideline of the release. There are: {listed}")
    return iri


def found_in(report: Record) -> list[Record]:
    """Return the results in the report of a check (see ``Checker.check``) as ``readiness`` takes them."""
    results = (result for group in report["groups"] for result in group["results"])
    return [{"rule": r["rule"], "severity": r["severity"], "focus": r["focus"]["id"]} for r in results]


def lines(report: Record, lang: str) -> Iterator[str]:
    """Yield the lines of a report as plain text."""
    yield i18n.best(report["guideline"]["label"], lang)[1] or report["guideline"]["id"]
    if not report["read"]:
        yield f"  {i18n.translate(lang, 'readiness.unread')}"
        return
    yield "  " + ", ".join(
        i18n.translate(lang, f"readiness.count.{state}", count=report["counts"][state]) for state in STATES[:-1]
    )
    for method in report["methods"]:
        for domain in method["domains"]:
            yield from ("", f"{i18n.best(method['name'], lang)[1]}: {i18n.best(domain['name'], lang)[1]}")
            for item in domain["items"]:
                yield from _item(item, lang)


def _item(item: Record, lang: str) -> Iterator[str]:
    yield f"  [{i18n.translate(lang, 'readiness.state.' + item['state'])}] {item['name'][lang]}"
    if item["lacking"] and item["total"] > 1:
        count = i18n.translate(
            lang, "readiness.lacking", missing=item["missing"], total=item["total"], of=item["of"][lang]
        )
        yield f"      {count}: " + "; ".join(_named(thing, lang) for thing in item["lacking"])
    if item["state"] in ("missing", "judgement") and (item["missing"] or not item["of"]):
        yield f"      → {item['do'][lang]}"
    if item["state"] == "missing" and not item["missing"]:
        yield f"      {i18n.translate(lang, 'readiness.broken')}"
    for rule in item["rules"]:
        if any(rule[severity] for severity in ("violation", "warning", "info")):
            counts = {key: value for key, value in rule.items() if key != "rule"}
            yield f"      {rule['rule']}: {i18n.translate(lang, 'readiness.results', **counts)}"
    if item["shown"] and item["state"] != "missing":
        yield "      " + "; ".join(_named(value, lang) for value in item["shown"])


def _named(value: Record, lang: str) -> str:
    text: Text = value.get("text") or value["label"] or {"und": str(value["id"]).removeprefix(ID)}
    return i18n.best(text, lang)[1]
