"""Languages: the service's own words in Swedish and English, and numbers and durations as each language writes them.

What is said about the subject (the words for effects, verdicts, gaps …) is in the graph, not here.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from evidensgraf.ontology.namespaces import LANGUAGES

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
_YEAR_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)$")
_DURATION = re.compile(r"P(?:(?P<year>\d+)Y)?(?:(?P<month>\d+)M)?(?:(?P<week>\d+)W)?(?:(?P<day>\d+)D)?$")


class MissingTextError(KeyError):
    """A key that a catalogue does not have."""


@cache
def catalogue(lang: str) -> dict[str, str]:
    """Return the texts of one language (``sv`` or ``en``) by key."""
    room = files("evidensgraf.service") / "locale" / f"{lang}.json"
    texts: dict[str, str] = json.loads(room.read_text(encoding="utf-8"))
    return texts


def translate(lang: str, key: str, **values: object) -> str:
    """Return a text of a catalogue, its ``{names}`` replaced by values.

    With ``count`` the key ``….zero`` (where there is one), ``….one`` or ``….other`` is chosen.
    Raises ``MissingTextError`` for an unknown key.

    >>> translate("sv", "count.findings", count=1)
    '1 resultat'
    """
    texts = catalogue(lang)
    if key not in texts and "count" in values:
        form = {0: ".zero", 1: ".one"}.get(int(str(values["count"])), ".other")
        key += form if key + form in texts else ".other"
    if key not in texts:
        raise MissingTextError(f"{lang}: {key}")
    return texts[key].format(**values)


def has(lang: str, key: str) -> bool:
    """Return whether a catalogue has a key."""
    return key in catalogue(lang)


def best(text: dict[str, str] | None, lang: str) -> tuple[str, str]:
    """Return (language tag, text) to show to a reader of ``lang``: that language, then sv, en, then any.

    >>> best({"sv": "arbete"}, "en")
    ('sv', 'arbete')
    """
    for tag in (lang, *LANGUAGES, *(text or {})):
        if text and tag in text:
            return tag, text[tag]
    return lang, ""


def number(value: float, lang: str, *, signed: bool = False) -> str:
    """Return a number as the language writes it, with a true minus sign; ``signed`` shows a plus too.

    >>> number(-1234.5, "sv")
    '−1\\xa0234,5'
    """
    written = f"{abs(value):,.10f}".rstrip("0").rstrip(".")
    if lang == "sv":
        written = written.replace(",", NBSP).replace(".", ",")
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    return sign + written


def duration(value: str, lang: str) -> str:
    """Return an ``xsd:duration`` of years, months, weeks and days in words; any other as it stands.

    >>> duration("P1Y6M", "en")
    '1 year 6 months'
    """
    match = _DURATION.match(value)
    if match is None:
        return value
    parts = [(unit, int(count)) for unit, count in match.groupdict().items() if count]
    return " ".join(translate(lang, f"duration.{unit}", count=count) for unit, count in parts)


def date(value: str, lang: str) -> str:
    """Return an ``xsd:gYearMonth`` in words, and any other date as it stands.

    >>> date("2014-08", "sv")
    'augusti 2014'
    """
    match = _YEAR_MONTH.match(value)
    if match is None:
        return value
    return translate(lang, f"month.{int(match['month'])}") + " " + match["year"]


def period(start: str | None, end: str | None, lang: str) -> str:
    """Return a period in words, or an empty string where neither end is known.

    >>> period("1999-01", "2006-12", "en"), period("2012", None, "en"), period("2014", "2014", "en")
    ('January 1999–December 2006', 'from 2012', '2014')
    """
    first, last = (date(value, lang) if value else "" for value in (start, end))
    if first and last:
        return first if first == last else f"{first}–{last}"
    if first:
        return translate(lang, "period.from", start=first)
    return translate(lang, "period.until", end=last) if last else ""


def unit(name: str, count: float | None, lang: str) -> str | None:
    """Return a unit (local name of its concept) in the form that follows a number, or None where there is none."""
    key = f"unit.{name}.{'one' if count in (1, -1) else 'other'}"
    return translate(lang, key) if has(lang, key) else None
