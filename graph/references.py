"""Reading reference files: RIS, BibTeX and CSL-JSON become references, or every line that is wrong is named."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import Any

import yaml
from bibtexparser.entrypoint import parse_string
from pylatexenc.latex2text import LatexNodes2Text

from evidensgraf.graph.draft import DraftError
from evidensgraf.ontology.namespaces import LANGUAGES

MAX_REFERENCES = 5_000
"""Most references of one file."""
SUFFIXES = {".ris": "ris", ".bib": "bibtex", ".json": "csl"}
"""Suffix of a reference file → its format."""
_RIS_LINE = re.compile(r"([A-Z][A-Z0-9])  ?-(?: (.*))?")
_LONGEST = 2_000
_SWEDISH = re.compile(r"[åäö]|\b(och|i|för|av|vid|med|om|på)\b", re.IGNORECASE)

logging.getLogger("bibtexparser").addHandler(logging.NullHandler())
logging.getLogger("bibtexparser").propagate = False


@dataclass(frozen=True)
class Reference:
    """A reference as its file gives it; ``line`` is where it begins, from 1 (its number in CSL-JSON).

    ``authors`` are names as they are sorted (``Ångström, Anna``), organisations as they are written. ``genre`` is the
    local name of a genre without its prefix, ``language`` a BCP 47 tag.
    """

    line: int
    title: str = ""
    authors: tuple[str, ...] = ()
    year: str = ""
    genre: str = "NotStated"
    container: str = ""
    publisher: str = ""
    doi: str = ""
    isbn: tuple[str, ...] = ()
    url: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    number: str = ""
    language: str = ""

    @property
    def text(self) -> str:
        """Return the reference in a line: authors, year and title."""
        return " ".join(filter(None, ("; ".join(self.authors), f"({self.year})." if self.year else "", self.title)))


@dataclass(frozen=True)
class ReferenceProblem:
    """What is wrong with a line of a reference file: the key of its message in ``references.yaml``."""

    key: str
    line: int = 0
    values: Mapping[str, object] = field(default_factory=dict, hash=False)

    def message(self, lang: str) -> str:
        """Return what is wrong and what to do, in a language."""
        said = str(texts()["messages"][self.key][lang].format(**self.values))
        return f"{self.line}: {said}" if self.line else said


class ReferencesError(DraftError):
    """A reference file that cannot be read; ``problems`` has everything that is wrong with it."""

    def __init__(self, name: str, problems: list[ReferenceProblem]) -> None:
        super().__init__(name, {lang: "\n".join(p.message(lang) for p in problems) for lang in LANGUAGES})
        self.problems = problems


@cache
def texts() -> Mapping[str, Any]:
    """Return the tables and the messages of ``references.yaml``."""
    found: Mapping[str, Any] = yaml.safe_load((files("evidensgraf.graph") / "references.yaml").read_text("utf-8"))
    return found


def read_references(name: str, data: bytes) -> list[Reference]:
    """Return the references of a file, whose suffix says its format. Raises ``ReferencesError``."""
    kind = SUFFIXES.get(PurePath(name).suffix.lower())
    if kind is None:
        raise ReferencesError(name, [ReferenceProblem("suffix")])
    text = _decoded(name, data)
    problems: list[ReferenceProblem] = []
    found: list[Reference] = []
    for raw in {"ris": _ris, "bibtex": _bibtex, "csl": _csl}[kind](text, problems):
        if len(found) == MAX_REFERENCES:
            raise ReferencesError(name, [ReferenceProblem("large", values={"most": MAX_REFERENCES})])
        found.append(_checked(raw, problems))
    if problems or not found:
        raise ReferencesError(name, sorted(problems, key=lambda p: p.line) or [ReferenceProblem("none")])
    return found


def _decoded(name: str, data: bytes) -> str:
    """Return the text of a file: UTF-8, UTF-16 with a byte-order mark, or what old programs of Windows write."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    for attempt in (encoding, "cp1252"):
        try:
            text = data.decode(attempt)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ReferencesError(name, [ReferenceProblem("encoding")])


@dataclass
class _Raw:
    """The fields of a reference by our names, each with its values."""

    line: int
    genre: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str | None, value: str) -> None:
        if name and value.strip():
            self.fields.setdefault(name, []).append(" ".join(value.split())[:_LONGEST])

    def first(self, name: str) -> str:
        return next(iter(self.fields.get(name, [])), "")


def _checked(raw: _Raw, problems: list[ReferenceProblem]) -> Reference:
    title, written = raw.first("title"), raw.first("year")
    year = re.match(r"\s*(1[5-9]\d\d|20\d\d)\b", written)
    if not title:
        problems.append(ReferenceProblem("title", raw.line))
    if written and not year:
        problems.append(ReferenceProblem("year", raw.line, {"given": written[:40]}))
    return Reference(
        line=raw.line,
        title=title,
        authors=tuple(raw.fields.get("authors", ())),
        year=year[1] if year else "",
        genre=raw.genre,
        doi=doi_of(raw.first("doi")),
        isbn=tuple(i for text in raw.fields.get("isbn", ()) for i in isbns_of(text)),
        pages=re.sub(r"\s*[-–—]+\s*", "–", "–".join(filter(None, (raw.first("pages"), raw.first("last-page"))))),
        language=_language(raw.first("language"), title),
        container=raw.first("container"),
        publisher=raw.first("publisher"),
        url=raw.first("url"),
        volume=raw.first("volume"),
        issue=raw.first("issue"),
        number=raw.first("number"),
    )


def _language(given: str, title: str) -> str:
    """Return a language tag; where the file gives none, the title decides between Swedish and English."""
    if given:
        tag = texts()["languages"].get(given.lower(), given.lower().replace("_", "-"))
        if re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", tag):
            return str(tag).partition("-")[0]
    return "sv" if _SWEDISH.search(title) else "en"


def doi_of(text: str) -> str:
    """Return a DOI as it is compared (lower case, without an address before it), or an empty text.

    >>> doi_of("https://doi.org/10.1000/ABC."), doi_of("no")
    ('10.1000/abc', '')
    """
    found = re.search(r"10\.\d{4,9}/[^\s\"<>]+", text)
    return found[0].rstrip(".,;)").lower() if found else ""


def isbns_of(text: str) -> list[str]:
    """Return the ISBNs in a text, with thirteen digits; those whose check digit is wrong are left out (ISO 2108).

    >>> isbns_of("91-7164-000-0, 978-91-7164-000-1, 1234-5678")
    []
    >>> isbns_of("0-306-40615-2"), isbns_of("978-0-306-40615-7")
    (['9780306406157'], ['9780306406157'])
    """
    found = []
    for written in re.findall(r"[\dXx][\dXx \-–]{8,20}", text):
        digits = re.sub(r"[^\dX]", "", written.upper())
        if re.fullmatch(r"\d{9}[\dX]", digits):
            values = [10 if d == "X" else int(d) for d in digits]
            if sum(v * (10 - i) for i, v in enumerate(values)) % 11 == 0:
                found.append(_thirteen("978" + digits[:9]))
        elif re.fullmatch(r"97[89]\d{10}", digits) and _thirteen(digits[:12]) == digits:
            found.append(digits)
    return found


def _thirteen(digits: str) -> str:
    return digits + str(-sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10)


def _ris(text: str, problems: list[ReferenceProblem]) -> Iterator[_Raw]:
    """Yield the references of a RIS file; a line without a tag goes on from the one before."""
    tags, genres = texts()["tags"]["ris"], texts()["genres"]["ris"]
    current: _Raw | None = None
    last = ""
    for number, line in enumerate(text.splitlines(), 1):
        match = _RIS_LINE.fullmatch(line.strip()) if line[:1].strip() else None
        tag, value = (match[1], match[2] or "") if match else ("", line)
        if tag == "TY":
            if current:
                problems.append(ReferenceProblem("ris-end", current.line))
            current = _Raw(number, genres.get(value.strip(), "NotStated"))
        elif current is None:
            if line.strip():
                problems.append(ReferenceProblem("ris-start", number))
        elif tag == "ER":
            yield current
            current = None
        elif tag:
            current.add(tags.get(tag), value)
            last = tag
        elif value.strip() and current.fields.get(tags.get(last, "")):
            current.fields[tags[last]][-1] += " " + " ".join(value.split())[:_LONGEST]
    if current:
        problems.append(ReferenceProblem("ris-end", current.line))


def _bibtex(text: str, problems: list[ReferenceProblem]) -> Iterator[_Raw]:
    """Yield the entries of a BibTeX file, with accents of LaTeX as letters and corporate authors in braces whole."""
    tags, genres = texts()["tags"]["bibtex"], texts()["genres"]["bibtex"]
    library = parse_string(text)
    for block in library.failed_blocks:
        reason = " ".join(str(block.error).split())[:120] or "…"
        problems.append(ReferenceProblem("bibtex", (block.start_line or 0) + 1, {"given": reason}))
    for entry in library.entries:
        raw = _Raw((entry.start_line or 0) + 1, genres.get(entry.entry_type.lower(), "NotStated"))
        for one in entry.fields:
            name = tags.get(one.key.lower())
            values = _bibtex_names(str(one.value)) if name == "authors" else [str(one.value)]
            for value in values:
                try:
                    raw.add(name, value if name in ("url", "doi") else _plain(value))
                except Exception as error:  # the decoder of LaTeX recurses, and has errors of its own
                    problems.append(ReferenceProblem("bibtex", raw.line, {"given": f"{one.key}: {error}"[:120]}))
        yield raw


def _plain(latex: str) -> str:
    if latex.count("{") > 500:
        raise ValueError("{{{ …")
    return " ".join(LatexNodes2Text().latex_to_text(latex).split())


def _bibtex_names(text: str) -> list[str]:
    """Return names parted by ``and`` outside braces, as they are sorted.

    >>> _bibtex_names("{Barnombudsmannen and Co} and Ludwig van Beethoven and Ek, Bo")
    ['{Barnombudsmannen and Co}', 'van Beethoven, Ludwig', 'Ek, Bo']
    """
    names, depth, current = [], 0, ""
    for piece in re.split(r"(\s+and\s+|[{}])", text):
        depth += {"{": 1, "}": -1}.get(piece, 0)
        if depth == 0 and re.fullmatch(r"\s+and\s+", piece):
            names.append(current.strip())
            current = ""
        else:
            current += piece
    return [_sorted_name(name) for name in (*names, current.strip()) if name]


def _sorted_name(name: str) -> str:
    if "," in name or re.fullmatch(r"\{.*\}", name, re.DOTALL) or " " not in name:
        return name
    words = name.split()
    start = next((i for i, word in enumerate(words[:-1]) if i and word[:1].islower()), len(words) - 1)
    return f"{' '.join(words[start:])}, {' '.join(words[:start])}"


def _csl(text: str, problems: list[ReferenceProblem]) -> Iterator[_Raw]:
    """Yield the references of a file of CSL-JSON 1.0: a list, or an object with ``items``."""
    tags, genres = texts()["tags"]["csl"], texts()["genres"]["csl"]
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        problems.append(ReferenceProblem("json", line, {"given": getattr(error, "msg", "…")}))
        return
    items = content.get("items", [content]) if isinstance(content, dict) else content
    for number, item in enumerate(items if isinstance(items, list) else [items], 1):
        if not isinstance(item, dict):
            problems.append(ReferenceProblem("csl", 0, {"given": number}))
            continue
        raw = _Raw(number, genres.get(str(item.get("type", "")), "NotStated"))
        for key, value in item.items():
            for written in _csl_values(tags.get(key), value):
                raw.add(tags.get(key), written)
        yield raw


def _csl_values(name: str | None, value: Any) -> Iterable[str]:
    if name == "authors":
        people = [person for person in value if isinstance(person, dict)] if isinstance(value, list) else []
        for person in people:
            family = " ".join(str(person[k]) for k in ("non-dropping-particle", "family") if person.get(k))
            yield str(person.get("literal") or ", ".join(filter(None, (family, str(person.get("given") or "")))))
    elif name == "year" and isinstance(value, dict):
        parts = value.get("date-parts")
        dated = parts[0][0] if parts and isinstance(parts, list) and isinstance(parts[0], list) and parts[0] else ""
        yield str(dated or value.get("raw") or value.get("literal") or "")
    elif isinstance(value, str | int | float):
        yield str(value)
