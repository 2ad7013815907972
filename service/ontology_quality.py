"""The page on the quality of the ontology: the checks of FOOPS!, ROBOT and OOPS!, made on the release served."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from starlette.requests import Request

from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import graph_iri
from evidensgraf.queries.checks import Check, checks, left_out, served
from evidensgraf.service.facts import Record
from evidensgraf.service.rendering import View
from evidensgraf.service.responses import engine_of
from evidensgraf.service.vocabulary import vocabulary

SUITES = ("FOOPS!", "ROBOT", "OOPS!")
"""The suites, in the order in which they are shown."""


async def run(engine: Engine, check: Check) -> Record:
    """Return a check with what it finds: ``wrong`` and ``accepted`` are IRIs, ``reasons`` why some stand, and which.

    Raises what ``Engine.query`` raises.
    """
    answer = await engine.query(check.query.text, default_graphs=[graph_iri("ontology")])
    rows = json.loads(answer.body)["results"]["bindings"]
    wrong, accepted, _ = check.judge(row["term"]["value"] for row in rows)
    reasons = [(reason, list(terms)) for reason, terms in groupby(accepted, key=lambda term: check.accepted[term])]
    return {"check": check, "wrong": wrong, "accepted": accepted, "reasons": reasons}


async def page(request: Request, lang: str) -> str:
    """Return the page: what passes, what stands with its reason, and what is checked elsewhere or not at all."""
    engine = engine_of(request)
    results = [await run(engine, check) for check in checks().values()]
    values: dict[str, Any] = {
        "v": await vocabulary(engine),
        "suites": [(suite, [r for r in results if r["check"].suite == suite]) for suite in SUITES],
        "passed": sum(not r["wrong"] and not r["accepted"] for r in results),
        "accepted": [r for r in results if r["accepted"]],
        "wrong": [r for r in results if r["wrong"]],
        "served": served(),
        "left_out": left_out(),
    }
    return View(request, lang).render("ontology_quality.html", **values)
