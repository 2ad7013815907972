"""Statements: one sourced assertion, with its passages, numbers, study and primary sources, as a JSON-ready record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from evidensgraf.service.facts import Facts, Record, identity, sort_key

TEXTS = {
    "title": "dcterms:title",
    "summary": "dcterms:description",
    "caveat": "ev:caveat",
    "editorialNote": "ev:editorialNote",
}
"""Texts of every statement: member → property."""
LISTS = {
    "about": "ev:about",
    "population": "ev:population",
    "comparator": "ev:comparator",
    "outcome": "ev:outcome",
    "provider": "ev:provider",
    "place": "ev:place",
    "inTensionWith": "ev:inTensionWith",
}
"""Linked things of every statement: member → property."""
_PART = {"partOf": "dcterms:isPartOf"}
_CLAIM = {
    "issuer": "ev:issuer",
    "addressee": "ev:addressee",
    "informant": "ev:informant",
    "flags": "ev:hasFlag",
    **_PART,
}
OWN_LISTS: dict[str, dict[str, str]] = {
    "Finding": {"basis": "ev:basis", "factorLevel": "ev:factorLevel", "informant": "ev:informant"},
    "Observation": {"basis": "ev:basis", "informant": "ev:informant"},
    "Statistic": {"basis": "ev:basis"},
    "Description": {"component": "ev:component"},
    "TermDefinition": {"definesTerm": "ev:definesTerm", "rivalOf": "ev:rivalOf"},
    "ActorRole": {"actor": "ev:actor", "role": "ev:role"},
    "Inconsistency": {"inconsistencyKind": "ev:inconsistencyKind", "concerns": "ev:concerns"},
    "ProcessModel": {"hasStep": "ev:hasStep"},
    "Step": _PART,
    "Question": _PART,
    "EvidenceGap": {"gapType": "ev:gapType"},
    "Appraisal": {"verdict": "ev:verdict", "flags": "ev:hasFlag"},
    "LogicModelClaim": {"factors": "ev:targetsFactor"},
    "Recommendation": {
        "intervention": "ev:intervention",
        "targetPopulation": "ev:targetPopulation",
        "discordanceRationale": "ev:discordanceRationale",
        "priorityGround": "ev:priorityGround",
        "guideline": "ev:partOfGuideline",
        **_CLAIM,
    },
    "Prerequisite": _CLAIM,
    "Placement": {"intervention": "ev:intervention"},
}
"""Linked things of some kinds: kind → member → property."""
OWN_LINKS: dict[str, dict[str, str]] = {
    "Finding": {"effect": "ev:effect", "certainty": "ev:certainty"},
    "Recommendation": {
        "recommendationKind": "ev:recommendationKind",
        "direction": "ev:direction",
        "strength": "ev:strength",
        "overallCertainty": "ev:overallCertainty",
    },
    "Placement": {
        "domain": "ev:domain",
        "category": "ev:category",
        "timing": "ev:timing",
        "preventionLevel": "ev:preventionLevel",
    },
}
"""Linked things that some kinds have at most one of: kind → member → property."""
OWN_TEXTS: dict[str, dict[str, str]] = {
    "Description": {"aim": "ev:aim"},
    "Recommendation": {"action": "ev:action", "harmReason": "ev:harmReason"},
}
"""Texts of some kinds: kind → member → property."""

_ORDERED = ("Prerequisite", "Recommendation", "Step", "Question")
"""Kinds that have a place in an order."""
_GROUPS = {"participantsBefore": 0, "participants": 1, "comparisonGroup": 2, "organisationLevel": 4}
"""The order in which measured groups are shown; those that are not here stand before ``organisationLevel``."""


def statement(facts: Facts, iri: str) -> Record:
    """Return a sourced assertion. Every list is present; what the source does not say is ``None`` or an empty list.

    Kinds have their own keys besides: a finding ``effect``, ``basis``, ``certainty``; a gap ``gapType``, ``scope``;
    an appraisal ``verdict``; a placement ``domain``, ``category``, ``timing``, ``preventionLevel``; and so on.
    ``followUp`` is an ``xsd:duration``; years and months are strings as in XML Schema.
    """
    record = identity(iri)
    kind = record["type"]
    record |= {key: facts.text(iri, curie) for key, curie in (TEXTS | OWN_TEXTS.get(kind, {})).items()}
    record |= {key: facts.first_link(iri, curie) for key, curie in OWN_LINKS.get(kind, {}).items()}
    record |= {key: facts.links(iri, curie) for key, curie in (LISTS | OWN_LISTS.get(kind, {})).items()}
    if kind == "EvidenceGap":
        record["scope"] = [_scope(facts, scope) for scope in facts.iris(iri, "ev:withinScope")]
    if kind == "Recommendation":
        record["importanceRatings"] = _ratings(facts, iri)
        record["judgements"] = _judgements(facts, iri)
    if kind == "ProcessModel":
        record["hasStep"].sort(key=lambda step: facts.number(step["id"], "ev:order") or 0)
    if kind in _ORDERED:
        record["order"] = facts.number(iri, "ev:order")
    return record | {
        "followUp": facts.one(iri, "ev:followUp"),
        "periodStart": facts.one(iri, "ev:periodStart"),
        "periodEnd": facts.one(iri, "ev:periodEnd"),
        "magnitudes": _in_order(_magnitude(facts, m) for m in facts.iris(iri, "ev:hasMagnitude")),
        "study": [_study(facts, study) for study in facts.iris(iri, "ev:fromStudy")],
        "verification": facts.first_link(iri, "ev:verification"),
        "statedIn": [passage(facts, p) for p in facts.iris(iri, "ev:statedIn")],
        "primarySources": [reference(facts, s) for s in facts.iris(iri, "prov:hadPrimarySource")],
        "unresolvedCitation": sorted(t["value"] for t in facts.terms(iri, "ev:unresolvedCitation")),
    }


def passage(facts: Facts, iri: str) -> Record:
    """Return where exactly a source says something: document, section, page, first and last words."""
    ranges = facts.iris(iri, "oa:hasSelector") or [""]
    start, end = (facts.iris(ranges[0], "oa:has" + side + "Selector") or [""] for side in ("Start", "End"))
    documents = facts.iris(iri, "oa:hasSource") or [""]
    return {
        "id": iri,
        "document": reference(facts, documents[0]),
        "section": facts.one(iri, "bibo:section"),
        "page": facts.one(iri, "bibo:pages"),
        "firstWords": facts.one(start[0], "oa:exact"),
        "lastWords": facts.one(end[0], "oa:exact"),
    }


def reference(facts: Facts, iri: str) -> Record:
    """Return a source as it is cited: title, full reference, and the first author-year key by which it is cited."""
    keys = sorted({k for form in facts.iris(iri, "ev:hasCitedForm") if (k := facts.one(form, "ev:citationKey"))})
    return {
        "id": iri,
        "title": facts.text(iri, "dcterms:title") or facts.label(iri),
        "reference": facts.text(iri, "dcterms:bibliographicCitation"),
        "citationKey": keys[0] if keys else None,
    }


def cited(record: Record) -> list[Record]:
    """Return every source that a statement, or anything in its evidence chain, cites: each once, by reference."""
    found = {source["id"]: source for source in _cited(record)}
    return sorted(found.values(), key=reference_key)


def reference_key(source: Record) -> str:
    """Return what a source is sorted by: its full reference, or its title where it has none."""
    return sort_key(source["reference"] or source["title"])


def says(record: Record) -> list[Record]:
    """Return what a statement says in a word, as linked concepts: its effect, type of gap or verdict, if it has one."""
    effect = record.get("effect")
    return [effect] if effect else record.get("gapType") or record.get("verdict") or []


def _cited(record: Record) -> Iterator[Record]:
    yield from (place["document"] for place in record["statedIn"])
    yield from record["primarySources"]
    for line in record.get("lines", []):
        for item in line["statements"]:
            yield from _cited(item)


def _in_order(magnitudes: Iterable[Record]) -> list[Record]:
    def rank(magnitude: Record) -> int:
        return _GROUPS.get(str((magnitude["group"] or {}).get("id", "")).rsplit("/", 1)[-1], 3)

    return sorted(magnitudes, key=rank)


def _study(facts: Facts, iri: str) -> Record:
    return {
        "id": iri,
        "title": facts.label(iri),
        "description": facts.text(iri, "dcterms:description"),
        "design": facts.links(iri, "ev:design"),
        "sampleSize": facts.number(iri, "ev:sampleSize"),
        "numberOfStudies": facts.number(iri, "ev:numberOfStudies"),
        "periodStart": facts.one(iri, "ev:periodStart"),
        "periodEnd": facts.one(iri, "ev:periodEnd"),
        "place": facts.links(iri, "ev:place"),
        "conductedBy": facts.links(iri, "ev:conductedBy"),
        "reportedIn": [reference(facts, s) for s in facts.iris(iri, "ev:reportedIn")],
    }


def _scope(facts: Facts, iri: str) -> Record:
    return facts.link(iri) | {
        "description": facts.text(iri, "dcterms:description"),
        "by": facts.links(iri, "prov:wasAttributedTo"),
        "date": facts.one(iri, "dcterms:date"),
    }


def _ratings(facts: Facts, iri: str) -> list[Record]:
    """Return how important each outcome is to a recommendation, the most important first."""
    found = [
        {
            "id": part,
            "outcome": facts.first_link(part, "ev:ratedOutcome"),
            "importance": facts.number(part, "ev:importance"),
        }
        for part in facts.iris(iri, "ev:hasImportanceRating")
    ]
    return sorted(found, key=lambda rating: (-(rating["importance"] or 0), rating["id"]))


def _judgements(facts: Facts, iri: str) -> list[Record]:
    """Return the judgements made for a recommendation, each with its criterion."""
    return [
        {
            "id": part,
            "criterion": facts.first_link(part, "ev:criterion"),
            "description": facts.text(part, "dcterms:description"),
        }
        for part in facts.iris(iri, "ev:hasJudgement")
    ]


def _magnitude(facts: Facts, iri: str) -> Record:
    return {
        "id": iri,
        "label": facts.text(iri, "rdfs:label"),
        "value": facts.number(iri, "ev:value"),
        "minimum": facts.number(iri, "ev:minimum"),
        "maximum": facts.number(iri, "ev:maximum"),
        "approximate": facts.one(iri, "ev:approximate") == "true",
        "unit": facts.first_link(iri, "ev:unit"),
        "group": facts.first_link(iri, "ev:measuredIn"),
        "printedForm": facts.one(iri, "ev:printedForm"),
    }
