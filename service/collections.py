"""The lists of the REST API as ``collections.yaml`` declares them: their classes, fields, parameters and order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from evidensgraf.ontology.namespaces import expand

Text = Mapping[str, str]
SORTABLE = frozenset({"string", "date", "number"})
"""Kinds of field that a list can be sorted by, beside its name."""
LINKED = frozenset({"link", "links"})
"""Kinds of field whose values are linked things."""
_BOUNDS = {"date": ("From", "To"), "number": ("Min", "Max")}


@dataclass(frozen=True)
class Field:
    """One member of a record.

    ``kind`` says what its value is; ``properties`` are the IRIs that it shows, or ``query``, ``record`` and
    ``variable`` say which query of the catalogue gives it. ``target`` is the CURIE of the class of linked things.
    ``search`` is how a word in it counts in full-text search: ``label``, ``synonym``, ``text`` or not at all.
    """

    name: str
    kind: str
    label: Text
    properties: tuple[str, ...] = ()
    target: str = ""
    search: str = ""
    query: str = ""
    record: str = ""
    variable: str = ""

    @property
    def linked(self) -> bool:
        """Whether its values are linked things."""
        return self.kind in LINKED


@dataclass(frozen=True)
class Filter:
    """One parameter that filters: its name, the field it looks in, and which bound it is (``min``, ``max``) if any."""

    name: str
    field: Field
    bound: str = ""


@dataclass(frozen=True)
class Collection:
    """One list: its name in addresses, the CURIE of its class, what one record is, and its fields in order.

    ``alias`` are other names of filters, ``order`` the field that it is sorted by, ``within`` the namespace that its
    records are in (empty for any), and ``weight`` how much they count in full-text search.
    """

    name: str
    target: str
    one: str
    label: Text
    fields: tuple[Field, ...]
    alias: Mapping[str, str]
    order: str
    within: str
    weight: float

    @property
    def kind(self) -> str:
        """The local name of the class: ``type`` of its records where their IRI does not say it."""
        return self.target.partition(":")[2]

    def field(self, name: str) -> Field | None:
        """Return the field with a name, or None."""
        return next((f for f in self.fields if f.name == name), None)

    @property
    def sorts(self) -> list[str]:
        """What ``sort`` takes: slug, the name, dates and numbers, each upwards and, with ``-``, downwards."""
        named = {self.fields[0].name, self.order}
        names = ["slug", *(f.name for f in self.fields if f.name in named or f.kind in SORTABLE)]
        return [prefix + name for name in names for prefix in ("", "-")]

    @property
    def filters(self) -> dict[str, Filter]:
        """The parameters that filter, by name: linked things by field or alias, dates and numbers by their bounds."""
        found = {f.name: Filter(f.name, f) for f in self.fields if f.linked}
        for alias, name in self.alias.items():
            found[alias] = Filter(alias, found[name].field)
        for field in self.fields:
            for suffix, bound in zip(_BOUNDS.get(field.kind, ()), ("min", "max"), strict=False):
                found[field.name + suffix] = Filter(field.name + suffix, field, bound)
        return found


@cache
def collections() -> dict[str, Collection]:
    """Return every list, by the name that it has in addresses.

    >>> collections()["findings"].filters["intervention"].field.name
    'about'
    """
    table = yaml.safe_load((files("evidensgraf.service") / "collections.yaml").read_text(encoding="utf-8"))
    return {name: _collection(name, spec, table["fields"]) for name, spec in table["collections"].items()}


def _collection(name: str, spec: Mapping[str, Any], shared: Mapping[str, Mapping[str, Any]]) -> Collection:
    own = spec.get("own", {})
    fields = tuple(_field(f, {**shared[f], **own.get(f, {})}) for f in spec["fields"])
    return Collection(
        name=name,
        target=spec["class"],
        one=spec.get("one", "row"),
        label=_text(spec),
        fields=fields,
        alias=spec.get("alias", {}),
        order=spec.get("sort", fields[0].name),
        weight=spec.get("weight", 1.0),
        within=expand(spec["within"] + ":") if "within" in spec else "",
    )


def _field(name: str, spec: Mapping[str, Any]) -> Field:
    given = [] if "query" in spec else spec["property"]
    curies = [given] if isinstance(given, str) else given
    return Field(
        name=name,
        kind=spec["kind"],
        label=_text(spec),
        properties=tuple(expand(curie) for curie in curies),
        target=spec.get("class", ""),
        search=spec.get("search", ""),
        **{key: spec.get(key, "") for key in ("query", "record", "variable")},
    )


def _text(spec: Mapping[str, Any]) -> Text:
    return {"sv": spec["sv"], "en": spec["en"]}
