"""The query catalogue: `.rq` files with a `#+` YAML header, bound by replacing ``VALUES ?p { UNDEF }`` with a term.

A file is valid SPARQL as it stands: unbound, a parameter matches everything. Values are inserted as RDF terms
in N-Triples form, so nothing in them can become syntax (the injection that pasting text invites).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import yaml
from rdflib import Literal, URIRef
from rdflib.namespace import XSD

from evidensgraf.ontology.namespaces import PREFIXES, kebab, resource, slugify

_SLOT = r"VALUES\s+\?{name}\s*\{{\s*UNDEF\s*\}}"
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^<>\"{}|^`\\\x00-\x20]*")


class CatalogueError(ValueError):
    """A query file, or a value for one of its parameters, that cannot be used; ``str()`` says why and what to do."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, its labels by language, the class or datatype of its values, and if it is required."""

    name: str
    label: Mapping[str, str]
    type: str
    is_iri: bool
    required: bool

    def term(self, value: str) -> str:
        """Return a value as a term in N-Triples form.

        An IRI parameter takes an IRI, a CURIE with a known prefix, or the slug of a resource of its class.
        Raises ``CatalogueError`` when the value is none of these or does not fit the datatype.
        """
        if self.is_iri:
            return f"<{self._iri(value)}>"
        literal = Literal(value, datatype=URIRef(self.type) if self.type != str(XSD.string) else None)
        if literal.ill_typed:
            raise CatalogueError(f"{self.name}: '{value}' is not a {self.type.rsplit('#')[-1]}.")
        return str(literal.n3())

    def _iri(self, value: str) -> str:
        prefix, colon, local = value.partition(":")
        if colon and prefix in PREFIXES:
            value = PREFIXES[prefix] + local
        elif not colon and value == slugify(value):
            value = resource(kebab(self.type.rsplit("/", 1)[-1]), value)
        if not _IRI.fullmatch(value):
            raise CatalogueError(f"{self.name}: '{value}' is not an IRI, a CURIE or a slug.")
        return value


@dataclass(frozen=True)
class Query:
    """One query: its name, labels by language, tags, parameters, text and query form.

    A rule also says what it ``derives`` (CURIEs); a quality metric has a ``unit`` (``percent`` or ``count``) and the
    ``dimension`` of quality that it measures.
    """

    name: str
    summary: Mapping[str, str]
    description: Mapping[str, str]
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    text: str
    form: str = field(default="SELECT")
    derives: tuple[str, ...] = ()
    unit: str = ""
    dimension: str = ""

    def bind(self, values: Mapping[str, str] | None = None) -> str:
        """Return the query text with values bound to its parameters; unbound optional parameters match everything.

        Raises ``CatalogueError`` for an unknown parameter, a missing required one or a value that does not fit.

        >>> load()["findings-of-intervention"].bind({"intervention": "hasky"}).count("id/intervention/hasky")
        1
        """
        values = dict(values or {})
        known = {p.name: p for p in self.parameters}
        if unknown := sorted(set(values) - set(known)):
            listed = ", ".join(known) or "none"
            raise CatalogueError(f"{self.name} has no parameter '{unknown[0]}'. Its parameters: {listed}.")
        if missing := [p.name for p in self.parameters if p.required and not values.get(p.name)]:
            raise CatalogueError(f"{self.name} needs a value for '{missing[0]}'.")
        text = self.text
        for name, value in values.items():
            before, after = re.split(_SLOT.format(name=name), text)
            text = f"{before}VALUES ?{name} {{ {known[name].term(value)} }}{after}"
        return text


def _languages(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not {"sv", "en"} <= set(value):
        raise CatalogueError(f"{where} needs a text in both sv and en.")
    return {str(k): str(v) for k, v in value.items()}


def _parameter(name: str, spec: dict[str, object], text: str, where: str) -> Parameter:
    slots = len(re.findall(_SLOT.format(name=name), text))
    if slots != 1:
        raise CatalogueError(
            f"{where}: parameter {name} needs exactly one 'VALUES ?{name} {{ UNDEF }}', found {slots}."
        )
    is_iri = "class" in spec
    curie = str(spec.get("class") or spec.get("datatype") or "xsd:string")
    prefix, _, local = curie.partition(":")
    label = _languages(spec.get("label"), f"{where}: the label of parameter {name}")
    return Parameter(name, label, PREFIXES[prefix] + local, is_iri, bool(spec.get("required", False)))


def parse(name: str, text: str) -> Query:
    """Return the query of one file's text.

    Raises ``CatalogueError`` when the header is not YAML, lacks a language, or names a parameter without its slot.
    """
    lines = text.splitlines()
    header = "\n".join(line[2:].removeprefix(" ") for line in lines if line.startswith("#+"))
    try:
        meta = yaml.safe_load(header) or {}
    except yaml.YAMLError as error:
        raise CatalogueError(f"{name}.rq: the #+ header is not YAML: {error}") from error
    body = "\n".join(line for line in lines if not line.startswith("#+")).strip() + "\n"
    form = re.search(r"^\s*(SELECT|ASK|CONSTRUCT|DESCRIBE)\b", body, re.MULTILINE | re.IGNORECASE)
    if form is None:
        raise CatalogueError(f"{name}.rq: no SELECT, ASK, CONSTRUCT or DESCRIBE at the start of a line.")
    parameters = tuple(
        _parameter(key, spec or {}, body, f"{name}.rq") for key, spec in (meta.get("parameters") or {}).items()
    )
    return Query(
        name=name,
        summary=_languages(meta.get("summary"), f"{name}.rq: summary"),
        description=_languages(meta.get("description") or meta.get("summary"), f"{name}.rq: description"),
        tags=tuple(meta.get("tags") or ()),
        parameters=parameters,
        text=body,
        form=form[1].upper(),
        derives=tuple(meta.get("derives") or ()),
        unit=str(meta.get("unit") or ""),
        dimension=str(meta.get("dimension") or ""),
    )


@cache
def load() -> dict[str, Query]:
    """Return the whole catalogue, by name, sorted. Raises ``CatalogueError`` for the first file that is wrong."""
    return _load(files("evidensgraf.queries"))


@cache
def load_rules() -> dict[str, Query]:
    """Return the rules that derive triples (CONSTRUCT queries), by name, in the order in which they run."""
    return _load(files("evidensgraf.queries") / "rules")


@cache
def load_quality() -> dict[str, Query]:
    """Return the quality metrics (SELECT queries with a value, or a numerator and a denominator), by name, sorted."""
    return _load(files("evidensgraf.queries") / "quality")


@cache
def load_checks() -> dict[str, Query]:
    """Return the quality checks of the ontology (SELECT queries that find what is wrong), by name, sorted."""
    return _load(files("evidensgraf.queries") / "ontology")


def _load(room: Traversable) -> dict[str, Query]:
    found = sorted((f for f in room.iterdir() if f.name.endswith(".rq")), key=lambda f: f.name)
    return {f.name[:-3]: parse(f.name[:-3], f.read_text(encoding="utf-8")) for f in found}
