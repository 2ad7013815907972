"""Records: interventions, findings, recommendations, appraisals and sources as JSON-ready objects with camelCase keys.

Every record has ``id`` (IRI), ``type`` (class local name) and ``slug``; every text is an object by language; every
linked thing has ``id`` and ``label``. The pages render these records and the API answers with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache

from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import resource
from evidensgraf.queries.catalogue import load
from evidensgraf.service.facts import Facts, Record, Row, Text, ask, fold, gather, identity, number, sort_key
from evidensgraf.service.statements import reference, reference_key, statement

STATEMENT_KINDS = (
    "finding",
    "evidence-gap",
    "appraisal",
    "practice-example",
    "statistic",
    "description",
    "logic-model-claim",
    "placement",
    "recommendation",
    "prerequisite",
    "observation",
    "term-definition",
    "actor-role",
    "inconsistency",
    "process-model",
    "step",
    "question",
)
"""The kinds that ``get_statement`` knows: the sourced assertions that stand by themselves."""

_AT_ONCE = 500
"""How many IRIs are asked for in one query of labels."""
Labels = Mapping[str, Text]
"""IRI → label by language."""
_Values = Mapping[str, list[str]]


async def labels(engine: Engine) -> dict[str, Text]:
    """Return the labels of all concepts, organisations, places, studies, classes and properties: IRI → label."""
    return _all_names((await engine.query(load()["labels"].bind({}))).body)


async def labels_of(engine: Engine, iris: Iterable[str]) -> dict[str, Text]:
    """Return the labels of some IRIs (those of an answer, not of a user) that have one in the graph."""
    wanted, found = sorted(set(iris)), dict[str, Text]()
    for start in range(0, len(wanted), _AT_ONCE):
        listed = " ".join(f"<{iri}>" for iri in wanted[start : start + _AT_ONCE])
        query = f"""PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?thing ?label
WHERE {{ VALUES ?thing {{ {listed} }} ?thing skos:prefLabel|dcterms:title|foaf:name|rdfs:label ?label }}
ORDER BY ?thing ?label"""
        found |= _names(json.loads((await engine.query(query)).body)["results"]["bindings"])
    return found


@lru_cache(maxsize=2)
def _all_names(body: bytes) -> dict[str, Text]:
    """Return labels from the answer of an engine, which keeps it as long as it serves the release."""
    return _names(json.loads(body)["results"]["bindings"])


def _names(rows: Iterable[Row]) -> dict[str, Text]:
    names: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        names.setdefault(row["thing"]["value"], []).append((row["label"].get("xml:lang", ""), row["label"]["value"]))
    return {iri: gather(texts) for iri, texts in names.items()}


async def list_interventions(engine: Engine) -> list[Record]:
    """Return all interventions, sorted by Swedish label.

    Each has ``label``, ``verdict``, the ``appraisals`` that give it, ``placements`` (domain, category, timing,
    prevention level) and the numbers of recorded ``findings`` and ``gaps``.
    """
    names = await labels(engine)
    verdicts = fold(await ask(engine, "interventions-by-verdict"), "appraisal")
    placed = fold(await ask(engine, "placements"), "placement")
    found = []
    for iri, row in fold(await ask(engine, "interventions"), "intervention").items():
        appraised = {a: v for a, v in verdicts.items() if iri in v.get("intervention", [])}
        record = identity(iri) | {"label": _label(iri, names)}
        record["verdict"] = _links({"v": sorted({x for v in appraised.values() for x in v["verdict"]})}, "v", names)
        record["appraisals"] = [{"id": a, "label": _title(v)} for a, v in appraised.items()]
        record["placements"] = [_placement(p, v, names) for p, v in placed.items() if iri in v["intervention"]]
        found.append(record | {key: int(row.get(key, ["0"])[0]) for key in ("findings", "gaps")})
    return sorted(found, key=lambda record: sort_key(record["label"]))


async def get_intervention(engine: Engine, slug: str) -> Record | None:
    """Return everything said of an intervention, or None if there is no such intervention.

    ``label``, ``definition``, ``altLabel``, ``descriptions`` (with aim and target group), ``placements``,
    ``logicModel`` (factors it is meant to act on), ``appraisals``, ``findings``, ``gaps``, ``examples``,
    ``observations``, ``statistics``, ``recommendations``, ``prerequisites`` and ``sources`` (all that these cite). Each
    statement is as in ``statements.statement``.
    """
    iri = resource("intervention", slug)
    facts = Facts(await ask(engine, "record-of-intervention", intervention=iri))
    if iri not in facts:
        return None
    kinds = {
        "descriptions": "description",
        "placements": "placement",
        "logicModel": "logic-model-claim",
        "appraisals": "appraisal",
        "findings": "finding",
        "gaps": "evidence-gap",
        "examples": "practice-example",
        "observations": "observation",
        "statistics": "statistic",
        "recommendations": "recommendation",
        "prerequisites": "prerequisite",
    }
    record = identity(iri) | {
        "label": facts.label(iri),
        "definition": facts.text(iri, "skos:definition"),
        "altLabel": facts.text(iri, "skos:altLabel"),
        "broader": facts.links(iri, "skos:broader"),
    }
    for key, kind in kinds.items():
        mine = (s for s in facts.subjects(kind) if iri in facts.iris(s, "ev:about") + facts.iris(s, "ev:intervention"))
        record[key] = [statement(facts, s) for s in mine]
    record["prerequisites"].sort(key=lambda p: (p["order"] or 0, p["id"]))
    record["sources"] = sorted((reference(facts, s) for s in facts.subjects("source")), key=reference_key)
    return record


async def list_findings(engine: Engine) -> list[Record]:
    """Return all findings in short: title, what they are about, effect, outcome, population, comparator, study."""
    names = await labels(engine)
    rows = fold(await ask(engine, "findings-of-intervention"), "finding")
    keys = ("outcome", "population", "comparator", "study")
    return [
        identity(iri)
        | {"title": _title(row), "about": _links(row, "intervention", names)}
        | {"effect": _first(row, "effect", names), "certainty": _first(row, "certainty", names)}
        | {key: _links(row, key, names) for key in keys}
        | {"followUp": row.get("followUp", [None])[0]}
        for iri, row in rows.items()
    ]


async def list_gaps(engine: Engine) -> list[Record]:
    """Return all stated evidence gaps in short: title, what they are about, type of gap, outcome, population, scope."""
    names = await labels(engine)
    rows = fold(await ask(engine, "evidence-gaps"), "gap")
    keys = ("gapType", "outcome", "population", "comparator", "scope")
    return [
        identity(iri)
        | {"title": _title(row), "about": _links(row, "intervention", names)}
        | {key: _links(row, key, names) for key in keys}
        for iri, row in rows.items()
    ]


async def list_recommendations(engine: Engine) -> list[Record]:
    """Return all recommendations in short: title, kind, issuer, addressee, intervention, target population."""
    names = await labels(engine)
    rows = fold(await ask(engine, "recommendations"), "recommendation")
    keys = ("issuer", "addressee", "intervention", "targetPopulation")
    return [
        identity(iri)
        | {"title": _title(row), "recommendationKind": _first(row, "recommendationKind", names)}
        | {key: _links(row, key, names) for key in keys}
        for iri, row in rows.items()
    ]


async def list_quality(engine: Engine) -> list[Record]:
    """Return the quality figures: ``label``, ``definition``, and ``values`` with ``part``, ``value`` and share.

    The results of validation come under one metric, whose parts are severities.
    """
    found: dict[str, Record] = {}
    for row in await ask(engine, "quality-figures"):
        metric, plain = row["metric"]["value"], {name: term["value"] for name, term in row.items()}
        key, part = (metric, plain.get("part")) if "metricSv" in row else ("shacl", metric)
        record = found.setdefault(key, {"id": key, "label": _pair(plain, "metric"), "values": []})
        record["definition"] = _pair(plain, "description")
        value = {"part": _pair(plain, "part"), "id": part, "value": number(plain["value"])}
        record["values"].append(value | {k: plain.get(k) for k in ("numerator", "denominator")})
    return sorted(found.values(), key=lambda record: str(record["id"]))


def _pair(row: Mapping[str, str], name: str) -> Text:
    return {lang: row[name + suffix] for lang, suffix in (("sv", "Sv"), ("en", "En")) if name + suffix in row}


async def list_appraisals(engine: Engine) -> list[Record]:
    """Return all appraisals in short: title, what they are about, verdict."""
    names = await labels(engine)
    return [
        identity(iri) | {"title": _title(row)} | {key: _links(row, key, names) for key in ("about", "verdict")}
        for iri, row in fold(await ask(engine, "appraisals"), "appraisal").items()
    ]


async def get_statement(engine: Engine, kind: str, slug: str) -> Record | None:
    """Return a sourced assertion of any of ``STATEMENT_KINDS`` (see ``statements.statement``), or None."""
    iri = resource(kind, slug)
    facts = Facts(await ask(engine, "record", resource=iri)) if kind in STATEMENT_KINDS else Facts([])
    return statement(facts, iri) if iri in facts else None


async def list_sources(engine: Engine) -> list[Record]:
    """Return all sources in short, by reference: title, year, genre, numbers of statements ``read`` and ``relayed``."""
    names, titles = await labels(engine), {}
    rows = await ask(engine, "sources")
    for row in rows:
        titles[row["source"]["value"]] = {
            key: gather([(row[key].get("xml:lang", ""), row[key]["value"])]) if key in row else None
            for key in ("title", "reference")
        }
    return [
        identity(iri)
        | titles[iri]
        | {"issued": row.get("issued", [None])[0], "genre": _links(row, "genre", names)}
        | {key: int(row.get(key, ["0"])[0]) for key in ("read", "relayed")}
        for iri, row in fold(rows, "source").items()
    ]


async def get_source(engine: Engine, slug: str) -> Record | None:
    """Return a source, or None if there is no such source.

    Its reference and ``citedForms``, the ``statements`` that were read in it or are relayed from it (``relation`` is
    ``read`` or ``relayed``), and the ``claims``: the appraisals and recommendations that rest on those.
    """
    iri = resource("source", slug)
    facts = Facts(await ask(engine, "record", resource=iri))
    if iri not in facts:
        return None
    record = identity(iri) | reference(facts, iri)
    record |= {key: facts.links(iri, "dcterms:" + key) for key in ("creator", "publisher")}
    record |= {"authors": facts.one(iri, "ev:authors"), "issued": facts.one(iri, "dcterms:issued")}
    record |= {"genre": facts.links(iri, "ev:genre"), "language": facts.one(iri, "dcterms:language")}
    record |= {"page": facts.iris(iri, "foaf:page"), "number": facts.one(iri, "bibo:number")}
    record["editorialNote"] = facts.text(iri, "ev:editorialNote")
    record["citedForms"] = [
        {"id": f, "citationKey": facts.one(f, "ev:citationKey"), "usedIn": facts.links(f, "ev:usedIn")}
        for f in facts.iris(iri, "ev:hasCitedForm")
    ]
    return record | await _resting(engine, iri)


async def _resting(engine: Engine, source: str) -> Record:
    names, rows = await labels(engine), await ask(engine, "rests-on-source", source=source)
    statements = [
        identity(s)
        | {"title": _title(row), "relation": row["relation"][0], "about": _links(row, "about", names)}
        | {"verification": _first(row, "verification", names)}
        for s, row in fold(rows, "statement").items()
    ]
    claims = fold((row for row in rows if "claim" in row), "claim")
    return {
        "statements": statements,
        "claims": [
            identity(c) | {"title": _title(row, "Claim"), "statements": row["statement"]} for c, row in claims.items()
        ],
    }


def _label(iri: str, names: Labels) -> Text:
    return dict(names.get(iri) or {"und": iri.rstrip("/").rsplit("/", 1)[-1]})


def _links(row: _Values, key: str, names: Labels) -> list[Record]:
    found = [{"id": iri, "label": _label(iri, names)} for iri in row.get(key, [])]
    return sorted(found, key=lambda thing: sort_key(_label(str(thing["id"]), names)))


def _first(row: _Values, key: str, names: Labels) -> Record | None:
    return next(iter(_links(row, key, names)), None)


def _title(row: _Values, infix: str = "") -> Text:
    return {lang: row[key][0] for lang, key in (("sv", f"title{infix}Sv"), ("en", f"title{infix}En")) if key in row}


def _placement(iri: str, row: _Values, names: Labels) -> Record:
    return {"id": iri} | {key: _first(row, key, names) for key in ("domain", "category", "timing", "preventionLevel")}
