"""The quality checks of the ontology: a query for each, its finding the rows, and the findings that stand with reason.

The checks are those of FOOPS! (https://w3id.org/foops/), ROBOT report (https://robot.obolibrary.org/report) and OOPS!
(https://oops.linkeddata.es/) that a program can make. Each query looks at a default graph with the ontology, its
schemes and its alignments, and gives ``?term``, what is wrong, and where it helps ``?value``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from evidensgraf.ontology.namespaces import expand
from evidensgraf.queries.catalogue import Query, load_checks

Reason = Mapping[str, str]
"""A text by language."""


@dataclass(frozen=True)
class Check:
    """One check: its query, and the terms (IRIs) whose findings stand, each with its reason."""

    query: Query
    accepted: Mapping[str, Reason]

    @property
    def suite(self) -> str:
        """The suite that it belongs to: ``FOOPS!``, ``ROBOT`` or ``OOPS!``."""
        return self.query.tags[0]

    @property
    def severity(self) -> str:
        """How grave its suite holds a finding to be; empty where the suite does not say."""
        return self.query.tags[1] if len(self.query.tags) > 1 else ""

    @property
    def id(self) -> str:
        """Its name in its suite.

        >>> [checks()[name].id for name in ("foops-om4-1", "oops-p13", "robot-missing-label")]
        ['OM4.1', 'P13', 'missing_label']
        """
        name = self.query.name.partition("-")[2]
        return name.replace("-", "_") if self.suite == "ROBOT" else name.replace("-", ".").upper()

    def judge(self, found: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
        """Return the terms found that are wrong, those whose finding stands, and the stale entries, each sorted."""
        terms = set(found)
        known = set(self.accepted)
        return sorted(terms - known), sorted(terms & known), sorted(known - terms)


@cache
def checks() -> dict[str, Check]:
    """Return the checks by the name of their query, sorted."""
    accepted: dict[str, dict[str, Reason]] = {}
    for entry in _entries("accepted"):
        accepted.setdefault(entry["check"], {}).update({expand(term): entry["reason"] for term in entry["terms"]})
    queries = load_checks()
    if unknown := sorted(set(accepted) - set(queries)):
        raise KeyError(f"accepted.yaml names {unknown[0]}, which is no check.")
    return {name: Check(query, accepted.get(name, {})) for name, query in queries.items()}


def served() -> list[dict[str, Any]]:
    """Return the checks that only the running service can pass: ``id``, ``suite``, ``summary`` by language."""
    return _entries("served")


def left_out() -> list[dict[str, Any]]:
    """Return the checks that are not made: ``ids``, ``suite``, ``reason`` by language."""
    return _entries("left_out")


@cache
def _document() -> dict[str, list[dict[str, Any]]]:
    text = (files("evidensgraf.queries") / "ontology" / "accepted.yaml").read_text(encoding="utf-8")
    loaded: dict[str, list[dict[str, Any]]] = yaml.safe_load(text)
    return loaded


def _entries(part: str) -> list[dict[str, Any]]:
    return _document()[part]
