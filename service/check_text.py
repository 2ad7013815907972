"""The report of a draft as text: for a terminal, and for the log of a program that builds a guideline."""

from __future__ import annotations

from collections.abc import Iterator

from evidensgraf.graph.check_rules import Record
from evidensgraf.service import i18n
from evidensgraf.service.readiness_text import lines as readiness_lines

SEVERITIES = ("violation", "warning", "info")
"""How severe a result can be, worst first, as the counts of a report name it."""


def label_of(thing: Record, lang: str) -> str:
    """Return the label of a linked thing, or its IRI where it has none."""
    return named(thing["label"], lang)[1] or str(thing["id"])


def named(label: dict[str, str], lang: str) -> tuple[str, str]:
    """Return (language tag, text) of a label; a foreign term that has only a CURIE has the service's own word for it.

    >>> named({"und": "dcterms:title"}, "en")
    ('en', 'title')
    """
    if (key := f"term.{label.get('und')}") and i18n.has(lang, key):
        return lang, i18n.translate(lang, key)
    return i18n.best(label, lang)


def counts_in_words(counts: dict[str, int], lang: str) -> str:
    """Return how many results there are of each severity, in words.

    >>> counts_in_words({"violation": 1, "warning": 0, "info": 2}, "en")
    '1 violation, 0 warnings, 2 remarks'
    """
    return ", ".join(i18n.translate(lang, f"check.count.{severity}", count=counts[severity]) for severity in SEVERITIES)


def place_in_words(place: Record | None, lang: str) -> str:
    """Return where something stands in a draft, in words; nothing where that is not known.

    >>> place_in_words({"line": 3, "sheet": None, "cell": None}, "sv")
    'rad 3'
    """
    if place and place["cell"]:
        return i18n.translate(lang, "check.place.cell", sheet=place["sheet"], cell=place["cell"])
    return i18n.translate(lang, "check.place.line", line=place["line"]) if place and place["line"] else ""


def passage_in_words(passage: Record, lang: str) -> str:
    """Return a passage as it is cited: source, section and page."""
    source = label_of(passage["source"], lang) if passage["source"] else ""
    section = i18n.translate(lang, "check.section", section=passage["section"]) if passage["section"] else ""
    page = i18n.translate(lang, "check.page", page=passage["page"]) if passage["page"] else ""
    return ", ".join(filter(None, (source, section, page)))


def text_report(report: Record, lang: str) -> str:
    """Return a report as lines of text, each result with its place first, as compilers write it."""
    return "".join(f"{line}\n" for line in _lines(report, lang))


def _lines(report: Record, lang: str) -> Iterator[str]:
    name = report["draft"]["name"]
    counts = counts_in_words(report["counts"], lang)
    yield i18n.translate(lang, "check.summary", draft=name, release=report["release"], counts=counts)
    if report["additions"]:
        added = ", ".join(label_of(thing, lang) for thing in report["additions"])
        yield i18n.translate(lang, "check.additions") + " " + added
    rules = {rule["shape"]: rule for rule in report["rules"]}
    for group in report["groups"]:
        thing = group["recommendation"]
        heading = label_of(thing, lang) if thing else i18n.translate(lang, "check.others")
        yield ""
        yield f"{heading} ({counts_in_words(group['counts'], lang)})"
        for result in group["results"]:
            yield from _result(result, rules[result["shape"]], name, lang)
    for guideline in report["readiness"]:
        yield from ("", i18n.translate(lang, "readiness.title"))
        yield from readiness_lines(guideline, lang)


def _result(result: Record, rule: Record, name: str, lang: str) -> Iterator[str]:
    place = result["place"] or {"line": None, "sheet": None, "cell": None}
    where = f"{name}:{place['line']}" if place["line"] else place_in_words(place, lang) or name
    severity = i18n.translate(lang, f"check.severity.{result['severity'].lower()}")
    yield f"  {where}: {severity} {rule['id']}: {i18n.best(result['message'], lang)[1]}"
    if rule["reason"]:
        yield f"      {i18n.translate(lang, 'check.why')}: {i18n.best(rule['reason'], lang)[1]}"
    for passage in result["passages"]:
        yield f"      {i18n.translate(lang, 'check.passage')}: {passage_in_words(passage, lang)}"
    for remedy in rule["remedies"]:
        allowed = ", ".join(label_of(value, lang) for value in remedy["allowed"])
        given = label_of(remedy["property"], lang) + (f" ({allowed})" if allowed else "")
        yield f"      {i18n.translate(lang, 'check.give')}: {given}"
