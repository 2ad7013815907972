"""Checking a draft together with the release: what the shapes and the rules find, and what an author needs to mend it.

The answer is one JSON-ready report; pages, SARIF and SHACL reports are made from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyoxigraph as ox
from rdflib import Literal
from rdflib.util import from_n3

from evidensgraf.graph.check_rules import Record, Rules, linked
from evidensgraf.graph.draft import Draft, DraftError, Place
from evidensgraf.graph.draft_checks import (
    CHECK,
    EXPLANATIONS,
    NOBODY,
    THING,
    Single,
    nothing_recommended,
    redefinitions,
    refuse_definitions,
    unknown_terms,
)
from evidensgraf.graph.load import in_graph, read_file
from evidensgraf.graph.readiness import described, readiness_of
from evidensgraf.graph.whole import Whole, shown
from evidensgraf.ontology.namespaces import EV, LANGUAGES, expand, graph_iri, ontology_files, owner
from evidensgraf.shapes.validate import SEVERITIES, Violation, explain, shape_files, validate_fast

LEFT_OUT = tuple(graph_iri(slug) for slug in ("derived", "quality", "shapes", "ontology"))
"""The graphs of a release that a draft is not checked with: what was made from the others, and what is read anew."""
MOST_PASSAGES = 3
"""How many passages are shown of what a result is about."""
_MOST_CLIMBED = 2000
# From a thing to what rests on it: a source to its passages, a passage to statements, a statement to lines, and up.
_UP = (
    "ev:hasEvidenceLine", "ev:hasEvidenceItem", "ev:statedIn", "oa:hasSource", "prov:hadPrimarySource", "ev:fromStudy",
    "ev:reportedIn", "ev:hasCertaintyAssessment", "ev:hasMagnitude", "ev:relays", "ev:withinScope", "ev:hasStatus",
    "ev:hasImportanceRating", "ev:hasJudgement",
)  # fmt: skip


class Checker:
    """Checks drafts against the curated statements of a release; what every check needs is made once, here."""

    def __init__(self, quads: Iterable[ox.Quad], release: str) -> None:
        """Take the statements of a release, in their graphs, and its id."""
        self.release = release
        left_out = {ox.NamedNode(iri) for iri in LEFT_OUT}
        self._curated, self._words = ox.Store(), ox.Store()
        self._curated.extend(q for q in quads if q.graph_name not in left_out)
        for file in [*ontology_files(), *shape_files()]:
            self._words.extend(in_graph(read_file(file).quads, "ontology"))
        self._text = _ntriples(self._curated)
        self._before = frozenset(validate_fast(self._text))
        words = Whole(self._words)
        self._rules = Rules(words)
        self._single, self._by_language = _single_valued(words)
        described()  # a process that checks can open no file

    def check(self, draft: Draft) -> Record:
        """Return what is found in a draft: see ``docs/checking-a-draft.md`` for the members of the report.

        Raises ``DraftError`` for a draft that changes the ontology, or that cannot be validated.
        """
        refuse_definitions(draft)
        store = ox.Store()
        store.extend(draft.quads)
        release, ontology = Whole(self._curated, self._words), Whole(self._words)
        other = list(redefinitions(draft, release, self._single, self._by_language))
        own = [v for v, _ in other] + [*unknown_terms(draft, ontology), *nothing_recommended(draft)]
        found = self._validated(draft, store, [t for _, old in other for t in old])
        told = {(v.focus, v.path) for v in own}
        torn = {v.focus for v in own if v.path == "rdf:type"}  # of two kinds: what each asks for would be a mess
        results = [*own, *(v for v in found if (v.focus, v.path) not in told and v.focus not in torn)]
        report = _Report(self, draft, Whole(store, self._curated, self._words), Whole(store)).made(results)
        return report | {"readiness": self._readiness(draft, results_of(report))}

    def _readiness(self, draft: Draft, results: Sequence[Record]) -> list[Record]:
        """Return the readiness of each guideline that recommendations of the draft are a part of."""
        part = expand("ev:partOfGuideline")
        asked = sorted({str(getattr(q.object, "value", "")) for q in draft.quads if q.predicate.value == part})
        added = [q for q in (*draft.quads, *self._words) if q not in self._curated] if asked else []
        self._curated.extend(added)
        try:
            return [_harmless(readiness_of(self._curated, iri, results)) for iri in asked]
        finally:
            for quad in added:
                self._curated.remove(quad)

    def _validated(self, draft: Draft, store: ox.Store, replaced: Sequence[ox.Triple]) -> list[Violation]:
        """Return what is wrong with the draft and the release together, without what belongs to the release alone."""
        text = self._text
        if replaced:
            old = set(_ntriples(replaced).splitlines(keepends=True))
            text = b"".join(line for line in text.splitlines(keepends=True) if line not in old)
        try:
            results = validate_fast(text + _ntriples(store))
        except ValueError as error:
            said = shown(str(error))
            reasons = {"sv": f"Utkastet kan inte valideras: {said}", "en": f"The draft cannot be validated: {said}"}
            raise DraftError(draft.name, reasons) from error
        described = _described(draft)
        return [v for v in results if owner(v.focus.strip("<>")) in described or v not in self._before]

    def known(self, violation: Violation) -> bool:
        """Return whether the release alone has a result."""
        return violation in self._before

    def rule(self, shape: str) -> Record:
        """Return what is known of the rule of a result."""
        if not shape.startswith(CHECK):
            return self._rules.rule(shape)
        name, reason = EXPLANATIONS[shape.removeprefix(CHECK)]
        about: Record = {"id": shape.removeprefix(CHECK), "shape": shape, "name": name, "reason": reason}
        return about | {"source": {}, "basis": [], "remedies": []}

    def describes(self, iri: str) -> bool:
        """Return whether the release describes a thing."""
        return Whole(self._curated).describes(iri)

    def linked(self, iri: str) -> Record:
        """Return a thing as a link, with the label that it has in the release."""
        return linked(Whole(self._curated), iri)


def _harmless(value: Any) -> Any:
    """Return a JSON-ready value with every text as it can be shown anywhere."""
    if isinstance(value, dict):
        return {key: _harmless(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_harmless(member) for member in value]
    return shown(value) if isinstance(value, str) else value


def results_of(report: Record) -> list[Record]:
    """Return the results in a report as ``readiness`` takes them."""
    results = (result for group in report["groups"] for result in group["results"])
    return [{"rule": r["rule"], "severity": r["severity"], "focus": r["focus"]["id"]} for r in results]


def _described(draft: Draft) -> set[str]:
    """Return the IRIs of the things that a draft says something of, or of their parts."""
    return {owner(str(getattr(q.subject, "value", ""))) for q in draft.quads}


class _Report:
    """Makes the report of one draft."""

    def __init__(self, checker: Checker, draft: Draft, whole: Whole, own: Whole) -> None:
        self._checker, self._draft, self._whole, self._own = checker, draft, whole, own
        self._climbed: dict[str, list[str]] = {}
        self._rules: dict[str, Record] = {}

    def made(self, results: Sequence[Violation]) -> Record:
        """Return the report: its results grouped by recommendation, the worst group and result first."""
        groups: dict[str, list[Record]] = {iri: [] for iri in self._recommendations()}
        for violation in results:
            made = self._result(violation)
            first = made["recommendations"][0]["id"] if made["recommendations"] else ""
            groups.setdefault(first, []).append(made)
        counts = _counts(r for group in groups.values() for r in group)
        return {
            "draft": {"name": shown(self._draft.name), "statements": len(self._draft.quads)},
            "release": self._checker.release,
            "conforms": not any(counts.values()),
            "counts": counts,
            "additions": [self._checker.linked(iri) for iri in self._described() if self._checker.describes(iri)],
            "rules": sorted(self._rules.values(), key=lambda rule: str(rule["shape"])),
            "groups": sorted((self._group(iri, found) for iri, found in groups.items()), key=_worst_first),
        }

    def _described(self) -> list[str]:
        return sorted(_described(self._draft))

    def _recommendations(self) -> list[str]:
        return [iri for iri in self._own.subjects("rdf:type", f"{EV}Recommendation") if "#" not in iri]

    def _group(self, iri: str, results: list[Record]) -> Record:
        return {
            "recommendation": linked(self._whole, iri) if iri else None,
            "inDraft": self._own.describes(iri),
            "place": _place(self._draft.place_of(iri)) if iri else None,
            "counts": _counts(results),
            "results": sorted(results, key=_order),
        }

    def _result(self, violation: Violation) -> Record:
        focus, path = violation.focus.strip("<>"), _property(violation.path)
        rule = self._rules.setdefault(violation.shape, self._checker.rule(violation.shape))
        remedies = [remedy["property"]["id"] for remedy in rule["remedies"]]
        in_draft = self._own.describes(focus) or self._own.describes(owner(focus)) or focus == NOBODY
        place = self._draft.place_of(focus, *([path] if path else []), *remedies) if in_draft else None
        return {
            "rule": rule["id"],
            "shape": violation.shape,
            "severity": violation.severity,
            "component": violation.component or None,
            "message": self._message(violation),
            "focus": linked(self._whole, focus) if focus != NOBODY else {"id": NOBODY, "label": {}},
            "path": violation.path,
            "value": self._value(violation.value),
            "inDraft": in_draft,
            "alsoWithoutDraft": self._checker.known(violation),
            "place": _place(place or (Place(1) if focus == NOBODY and not self._draft.workbook else None)),
            "remedies": [{"property": p, "place": _place(self._cell(focus, p))} for p in remedies],
            "passages": self._passages(focus, violation.value),
            "recommendations": [linked(self._whole, iri) for iri in self._above(focus)],
        }

    def _cell(self, focus: str, iri: str) -> Place | None:
        return self._draft.places.get((focus, iri)) or self._draft.places.get((owner(focus), iri))

    def _message(self, violation: Violation) -> dict[str, str]:
        terms = [t.strip("<>") for t in (violation.focus, violation.value or "")]
        named = [iri for term in terms for iri in (term, owner(term))]
        labels: dict[str, dict[str, str]] = {iri: found for iri in named if (found := self._whole.name(iri))}
        labels[NOBODY] = {"sv": shown(self._draft.name) or "Utkastet"}
        if violation.value and violation.value.startswith('"'):
            violation = replace(violation, value=Literal(shown(str(from_n3(violation.value)))).n3())
        return {lang: explain(violation, labels, lang) for lang in LANGUAGES}

    def _value(self, value: str | None) -> Record | None:
        """Return a value as a link, or as a literal: its text as it can be shown, and whether that is all of it."""
        if value is None or value == "_:":
            return None
        if value.startswith("<"):
            return linked(self._whole, value[1:-1])
        literal = from_n3(value)
        datatype, language = (getattr(literal, name, None) for name in ("datatype", "language"))
        text = shown(str(literal))
        about = {"datatype": str(datatype) if datatype else None, "language": language}
        return {"text": text, "whole": text == str(literal), **about}

    def _above(self, focus: str) -> list[str]:
        """Return the recommendations that a thing belongs to: those of the draft, or else those of the release."""
        if focus not in self._climbed:
            found = list(self._climb(focus))
            self._climbed[focus] = [iri for iri in found if self._own.describes(iri)] or found
        return self._climbed[focus]

    def _climb(self, start: str) -> Iterator[str]:
        seen, left = {start}, [start]
        while left and len(seen) < _MOST_CLIMBED:
            thing = left.pop(0)
            if f"{EV}Recommendation" in self._whole.iris(thing, "rdf:type"):
                yield thing
                continue
            above = [*({owner(thing)} - {thing}), *(iri for p in _UP for iri in self._whole.subjects(p, thing))]
            left += [iri for iri in dict.fromkeys(above) if iri not in seen]
            seen.update(above)

    def _passages(self, focus: str, value: str | None) -> list[Record]:
        """Return where the sources say what a result is about: of its focus, of its value, or of the lines of these."""
        found: dict[str, None] = {}
        for thing in (focus, *([value[1:-1]] if value and value.startswith("<") else [])):
            statements = [thing, *self._whole.iris(thing, "ev:hasEvidenceItem")]
            passages = [p for s in statements for p in self._whole.iris(s, "ev:statedIn")]
            found |= dict.fromkeys([thing] if self._whole.iris(thing, "oa:hasSource") else passages)
        return [self._passage(iri) for iri in list(found)[:MOST_PASSAGES]]

    def _passage(self, iri: str) -> Record:
        whole = self._whole
        section, page = (next(iter(whole.texts(iri, name).values()), None) for name in ("bibo:section", "bibo:pages"))
        source = next(iter(whole.iris(iri, "oa:hasSource")), None)
        return {"id": iri, "section": section, "page": page, "source": linked(whole, source) if source else None}


def _property(path: str | None) -> str | None:
    """Return the IRI of a path that is one property."""
    return expand(path) if path and path.replace(":", "", 1).replace("-", "").isalnum() and ":" in path else None


def _place(place: Place | None) -> Record | None:
    return {"line": place.line or None, "sheet": place.sheet or None, "cell": place.cell or None} if place else None


def _counts(results: Iterable[Record]) -> dict[str, int]:
    found = Counter(r["severity"] for r in results)
    return {severity.lower(): found[severity] for severity in SEVERITIES}


def _worst_first(group: Record) -> tuple[Any, ...]:
    counts = group["counts"]
    label = group["recommendation"]["label"] if group["recommendation"] else {}
    name = next(iter(label.values()), "")
    worst = tuple(-counts[severity.lower()] for severity in SEVERITIES)
    return (group["recommendation"] is None, *worst, name, (group["recommendation"] or {"id": ""})["id"])


def _order(result: Record) -> tuple[Any, ...]:
    place = result["place"] or {"line": None, "sheet": None, "cell": None}
    severity = SEVERITIES.index(result["severity"])
    return (severity, result["shape"], place["line"] or 0, result["focus"]["id"], result["path"] or "",
            str(result["value"]), result["message"]["sv"])  # fmt: skip


def _single_valued(words: Whole) -> tuple[Single, Single]:
    """Return the properties of which things of some classes have at most one value, and at most one in each language.

    A property that is functional (OWL 2 §9.2.7) is that for every class: it has ``owl:Thing``.
    """
    single: Single = {iri: {THING} for iri in words.subjects("rdf:type", expand("owl:FunctionalProperty"))}
    by_language: Single = {}
    for shape in words.subjects("rdf:type", expand("sh:PropertyShape")):
        once = any(o.value == "1" for o in words.objects(shape, "sh:maxCount"))
        if not once and not words.objects(shape, "sh:uniqueLang"):
            continue
        classes = {c for node in words.subjects("sh:property", shape) for c in words.iris(node, "sh:targetClass")}
        for path in words.iris(shape, "sh:path"):
            (single if once else by_language).setdefault(path, set()).update(classes)
    return single, by_language


def _ntriples(quads: Iterable[ox.Quad | ox.Triple]) -> bytes:
    triples = (q if isinstance(q, ox.Triple) else q.triple for q in quads)
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
