"""The layout of the author's workbook: its sheets and columns, as ``workbook.yaml`` says, named by shapes and ontology.

One table serves the template, the import, the export and the annotation. A column's header and explanation come from
the name and the message of its property shape, else from the label and the definition of its property.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import yaml
from rdflib import OWL, RDF, RDFS, SH, SKOS, Graph, URIRef
from rdflib.term import Literal, Node

from evidensgraf.ontology.namespaces import EV, LANGUAGES, expand, kebab, ontology_files
from evidensgraf.shapes.validate import RULES, SHAPE, STRUCTURE, shapes_graph

_SHOWN_RULES = 4
"""So many rules are named below a header; the note of the header names all."""
Texts = Mapping[str, str]
"""A text in each language of ``LANGUAGES``."""


@dataclass(frozen=True)
class Part:
    """A resource of its own that is written in the row of its owner: a passage, a number, a cited form.

    ``of`` is the part that it hangs on (None: the thing of the row), ``property`` the IRI that leads to it, ``cls`` its
    class, ``fragment`` the fragment of its IRI.
    """

    name: str
    of: str | None
    property: str
    cls: str
    fragment: str


@dataclass(frozen=True)
class Column:
    """A column of a sheet, in one language if it is a text.

    ``property`` is an IRI, ``kind`` says how a cell is read (``workbook_cells``), ``classes`` are the IRIs of the
    classes that a value may have and ``offered`` those whose members the template lists.
    """

    property: str
    kind: str
    labels: Texts
    note: Texts
    language: str = ""
    classes: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    many: bool = False
    rows: bool = False
    """Whether each of many values has a row of its own when a workbook is written."""
    part: str | None = None
    group: str | None = None
    default: Mapping[str, Any] = field(default_factory=dict)
    naming: bool = False
    hidden: bool = False
    inverse: str | None = None
    implies: Mapping[str, str] = field(default_factory=dict)
    """A value of the column → the class that the thing then has too."""
    alternative: bool = False
    """Whether one of the two languages will do."""
    rules: Mapping[str, Texts] = field(default_factory=dict)
    """The rules that look at the column: number → name."""
    required: tuple[str, ...] = ()
    """Classes of the sheet for which the shapes require a value; empty where it is optional."""

    def header(self, lang: str) -> str:
        """Return the header of the column in a language; that of a text names the language of the text."""
        label = self.labels[lang]
        return f"{label} ({_texts()['languages'][self.language][lang]})" if self.language else label

    def explanation(self, lang: str) -> str:
        """Return what the column is, and the rules that look at it, in a language."""
        rules = "\n".join(f"{number}: {name[lang]}" for number, name in self.rules.items())
        return "\n\n".join(filter(None, (self.note[lang], rules)))


@dataclass(frozen=True)
class Owner:
    """What the things of a sheet are parts of: its classes, and the IRI of the property that leads to them."""

    property: str
    classes: tuple[str, ...]
    fragment: str


@dataclass(frozen=True)
class Sheet:
    """A sheet for things of a class. In a form the columns stand below one another, and there is one thing."""

    name: str
    titles: Texts
    about: Texts
    cls: str
    classes: tuple[str, ...]
    types: tuple[str, ...]
    columns: tuple[Column, ...]
    graph: str | None
    kind: str
    form: bool
    main: bool
    scheme: bool
    owner: Owner | None

    def column(self, kind: str) -> Column | None:
        """Return the column of a special kind (``id``, ``class``, ``owner``, ``key``), if there is one."""
        return next((c for c in self.columns if c.kind == kind), None)


@dataclass(frozen=True)
class Layout:
    """All sheets, all parts, and the other texts of the workbook."""

    sheets: tuple[Sheet, ...]
    parts: Mapping[str, Part]
    texts: Mapping[str, Any]

    def sheet(self, name: str) -> Sheet:
        """Return a sheet by its name in ``workbook.yaml``."""
        return next(s for s in self.sheets if s.name == name)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Title of a sheet in any language → its name; with the sheets that are not data."""
        found = {title: s.name for s in self.sheets for title in s.titles.values()}
        for name in ("other", "known", "lists", "glossary", "start", "check"):
            found |= dict.fromkeys(self.texts[name]["title"].values(), name)
        return found


def local(iri: str) -> str:
    """Return the last segment of an IRI.

    >>> local("https://w3id.org/evidensgraf/def/Finding")
    'Finding'
    """
    return re.split(r"[/#]", iri)[-1]


@cache
def layout() -> Layout:
    """Return the layout of the workbook, made once.

    >>> [c.header("sv") for c in layout().sheet("statements").columns if c.property.endswith("/effect")]
    ['Effekt']
    """
    texts = _texts()
    parts = {
        name: Part(name, given.get("of"), expand(given["property"]), expand(given["class"]), given["fragment"])
        for name, given in texts["parts"].items()
    }
    return Layout(tuple(_sheet(given, parts) for given in texts["sheets"]), parts, texts)


@cache
def _texts() -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load((files("evidensgraf.graph") / "workbook.yaml").read_text("utf-8"))
    return content


def _sheet(given: Mapping[str, Any], parts: Mapping[str, Part]) -> Sheet:
    cls = expand(given["class"])
    classes = tuple(expand(c) for c in given.get("classes", [given["class"]]))
    owner = given.get("owner")
    return Sheet(
        name=given["name"],
        titles=given["title"],
        about=given["about"],
        cls=cls,
        classes=classes,
        types=_iris(given.get("types", [] if "classes" in given else [given["class"]])),
        columns=tuple(column for c in given["columns"] for column in _columns(c, cls, classes, parts)),
        graph=given.get("graph"),
        kind=given.get("kind") or kebab(local(cls)),
        form=given.get("form", False),
        main=given.get("main", False),
        scheme=given.get("scheme", False),
        owner=Owner(expand(owner["property"]), _iris(owner["of"]), owner["fragment"]) if owner else None,
    )


def _columns(
    given: Mapping[str, Any], cls: str, classes: tuple[str, ...], parts: Mapping[str, Part]
) -> Iterator[Column]:
    prop = expand(given["property"]) if "property" in given else ""
    part = given.get("part")
    holders = (parts[part].cls,) if part else (cls, *classes)
    facts = _facts()
    texts = _texts()
    kind = given["kind"]
    note = given.get("note") or texts["id-note"]
    for language in LANGUAGES if kind == "text" else ("",):
        yield Column(
            property=prop,
            kind=kind,
            labels=given.get("label") or (facts.labels(prop, holders) if prop else texts["id"]),
            note=given.get("note") or (facts.notes(prop, holders) if prop else note),
            language=language,
            classes=_iris(given.get("of", [])),
            offered=_iris(given.get("offer", given.get("of", []))),
            many=given.get("many", False),
            rows=given.get("rows", False),
            part=part,
            group=given.get("group"),
            default=given.get("default", {}),
            naming=given.get("naming", False),
            hidden=given.get("hidden", False),
            inverse=expand(given["inverse"]) if "inverse" in given else None,
            implies={expand(value): expand(cls) for value, cls in given.get("implies", {}).items()},
            alternative=kind == "text" and facts.least(prop, holders) == 1,
            rules=facts.rules(prop, holders),
            required=tuple(_required(given, prop, cls, classes, parts)),
        )


def _required(
    given: Mapping[str, Any], prop: str, cls: str, classes: tuple[str, ...], parts: Mapping[str, Part]
) -> Iterator[str]:
    """Yield the classes of a sheet for which a column is required: by their shapes, or those of a required part."""
    if given["kind"] in ("class", "owner"):
        yield from classes
        return
    part = given.get("part")
    if given.get("required"):
        yield from classes
        return
    if part and not _facts().least(prop, (parts[part].cls,)):
        return
    while part:
        prop, part = parts[part].property, parts[part].of
    yield from (c for c in classes if prop and _facts().least(prop, (c,)))


def _iris(curies: list[str]) -> tuple[str, ...]:
    return tuple(expand(c) for c in curies)


class _Facts:
    """What shapes and ontology say of the properties of a class."""

    def __init__(self) -> None:
        self.ontology, self.shapes, self.method = Graph(), shapes_graph(STRUCTURE), shapes_graph(RULES)
        for file in ontology_files():
            self.ontology.parse(data=file.read_text(encoding="utf-8"), format="turtle")

    def labels(self, prop: str, classes: tuple[str, ...]) -> Texts:
        """Return the name of a property, with a capital letter."""
        shape = self._shape(prop, classes)
        found = self._pair(self.shapes, shape, SH.name) or self._pair(self.ontology, URIRef(prop), RDFS.label)
        texts = found or dict.fromkeys(LANGUAGES, local(prop))
        return {lang: text[:1].upper() + text[1:] for lang, text in texts.items()}

    def notes(self, prop: str, classes: tuple[str, ...]) -> Texts:
        """Return the explanation of a property: its definition, and what its shape asks for."""
        shape = self._shape(prop, classes)
        what = self._pair(self.ontology, URIRef(prop), SKOS.definition) or {}
        how = self._pair(self.shapes, shape, SH.message) or {}
        asked = {lang: re.sub(r"^.*?[.;:] ", "", text, count=1) for lang, text in how.items()}
        return {lang: " ".join(filter(None, (what.get(lang), asked.get(lang)))) for lang in LANGUAGES}

    def least(self, prop: str, classes: tuple[str, ...]) -> int:
        """Return how many values the shapes of classes, or of those above them, ask for."""
        counts = (self.shapes.value(s, SH.minCount) for s in self._shapes(prop, classes))
        return max((int(str(c)) for c in counts if c is not None), default=0)

    def rules(self, prop: str, classes: tuple[str, ...]) -> dict[str, Texts]:
        """Return the rules whose remedy a property of classes is: number → name."""
        above = {URIRef(c) for cls in classes for c in self.superclasses(cls)}
        found: dict[str, Texts] = {}
        for shape in sorted(self.method.subjects(URIRef(EV + "remedyProperty"), URIRef(prop)), key=str):
            about = {*self.method.objects(shape, SH.targetClass), *self.method.objects(shape, RDFS.seeAlso)}
            name = self._pair(self.method, shape, SH.name)
            if name and (prop.startswith(EV) or about & above):  # terms of other vocabularies are used in many classes
                found.setdefault(str(shape).removeprefix(SHAPE).partition("-")[0], name)
        return found

    def superclasses(self, cls: str) -> set[str]:
        """Return a class and those above it."""
        return {str(c) for c in self.ontology.transitive_objects(URIRef(cls), RDFS.subClassOf) if isinstance(c, URIRef)}

    def subclasses(self, cls: str) -> set[str]:
        """Return a class and those below it."""
        return {str(c) for c in self.ontology.transitive_subjects(RDFS.subClassOf, URIRef(cls))}

    def _shape(self, prop: str, classes: tuple[str, ...]) -> Node | None:
        return next(self._shapes(prop, classes), None)

    def _shapes(self, prop: str, classes: tuple[str, ...]) -> Iterator[Node]:
        """Yield the named property shapes of a property for classes, those of the first class first."""
        for cls in classes:
            for above in sorted(self.superclasses(cls), key=lambda c: c != cls):
                for owner in sorted(self.shapes.subjects(SH.targetClass, URIRef(above)), key=str):
                    for shape in sorted(self.shapes.objects(owner, SH.property), key=str):
                        if self.shapes.value(shape, SH.path) == URIRef(prop):
                            yield shape

    @staticmethod
    def _pair(graph: Graph, subject: Node | None, predicate: URIRef) -> dict[str, str] | None:
        found = {o.language: str(o) for o in graph.objects(subject, predicate) if isinstance(o, Literal) and o.language}
        return {lang: found[lang] for lang in LANGUAGES} if subject and set(LANGUAGES) <= set(found) else None


@cache
def _facts() -> _Facts:
    return _Facts()


def class_labels(cls: str) -> Texts:
    """Return the label of a class of the ontology in each language, or its local name."""
    return _Facts._pair(_facts().ontology, URIRef(cls), RDFS.label) or dict.fromkeys(LANGUAGES, local(cls))


def definition(iri: str, lang: str) -> str:
    """Return the definition of a term of the ontology in a language, or an empty text."""
    return (_Facts._pair(_facts().ontology, URIRef(iri), SKOS.definition) or {}).get(lang, "")


@cache
def subclasses(cls: str) -> frozenset[str]:
    """Return the IRIs of a class and of the classes below it."""
    return frozenset(_facts().subclasses(cls))


@cache
def kinds() -> frozenset[str]:
    """Return the kinds that the IRIs of resources have: the names of the classes, as ``kebab`` writes them."""
    classes = (str(c) for c in _facts().ontology.subjects(RDF.type, OWL.Class))
    return frozenset(kebab(c.removeprefix(EV)) for c in classes if c.startswith(EV)) | {"concept-scheme"}


def requirement(sheet: Sheet, column: Column, lang: str) -> str:
    """Return the word that says whether a column must be filled in, in a language."""
    words = _texts()["requirements"]
    if not column.required and column.rules:
        numbers = list(column.rules)
        shown = ", ".join(numbers[:_SHOWN_RULES]) + (" …" if len(numbers) > _SHOWN_RULES else "")
        return str(words["checked"][lang].format(rules=shown))
    if not column.required:
        return str(words["optional"][lang])
    if column.alternative:
        return str(words["one-language"][lang])
    if set(column.required) >= set(sheet.classes):
        return str(words["required"][lang])
    names = ", ".join(class_labels(cls)[lang] for cls in column.required)
    return str(words["required-for"][lang].format(classes=names))
