"""The report of a draft in SARIF 2.1.0 (OASIS), which editors and code hosts show beside the lines."""

from __future__ import annotations

import importlib.metadata
from typing import Any
from urllib.parse import quote

from evidensgraf.graph.check_rules import Record
from evidensgraf.service import i18n
from evidensgraf.service.check_text import label_of, passage_in_words
from evidensgraf.shapes.validate import SHAPE

MEDIA_TYPE = "application/sarif+json"
"""The media type of SARIF (OASIS SARIF 2.1.0 §3.3)."""
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"Violation": "error", "Warning": "warning", "Info": "note"}
"""Severity of SHACL → level of SARIF (§3.27.10)."""


def sarif_report(report: Record, lang: str, base: str) -> dict[str, Any]:
    """Return a report as a SARIF log with one run, in a language; ``base`` is the public base, with its page on checks.

    A result in a workbook has a logical location, ``Sheet!A1``; one in RDF the line of the file.
    """
    severities = {r["shape"]: r["severity"] for group in report["groups"] for r in group["results"]}
    index = {rule["shape"]: place for place, rule in enumerate(report["rules"])}
    uri = quote(report["draft"]["name"]) or "draft"
    driver = {
        "name": "Evidensgraf",
        "version": importlib.metadata.version("evidensgraf"),
        "informationUri": f"{base}check",
        "language": lang,
        "rules": [_rule(rule, severities[rule["shape"]], lang) for rule in report["rules"]],
    }
    run = {
        "tool": {"driver": driver},
        "language": lang,
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": {"uri": uri}, "roles": ["analysisTarget"]}],
        "results": [_result(r, index[r["shape"]], uri, lang) for group in report["groups"] for r in group["results"]],
        "properties": {"release": report["release"]},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def rule_name(shape: str) -> str:
    """Return the name of a rule that is unique in a report: the last part of the IRI of its shape.

    >>> rule_name("https://w3id.org/evidensgraf/def/shape/R12-superseded")
    'R12-superseded'
    """
    return shape.removeprefix(SHAPE).rpartition("#")[2]


def _rule(rule: Record, severity: str, lang: str) -> Record:
    reason, name = (i18n.best(rule[key], lang)[1] for key in ("reason", "name"))
    given = "; ".join(
        label_of(remedy["property"], lang)
        + (": " + ", ".join(label_of(v, lang) for v in remedy["allowed"]) if remedy["allowed"] else "")
        for remedy in rule["remedies"]
    )
    basis = ", ".join(label_of(b, lang) for b in rule["basis"])
    parts = (reason, i18n.translate(lang, "check.give") + ": " + given if given else "", basis)
    text = " ".join(filter(None, parts)) or name or rule["id"]
    return {
        "id": rule_name(rule["shape"]),
        "shortDescription": {"text": name or rule["id"]},
        "fullDescription": {"text": reason or name or rule["id"]},
        "help": {"text": text},
        "helpUri": rule["shape"],
        "defaultConfiguration": {"level": LEVELS[severity]},
    }


def _result(result: Record, index: int, uri: str, lang: str) -> Record:
    place = result["place"] or {"line": None, "sheet": None, "cell": None}
    location: Record = {"physicalLocation": {"artifactLocation": {"uri": uri, "index": 0}}}
    if place["line"]:
        location["physicalLocation"]["region"] = {"startLine": place["line"]}
    names = [result["focus"]["id"]]
    if place["cell"]:
        names.insert(0, f"{place['sheet']}!{place['cell']}")
    location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "element"} for name in names]
    passages = [passage_in_words(passage, lang) for passage in result["passages"]]
    return {
        "ruleId": rule_name(result["shape"]),
        "ruleIndex": index,
        "level": LEVELS[result["severity"]],
        "message": {"text": i18n.best(result["message"], lang)[1]},
        "locations": [location],
        "partialFingerprints": {"focusAndPath/v1": f"{result['focus']['id']} {result['path'] or ''}".strip()},
        "properties": {"recommendations": [r["id"] for r in result["recommendations"]], "passages": passages},
    }
