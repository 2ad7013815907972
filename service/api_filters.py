"""What the filters of the REST API take: concepts of a closed list, and things of a class that the release has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import EV, PREFIXES, curie
from evidensgraf.service.near import near
from evidensgraf.service.problems import Problem

_SKOS, _RDF = PREFIXES["skos"], PREFIXES["rdf"]


@dataclass(frozen=True)
class Filter:
    """One filter: the members of a record it looks in, and where its values come from, a scheme or a class."""

    members: tuple[str, ...]
    scheme: str = ""
    kind: str = ""

    @property
    def query(self) -> str:
        """The query that lists the values."""
        where = f"<{_SKOS}inScheme> <{EV}scheme/{self.scheme}>" if self.scheme else f"<{_RDF}type> <{EV}{self.kind}>"
        return f"SELECT DISTINCT ?value WHERE {{ ?value {where} }} ORDER BY ?value"


INTERVENTION = Filter(("intervention", "about"), kind="Intervention")
OUTCOME = Filter(("outcome",), kind="Outcome")
VERDICT = Filter(("verdict",), scheme="verdict")
EFFECT = Filter(("effect",), scheme="effect")
GAP_TYPE = Filter(("gapType",), scheme="gap-type")
RECOMMENDATION_KIND = Filter(("recommendationKind",), scheme="recommendation-kind")
GENRE = Filter(("genre",), scheme="genre")

Asked = Mapping[str, tuple[Filter, str | None]]
"""Parameter → its filter and the value that was given, if any."""


async def resolve(engine: Engine, asked: Asked) -> list[tuple[Filter, str]]:
    """Return the filters that were given a value, each with the IRI that its value stands for.

    Raises ``Problem`` (400) that lists the values there are of a closed list, and near names of anything else.
    """
    found, errors = [], []
    for name, (kind, value) in asked.items():
        if not value:
            continue
        values = await _values(engine, kind)
        iri = next((v for v in values if value in (v, curie(v)) or value.lower() == _tail(v).lower()), None)
        if iri is None:
            errors.append(_unknown(name, kind, value, values))
        else:
            found.append((kind, iri))
    if errors:
        said = {lang: " ".join(f"{e['parameter']}: {e['detail'][lang]}" for e in errors) for lang in ("sv", "en")}
        raise Problem("invalid-parameter", said, errors=errors)
    return found


async def _values(engine: Engine, kind: Filter) -> list[str]:
    rows = json.loads((await engine.query(kind.query)).body)["results"]["bindings"]
    return [row["value"]["value"] for row in rows]


def _unknown(name: str, kind: Filter, value: str, values: Iterable[str]) -> dict[str, Any]:
    tails = [_tail(v) for v in values]
    if kind.scheme:
        listed = ", ".join(tails)
        detail = {"sv": f"Okänt värde. Det finns: {listed}.", "en": f"Unknown value. There are: {listed}."}
        return {"parameter": name, "detail": detail, "allowed": tails}
    detail = {"sv": "Utgåvan har ingen sådan.", "en": "The release has no such thing."}
    suggestions = near(_tail(value).lower(), tails)
    if suggestions:
        listed = ", ".join(suggestions)
        detail = {"sv": f"{detail['sv']} Menade du: {listed}?", "en": f"{detail['en']} Did you mean: {listed}?"}
    return {"parameter": name, "detail": detail, "suggestions": suggestions}


def fits(record: Mapping[str, Any], filters: Sequence[tuple[Filter, str]]) -> bool:
    """Say whether a record is linked with everything that is asked for."""
    return all(any(iri in _things(record.get(member)) for member in kind.members) for kind, iri in filters)


def _things(value: Any) -> list[str]:
    things = value if isinstance(value, list) else [value] if value else []
    return [str(thing["id"]) for thing in things]


def _tail(iri: str) -> str:
    return iri.rstrip("/").rsplit("/", 1)[-1]
