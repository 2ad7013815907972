"""Rendering: what every template can use, bound to one request and one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request

from evidensgraf.ontology.namespaces import EV, GRAPH, ID, LANGUAGES, curie
from evidensgraf.queries.catalogue import load
from evidensgraf.service import i18n
from evidensgraf.service.facts import Record, Text
from evidensgraf.service.paths import base_path, full_path
from evidensgraf.service.serving import serving_of

DIFFERENCES = ("betweenGroups", "changeOverTime")
"""Measured groups whose numbers are differences and are shown with their sign."""
Query = tuple[str, Mapping[str, str]]
"""A query of the catalogue behind a page: its name and its bound values."""


@cache
def environment() -> Environment:
    """Return the template environment; an undefined name in a template is an error."""
    room = files("evidensgraf.service") / "templates"
    loader = FileSystemLoader(str(room))
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def link(iri: str, request: Request) -> str | None:
    """Return the path of the page about a thing that the service has an IRI for, or None for any other IRI.

    The path keeps ``lang`` where the request chose its language in the address.
    """
    for namespace, place in ((ID, "/doc/"), (EV, "/def/"), (GRAPH, "/graph/")):
        if iri.startswith(namespace):
            path, mark, fragment = iri[len(namespace) :].partition("#")
            return address(request, place + path) + mark + fragment
    return None


def address(request: Request, path: str, **parameters: str) -> str:
    """Return the address of a path of the service below its mount, with parameters and the chosen language kept."""
    chosen = request.query_params.get("lang")
    pairs = {**parameters, **({"lang": chosen} if chosen in LANGUAGES and "lang" not in parameters else {})}
    return base_path(request) + path + (f"?{urlencode(pairs)}" if pairs else "")


class View:
    """The functions that templates call, for one request in one language."""

    def __init__(self, request: Request, lang: str, names: Mapping[str, Text] | None = None) -> None:
        self.request, self.lang, self.names = request, lang, names or {}
        self._subject, self._anchored = "", set[str]()

    def render(self, template: str, **values: Any) -> str:
        """Return a page. ``values`` are what the template shows; the helpers below are added under their names.

        ``subject`` is the IRI of the thing that the page is about, whose parts ``anchor`` marks.
        """
        self._subject, self._anchored = str(values.get("subject", "")), set()
        helpers = {
            name: getattr(self, name)
            for name in (
                "t",
                "text",
                "plain",
                "upper",
                "anchor",
                "once",
                "paragraphs",
                "tag",
                "href",
                "url",
                "amount",
                "duration",
                "num",
                "short",
                "static",
                "type_name",
                "name",
                "period",
                "date",
                "query_url",
                "switch",
                "here",
            )
        }
        page: dict[str, Any] = {"queries": [], "formats": [], "current": "", "description": None}
        page |= {"action": base_path(self.request) + "/sparql"}
        release, base = serving_of(self.request).release, self.request.app.state.settings.public_base
        known = {"lang": self.lang, "release": release.id, "base": base, "curie": curie}
        return environment().get_template(template).render({**page, **known, **helpers, **values})

    def t(self, key: str, **values: object) -> str:
        """Return one of the service's own words (see ``i18n.translate``)."""
        return i18n.translate(self.lang, key, **values)

    def plain(self, text: Text | str | None) -> str:
        """Return a text in the reader's language, or in the one there is, without markup."""
        return text if isinstance(text, str) else i18n.best(text, self.lang)[1]

    def tag(self, text: Text | None) -> str:
        """Return the language tag of what ``plain`` gives."""
        return i18n.best(text, self.lang)[0]

    def text(self, text: Text | str | None) -> Markup:
        """Return a text, marked with its language where that is not the page's (WCAG 2.2, 3.1.2)."""
        return self._marked(text, self.plain(text), "span")

    def upper(self, text: Text | str | None) -> Markup:
        """Return a text with its first letter in upper case, for headings and the starts of cells; a CURIE as it is."""
        plain = self.plain(text)
        shown = plain if isinstance(text, dict) and ":" in text.get("und", "") else plain[:1].upper() + plain[1:]
        return self._marked(text, shown, "span")

    def paragraphs(self, text: Text | None) -> Markup:
        """Return each line of a text as a paragraph."""
        return Markup("\n").join(self._marked(text, part, "p") for part in self.plain(text).splitlines())

    def _marked(self, text: Text | str | None, shown: str, element: str) -> Markup:
        language = self.lang if isinstance(text, str) else self.tag(text)
        if language in (self.lang, "und"):
            return Markup("<p>{}</p>").format(shown) if element == "p" else escape(shown)
        return Markup(f'<{element} lang="{{}}">{{}}</{element}>').format(language, shown)

    def href(self, iri: str) -> str | None:
        """Return the path of the page about a resource, or None."""
        return link(iri, self.request)

    def url(self, path: str, **parameters: str) -> str:
        """Return the address of a path of the service."""
        return address(self.request, path, **parameters)

    def here(self) -> str:
        """Return the path of this page as its reader wrote it."""
        return full_path(self.request)

    def switch(self, lang: str) -> str:
        """Return the address of this page in another language."""
        pairs = [(k, v) for k, v in self.request.query_params.multi_items() if k != "lang"]
        return f"{full_path(self.request)}?{urlencode([*pairs, ('lang', lang)])}"

    def query_url(self, name: str, values: Mapping[str, str]) -> str:
        """Return the address at which a query of the catalogue can be read, changed and run."""
        return self.url("/sparql", query=load()[name].bind(values))

    def behind(self, queries: Iterable[Query]) -> list[tuple[str, str]]:
        """Return what the queries behind a page are called, and where each can be read, changed and run."""
        return [(load()[name].summary[self.lang], self.query_url(name, values)) for name, values in queries]

    def name(self, iri: str) -> Text:
        """Return the label of a class, property or concept, or its CURIE; the service's own word for a foreign term."""
        key = f"term.{curie(iri)}"
        if i18n.has(self.lang, key):
            return {self.lang: self.t(key)}
        return dict(self.names.get(iri) or {"und": curie(iri)})

    def type_name(self, record: Record) -> str:
        """Return what kind of thing a record is, by the label of its class in the graph."""
        return self.plain(self.name(EV + str(record["type"])))

    def num(self, value: float) -> str:
        """Return a number as the language writes it."""
        return i18n.number(value, self.lang)

    def short(self, iri: str) -> str:
        """Return an IRI in short: ``kind/slug`` for a resource of the graph, a CURIE for other known terms."""
        return iri.removeprefix(ID) if iri.startswith(ID) else curie(iri)

    def static(self, name: str) -> str:
        """Return the address of a static file."""
        return f"{base_path(self.request)}/static/{name}"

    def duration(self, value: str) -> str:
        """Return an ``xsd:duration`` in words."""
        return i18n.duration(value, self.lang)

    def date(self, value: str) -> str:
        """Return a year, or a year and a month in words."""
        return i18n.date(value, self.lang)

    def period(self, record: Record) -> str:
        """Return the period of a record in words, or an empty string."""
        return i18n.period(record.get("periodStart"), record.get("periodEnd"), self.lang)

    def anchor(self, iri: str) -> Markup:
        """Return the attribute ``id`` for a part of what the page is about: the fragment of its IRI, once to a page."""
        thing, _, fragment = iri.partition("#")
        if not fragment or thing != self._subject:
            return Markup("")
        return self.once(fragment)

    def once(self, name: str) -> Markup:
        """Return the attribute ``id`` with a name, the first time that a page asks for it."""
        if name in self._anchored:
            return Markup("")
        self._anchored.add(name)
        return Markup(' id="{}"').format(name)

    def amount(self, magnitude: Record) -> str:
        """Return a magnitude as a number, or a range of numbers, with its unit.

        “About” stands before an approximate one only where the words of the source are not there to be shown.
        """
        unit, group = (str((magnitude[key] or {}).get("id", "")).rsplit("/", 1)[-1] for key in ("unit", "group"))
        found = [magnitude[k] for k in ("value", "minimum", "maximum") if magnitude[k] is not None]
        signed = group in DIFFERENCES and unit != "SwedishKrona"
        shown = "–".join(i18n.number(v, self.lang, signed=signed and len(found) == 1) for v in found)
        word = i18n.unit(unit, found[0] if len(found) == 1 else None, self.lang)
        if word is None:
            word = self.plain((magnitude["unit"] or {"label": ""})["label"])
        about = self.t("amount.approximate") + " " if magnitude["approximate"] and not magnitude["printedForm"] else ""
        return f"{about}{shown}{i18n.NBSP}{word}".strip()
