"""A draft guideline, as its author gives it: RDF in any syntax or a workbook, read within bounds, with its places.

A draft is never stored. Every error of it is a sentence for its author, in Swedish and in English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from evidensgraf.graph.draft_lines import lines_of
from evidensgraf.graph.foreign import SYNTAXES, read_foreign
from evidensgraf.graph.load import LoadError
from evidensgraf.ontology.namespaces import ID, owner

if TYPE_CHECKING:
    from evidensgraf.graph.workbook_names import Names

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of a workbook (ECMA-376)."""
MEDIA_TYPES: dict[str, str] = {
    "text/turtle": ".ttl",
    "application/trig": ".trig",
    "application/n-triples": ".nt",
    "application/n-quads": ".nq",
    "application/ld+json": ".jsonld",
    "application/json": ".jsonld",
    "application/rdf+xml": ".rdf",
    XLSX: ".xlsx",
}
"""Media type of a draft → the suffix of its syntax."""

_ZIP, _OLE, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
_KINDS = {
    "sv": "Ett utkast är en Excelfil (.xlsx) eller RDF: Turtle (.ttl), TriG (.trig), N-Triples (.nt), N-Quads (.nq), "
    "JSON-LD (.jsonld) eller RDF/XML (.rdf).",
    "en": "A draft is an Excel file (.xlsx) or RDF: Turtle (.ttl), TriG (.trig), N-Triples (.nt), N-Quads (.nq), "
    "JSON-LD (.jsonld) or RDF/XML (.rdf).",
}
_REFUSALS = {
    "empty": {"sv": f"Filen är tom. {_KINDS['sv']}", "en": f"The file is empty. {_KINDS['en']}"},
    "unknown": {
        "sv": f"Filen är av ett slag som inte kan läsas. {_KINDS['sv']}",
        "en": f"The file is of a kind that cannot be read. {_KINDS['en']}",
    },
    "old workbook": {
        "sv": "Filen är i det gamla Excelformatet eller skyddad med lösenord. Spara den som .xlsx utan lösenord.",
        "en": "The file is in the old Excel format, or protected by a password. Save it as .xlsx without one.",
    },
    "no workbook": {
        "sv": "Filen heter .xlsx men är ingen Excelfil. Öppna den i Excel och spara den på nytt.",
        "en": "The file is called .xlsx but is not an Excel file. Open it in Excel and save it again.",
    },
    "no statements": {
        "sv": "Filen har inga utsagor. Skriv minst en rekommendation i den.",
        "en": "The file has no statements. Write at least one recommendation in it.",
    },
    "RDF 1.2": {
        "sv": "Filen använder RDF 1.2 (utsagor om utsagor, eller skrivriktning). Skriv den i RDF 1.1.",
        "en": "The file uses RDF 1.2 (triple terms, or base directions). Write it in RDF 1.1.",
    },
}
_SWEDISH = (
    (r"larger than (\S+) MB\..*", r"Filen är större än \1 MB. Dela upp den."),
    (r"not UTF-8 at byte (\d+).*", r"Filen är inte kodad i UTF-8 (byte \1). Spara den som UTF-8."),
    (r"more than (\d+) statements\..*", r"Filen har fler än \1 utsagor. Dela upp den."),
    (r"nested more than (\d+) deep\.", r"Filen är nästlad djupare än \1 nivåer. Skriv den plattare."),
    (r"it declares entities\..*", "Filen deklarerar entiteter. Skriv ut det som de står för."),
    (r"not XML: (.*)", r"Filen är inte XML: \1"),
    (r"not JSON(?: that can be read)?: (.*)", r"Filen är inte JSON: \1"),
    (
        r"the context (\S+) is elsewhere.* Use (\S+), or.*",
        r"Kontexten \1 finns någon annanstans, och inget hämtas. Använd \2, eller skriv in kontexten i filen.",
    ),
    (r"it names a context more than (\d+) times.*", r"Filen namnger en kontext fler än \1 gånger. Namnge den en gång."),
    (r"column (\d+): (.*)", r"Kolumn \1: \2"),
)


@dataclass(frozen=True)
class Place:
    """Where something stands in a draft: a line of a text, from 1, or a cell of a sheet, in A1 form."""

    line: int = 0
    sheet: str = ""
    cell: str = ""


@dataclass(frozen=True)
class Remark:
    """What is said of a place in a draft: a severity of SHACL (``Violation``, ``Warning``, ``Info``), and a message."""

    place: Place
    severity: str
    message: str


@dataclass(frozen=True)
class Draft:
    """A draft that could be read: its name, statements, and where they stand.

    ``places`` has an IRI, or an IRI with the IRI of a property, and where it stands; in a workbook also the empty cell
    that a missing value would go into. ``language`` is that of a workbook (``sv`` or ``en``). ``workbook`` says that
    it is one.
    """

    name: str
    quads: tuple[ox.Quad, ...]
    places: Mapping[str | tuple[str, str], Place] = field(default_factory=dict)
    language: str = "sv"
    workbook: bool = False

    def place_of(self, iri: str, *properties: str) -> Place | None:
        """Return where one of the properties of a thing stands, or the thing, or what it is a part of.

        >>> draft = Draft("d.ttl", (), {"urn:a": Place(3), ("urn:a", "urn:p"): Place(4)})
        >>> draft.place_of("urn:a", "urn:p").line, draft.place_of("urn:a#part", "urn:q").line
        (4, 3)
        """
        whole = owner(iri)
        keys: list[str | tuple[str, str]] = [*((thing, p) for thing in (iri, whole) for p in properties), iri, whole]
        return next((self.places[key] for key in keys if key in self.places), None)


class DraftError(LoadError):
    """A draft that cannot be checked. ``reasons`` says why and what to do, in both languages; ``line`` may be 0."""

    def __init__(self, name: str, reasons: Mapping[str, str], line: int = 0) -> None:
        super().__init__(name, line, reasons["en"])
        self.reasons = dict(reasons)


def read_draft(name: str, data: bytes, media_type: str = "", known: Names | None = None) -> Draft:
    """Return a draft; what it is follows from its content, the suffix of its name, and its media type, in that order.

    ``known`` has what a workbook may refer to by label; the curated graph of the package, where it is not given.
    Raises ``DraftError`` for what is neither RDF nor a workbook, is empty, is out of bounds, or has an error of syntax.

    >>> read_draft("d", b"<urn:a> <urn:p> 1 .", "text/turtle").places["urn:a"]
    Place(line=1, sheet='', cell='')
    """
    if not data.strip(b" \t\r\n\xef\xbb\xbf"):
        raise DraftError(name, _REFUSALS["empty"])
    suffix = _suffix(name, data, media_type)
    if suffix == ".xlsx":
        from evidensgraf.graph.workbook import read_workbook  # which reads drafts too

        return read_workbook(name, data, known)
    try:
        file = read_foreign(f"draft{suffix}", data)
    except LoadError as error:
        raise _explained(name, error) from None
    if any(isinstance(q.object, ox.Triple) or getattr(q.object, "direction", None) for q in file.quads):
        raise DraftError(name, _REFUSALS["RDF 1.2"])
    if not file.quads:
        raise DraftError(name, _REFUSALS["no statements"])
    quads, named = _named(file.quads)
    places = {key: Place(line) for key, line in lines_of(file.text, suffix, quads).items()}
    for iri, whole in named.items():  # what has no name in the text stands where its owner does
        places.setdefault(iri, places.get(whole, Place(1)))
    return Draft(name, quads, places)


def _suffix(name: str, data: bytes, media_type: str) -> str:
    """Return the suffix of the syntax of a draft. Raises ``DraftError`` for what is none."""
    if data.startswith(_ZIP):
        return ".xlsx"
    if data.startswith(_OLE):
        raise DraftError(name, _REFUSALS["old workbook"])
    given = Path(name).suffix.lower()
    suffix = given if given in SYNTAXES else MEDIA_TYPES.get(media_type.partition(";")[0].strip().lower(), "")
    if ".xlsx" in (given, suffix):
        raise DraftError(name, _REFUSALS["no workbook"])
    suffix = suffix or ("" if given or data.startswith(_PDF) else _by_content(data))
    if not suffix:
        raise DraftError(name, _REFUSALS["unknown"])
    return suffix


def _by_content(data: bytes) -> str:
    start = data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb'[\[{]\s*["{}\]]', start):
        return ".jsonld"
    return ".rdf" if re.match(rb"<\?xml|<rdf:|<!--", start) else ".trig"


def _explained(name: str, error: LoadError) -> DraftError:
    """Return the error of a file that could not be read, in both languages; a parser's own words stay English."""
    for pattern, swedish in _SWEDISH:
        if match := re.fullmatch(pattern, error.reason, re.DOTALL):
            said = match.expand(swedish)
            break
    else:
        said = f"Filen kan inte läsas: {error.reason}"
    return DraftError(name, {"sv": said, "en": error.reason[:1].upper() + error.reason[1:]}, error.line)


def _named(quads: Sequence[ox.Quad]) -> tuple[tuple[ox.Quad, ...], dict[str, str]]:
    """Return quads where each blank node has an IRI, a fragment of what refers to it, and those IRIs with their owners.

    The IRIs follow the order of the statements: the same draft always gets the same.
    """
    owners: dict[object, object] = {}
    for quad in quads:
        if isinstance(quad.object, ox.BlankNode):
            owners.setdefault(quad.object, quad.subject)
    bases: dict[object, str] = {}
    names: dict[ox.BlankNode, ox.NamedNode] = {}

    def base(node: object) -> str:
        passed: set[object] = set()
        while isinstance(node, ox.BlankNode) and node not in passed and node not in bases:
            passed.add(node)
            node = owners.get(node)
        found = node.value.partition("#")[0] if isinstance(node, ox.NamedNode) else bases.get(node, f"{ID}draft")
        bases.update(dict.fromkeys(passed, found))
        return found

    def named(term: Any) -> Any:
        if not isinstance(term, ox.BlankNode):
            return term
        if term not in names:
            names[term] = ox.NamedNode(f"{base(term)}#unnamed-{len(names) + 1}")
        return names[term]

    renamed = (ox.Quad(named(q.subject), q.predicate, named(q.object), named(q.graph_name)) for q in quads)
    return tuple(renamed), {names[node].value: bases[node] for node in names}
