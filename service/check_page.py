"""The report of a draft as HTML: a part of the page of the service, and a document of its own from the command line."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from markupsafe import Markup, escape

from evidensgraf.graph.check_rules import Record
from evidensgraf.service import i18n
from evidensgraf.service.check_text import SEVERITIES, counts_in_words, named, passage_in_words, place_in_words
from evidensgraf.service.rendering import environment


def report_html(report: Record, lang: str, href: Callable[[str], str | None]) -> Markup:
    """Return a report as a part of a page; ``href`` gives the address of the page about a thing, or None.

    All that comes from the draft is escaped.
    """

    def text(texts: dict[str, str]) -> Markup:
        tag, said = named(texts, lang)
        return escape(said) if tag in (lang, "und") else Markup('<span lang="{}">{}</span>').format(tag, said)

    def t(key: str, **values: object) -> str:
        return i18n.translate(lang, key, **values)

    values = {
        "report": report,
        "rules": {rule["shape"]: rule for rule in report["rules"]},
        "severities": SEVERITIES,
        "counts": lambda counts: counts_in_words(counts, lang),
        "where": lambda place: place_in_words(place, lang),
        "plain": lambda texts: named(texts, lang)[1],
        "cited": lambda passage: passage_in_words(passage, lang),
    }
    return Markup(
        environment().get_template("check_report.html").render({**values, "text": text, "t": t, "href": href})
    )


def html_document(report: Record, lang: str) -> str:
    """Return a report as a document of its own, with its style inside; things link to their IRIs."""
    style = (files("evidensgraf.service") / "static" / "style.css").read_text(encoding="utf-8")
    body = report_html(report, lang, lambda iri: iri if iri.startswith("http") else None)
    title = i18n.translate(lang, "check.title.for", draft=report["draft"]["name"])
    shown = {"lang": lang, "title": title, "style": Markup(style), "body": body}
    return environment().get_template("check_document.html").render(shown)
