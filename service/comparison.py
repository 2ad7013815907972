"""What changed, in words: the differences of ``changes.json`` as sentences, and everything else counted by class."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from evidensgraf.graph.changes import KINDS
from evidensgraf.graph.differences import described
from evidensgraf.graph.load import read_vocabulary
from evidensgraf.graph.names import names_in
from evidensgraf.ontology.namespaces import EV, ID, LANGUAGES, PREFIXES, curie, expand
from evidensgraf.service import i18n
from evidensgraf.service.facts import Text

Changes = Mapping[str, Any]
"""What changed, in the form of ``changes.json``."""
Show = Callable[[Mapping[str, Any], Text], str]
"""Shows a thing (an object, perhaps with ``id``) by its name; what it gives is marked up, or not."""
SHOWN = 100
"""How many differences of a group are shown on a page, and in a text; JSON has them all."""


def plain(lang: str) -> Show:
    """Return what shows a thing by its name alone."""
    return lambda value, name: i18n.best(name, lang)[1]


def marked(lang: str, address: Callable[[str], str | None] = lambda iri: None) -> Show:
    """Return what shows a thing in HTML: in its language, and as a link where it has an address."""

    def show(value: Mapping[str, Any], name: Text) -> str:
        tag, words = i18n.best(name, lang)
        foreign = tag not in (lang, "und")
        shown = Markup('<span lang="{}">{}</span>').format(tag, words) if foreign else escape(words)
        place = address(str(value["id"])) if "id" in value else None
        return Markup('<a href="{}">{}</a>').format(place, shown) if place else shown

    return show


def linked(address: Callable[[str], str | None], changes: Changes) -> Callable[[str], str | None]:
    """Return what gives the address of a thing that differs, or None for one that has no page any more."""
    gone = {entry["id"] for entry in changes["resources"] if entry["change"] == "removed"}
    return lambda iri: None if iri in gone else address(iri)


def sentence(difference: Changes, lang: str, show: Show) -> str:
    """Return what one difference says, in a language."""
    words: dict[str, str] = {
        "thing": show(difference, _name(difference, lang)),
        "before": _listed(difference.get("before", []), lang, show),
        "after": _listed(difference.get("after", []), lang, show),
        "direction": _listed(difference.get("direction", []), lang, show),
    }
    for key in ("property", "item"):
        words[key] = show({}, _name(difference[key], lang)) if key in difference else ""
    template = i18n.catalogue(lang)[f"diff.{difference['kind']}"]
    return (Markup(template) if isinstance(words["thing"], Markup) else template).format(**words)


def _name(value: Mapping[str, Any], lang: str) -> Text:
    iri = str(value["id"])
    key = f"term.{curie(iri)}"
    if i18n.has(lang, key):
        return {lang: i18n.translate(lang, key)}
    return dict(value.get("label") or {"und": curie(iri).removeprefix(ID)})


def _listed(values: Iterable[Mapping[str, Any]], lang: str, show: Show) -> str:
    shown = [_value(value, lang, show) for value in values]
    if not shown:
        return show({}, {lang: i18n.translate(lang, "diff.nothing")})
    return type(shown[0])(", ").join(shown)


def _value(value: Mapping[str, Any], lang: str, show: Show) -> str:
    if "part" in value:
        return show({}, {lang: _part(value, lang)})
    if "id" in value:
        return show(value, _name(value, lang))
    return show({}, dict(value["text"]) if "text" in value else {"und": str(value["value"])})


def _part(value: Mapping[str, Any], lang: str) -> str:
    """Return a part of a resource in words: what it is, its numbers with their unit, what it names, and its date."""
    numbers = {name: float(number) for name, number in value.get("numbers", {}).items()}
    things = [i18n.best(_name(thing, lang), lang)[1] for thing in value.get("things", [])]
    unit = next((str(t["id"]).rpartition("/")[2] for t in value.get("things", [])), "")
    shown = [i18n.number(numbers[name], lang) for name in ("value", "minimum", "maximum") if name in numbers]
    if shown and (word := i18n.unit(unit, numbers.get("value"), lang)) is not None:
        things[0] = word
    bounds = [i18n.number(numbers[name], lang) for name in ("confidenceLow", "confidenceHigh") if name in numbers]
    told = [" ".join(filter(None, ["–".join(shown), *things[: bool(shown)]])), *things[bool(shown) :], "–".join(bounds)]
    if "pValue" in numbers:
        told.append(i18n.translate(lang, "diff.pValue", value=i18n.number(numbers["pValue"], lang)))
    whole = ", ".join(filter(None, [i18n.best(value.get("text"), lang)[1], *told]))
    return f"{whole} ({i18n.date(value['date'], lang)})" if value.get("date") else whole


def told(changes: Changes, lang: str, show: Show, most: int = SHOWN) -> list[dict[str, Any]]:
    """Return the groups of differences: the ``title`` of each, its ``sentences``, the ``count``, how many are ``left``.

    A group without any is left out.
    """
    groups: dict[str, list[Changes]] = defaultdict(list)
    for difference in changes["differences"]:
        groups[difference["group"]].append(difference)
    return [
        {
            "title": i18n.translate(lang, f"diff.group.{name}"),
            "sentences": [sentence(difference, lang, show) for difference in groups[name][:most]],
            "count": len(groups[name]),
            "left": max(0, len(groups[name]) - most),
        }
        for name in described()["groups"]
        if groups[name]
    ]


def rest(changes: Changes, lang: str) -> list[str]:
    """Return how many other resources were added, changed and removed, a line for each class, the largest first."""
    spoken = {difference["id"] for difference in changes["differences"]}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in changes["resources"]:
        if entry["id"] not in spoken:
            counts[entry.get("type") or ""][entry["change"]] += 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    return [
        i18n.translate(lang, "diff.rest.line", type=_class(name, lang), **{kind: found[kind] for kind in KINDS})
        for name, found in ordered
    ]


def _class(name: str, lang: str) -> str:
    if name.partition(":")[0] not in PREFIXES:
        return i18n.translate(lang, "diff.untyped")
    label = i18n.best(_name({"id": expand(name), "label": _terms().get(expand(name), {})}, lang), lang)[1]
    return label[:1].upper() + label[1:]


@cache
def _terms() -> dict[str, Text]:
    """Return the label of every term of the ontology."""
    quads = list(read_vocabulary())
    terms = {str(getattr(quad.subject, "value", "")) for quad in quads}
    return {iri: found["label"] for iri, found in names_in(quads, terms).items() if iri.startswith(EV)}


def title(changes: Changes, lang: str) -> str:
    """Return what is compared with what."""
    after = changes["draft"] if "draft" in changes else changes["release"]["id"]
    return i18n.translate(lang, "diff.title", after=after, before=changes["prior"]["id"])


def lines(changes: Changes, lang: str) -> Iterator[str]:
    """Yield the lines of a comparison as plain text."""
    yield title(changes, lang)
    groups = told(changes, lang, plain(lang), most=len(changes["differences"]))
    if not groups:
        yield i18n.translate(lang, "diff.none")
    for group in groups:
        yield from ("", f"{group['title']} ({group['count']})", *(f"  {sentence}" for sentence in group["sentences"]))
    if others := rest(changes, lang):
        yield from ("", i18n.translate(lang, "diff.rest"), *(f"  {line}" for line in others))


def with_sentences(changes: Changes) -> dict[str, Any]:
    """Return a comparison as a JSON document, in which each difference says itself in both languages."""
    said = [
        {**difference, "sentence": {lang: sentence(difference, lang, plain(lang)) for lang in LANGUAGES}}
        for difference in changes["differences"]
    ]
    return {**changes, "differences": said}
