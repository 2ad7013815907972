"""Help on the query catalogue: what a parameter can look like, and which queries are for developers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evidensgraf.ontology.namespaces import EV, ID

EXAMPLES: dict[str, str] = {
    "ev:Appraisal": "hasky-bedomning",
    "ev:Basis": "ev:interviews",
    "ev:CircumstanceKind": "ev:Barrier",
    "ev:DerivationRule": "rests-on",
    "ev:Domain": "ekonomiskt-bistand",
    "ev:Flag": "ev:OnlyInterviews",
    "ev:InconsistencyKind": "ev:SummaryAgainstBody",
    "ev:Informant": "ev:ServiceRepresentatives",
    "ev:Intervention": "case-management",
    "ev:InterventionKind": "ev:WorkingMethod",
    "ev:Organisation": "lumell-associates",
    "ev:Outcome": "arbete",
    "ev:Population": "langtidsarbetslosa",
    "ev:ProcessModel": "styrsnurra",
    "ev:ProtectiveFactor": "arbetslivserfarenhet",
    "ev:RecommendationKind": "ev:DevelopmentIdea",
    "ev:Role": "ev:RoleAuthor",
    "ev:Source": "sweco-2016-stockholmsjobben",
    "ev:StudyDesign": "ev:DesignComparisonGroup",
    "ev:Term": "beprovad-erfarenhet",
    "ev:Verdict": "ev:NotEffective",
    "owl:Class": "ev:Domain",
    "rdfs:Resource": ID + "outcome/arbete",
    "sh:NodeShape": EV + "shape/R13",
    "xsd:dateTime": "2020-01-01T00:00:00Z",
    "xsd:integer": "2000",
    "xsd:string": "en",
    "agent": "evidensgraf",
    "date": "2030-01-01T00:00:00Z",
    "document": "rapport-2-ekonomiskt-bistand",
    "entity": "ev:EvidenceGap",
    "law": "sfs-2001-453",
    "problem": "behov-av-forsorjningsstod",
    "publisher": "ifau",
}
"""Class or datatype of a parameter, or its name where that says more → a value that gives an answer."""
TECHNICAL = frozenset({"record", "vocabulary"})
"""Tags of the queries that the pages and the API are built on."""


def grouped(found: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of the catalogue in two groups: ``everyone`` and ``developers``."""
    groups: dict[str, list[dict[str, Any]]] = {"everyone": [], "developers": []}
    for entry in found:
        groups["developers" if TECHNICAL & set(entry["tags"]) else "everyone"].append(entry)
    return groups
