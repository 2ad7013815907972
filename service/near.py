"""Near names: what somebody who wrote an address or a name that does not exist may have meant."""

from __future__ import annotations

import json
from collections.abc import Iterable
from difflib import get_close_matches

from evidensgraf.graph.engine import Engine, EngineError
from evidensgraf.ontology.namespaces import BASE, EV, ID

_RESOURCES = f"""SELECT DISTINCT ?resource WHERE {{
  ?resource a ?class . FILTER(STRSTARTS(STR(?resource), "{BASE}") && !CONTAINS(STR(?resource), "#"))
}} ORDER BY ?resource"""

MOST = 5
"""How many suggestions are given at most."""


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names most like a name, best first.

    >>> near("bostad-frst", ["bostad-forst", "hasky"])
    ['bostad-forst']
    """
    return get_close_matches(name[:200], list(known), n=MOST, cutoff=0.6)


async def _resources(engine: Engine) -> list[str]:
    """Return the IRIs of all resources; none when the engine does not answer, for a 404 stays a 404."""
    try:
        found = json.loads((await engine.query(_RESOURCES)).body)
    except EngineError:
        return []
    return [row["resource"]["value"] for row in found["results"]["bindings"]]


async def near_resources(engine: Engine, kind: str, slug: str) -> list[str]:
    """Return paths of documents: near slugs of the kind, then the same slug in other kinds."""
    found = [iri.removeprefix(ID).partition("/") for iri in await _resources(engine) if iri.startswith(ID)]
    slugs = [s for k, _, s in found if k == kind]
    others = [f"/doc/{k}/{s}" for k, _, s in found if s == slug and k != kind]
    kinds = [] if slugs else [f"/doc/{k}/{slug}" for k in near(kind, {k for k, _, s in found if s == slug})]
    near_here = [f"/doc/{kind}/{s}" for s in near(slug, slugs)]
    return list(dict.fromkeys([*kinds, *near_here, *others]))[:MOST]


async def near_terms(engine: Engine, term: str) -> list[str]:
    """Return paths below the service of ontology terms with names like a name, best first."""
    terms = {iri.removeprefix(EV) for iri in await _resources(engine) if iri.startswith(EV) and iri != EV}
    exact = [t for t in terms if t.lower() == term.lower()]
    return [f"/def/{t}" for t in dict.fromkeys([*exact, *near(term, sorted(terms))])][:MOST]
