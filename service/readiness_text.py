"""The readiness of a guideline as text, for the command line and the report of a draft."""

from __future__ import annotations

from collections.abc import Iterator

from evidensgraf.graph.readiness import STATES
from evidensgraf.ontology.namespaces import ID
from evidensgraf.service import i18n
from evidensgraf.service.facts import Record, Text


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
