"""Help on the query catalogue: what a parameter can look like, and which queries are for developers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evidensgraf.ontology.namespaces import ID

EXAMPLES: dict[str, str] = {
    "ev:Appraisal": "hasky-bedomning",
    "ev:Intervention": "bostad-forst",
    "ev:Source": "sweco-2016-stockholmsjobben",
    "ev:Verdict": "ev:NotEffective",
    "rdfs:Resource": ID + "outcome/arbete",
}
"""Class of a parameter → a value of that class in the graph."""
TECHNICAL = frozenset({"record", "vocabulary"})
"""Tags of the queries that the pages and the API are built on."""


def grouped(found: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of the catalogue in two groups: ``everyone`` and ``developers``."""
    groups: dict[str, list[dict[str, Any]]] = {"everyone": [], "developers": []}
    for entry in found:
        groups["developers" if TECHNICAL & set(entry["tags"]) else "everyone"].append(entry)
    return groups
