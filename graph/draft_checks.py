"""What no shape can see of a draft: that it speaks of the ontology, contradicts the release, or recommends nothing.

A shape sees one graph; these compare two, the draft and what it is checked with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import pyoxigraph as ox

from evidensgraf.graph.draft import Draft, DraftError
from evidensgraf.graph.whole import Text, Whole, shown
from evidensgraf.ontology.namespaces import BASE, EV, PREFIXES, curie, expand
from evidensgraf.shapes.validate import Violation

CHECK = f"{BASE}check#"
"""What the IRIs of these checks start with: the page about checking explains each."""
NOBODY = "urn:evidensgraf:draft"
"""What a result is about that is about the draft as a whole."""
REDEFINES, UNKNOWN, NOTHING = "redefines", "unknown-term", "no-recommendation"

EXPLANATIONS: dict[str, tuple[Text, Text]] = {
    REDEFINES: (
        {"sv": "Utkastet motsäger utgåvan", "en": "The draft contradicts the release"},
        {
            "sv": "Det som redan finns i utgåvan har en adress. Säger utkastet något annat om samma adress går det "
            "inte att veta vilket som gäller.",
            "en": "What is in the release already has an address. Where the draft says something else of the same "
            "address, nobody can know which holds.",
        },
    ),
    UNKNOWN: (
        {"sv": "Ordet finns inte i ontologin", "en": "The word is not in the ontology"},
        {
            "sv": "Det som sägs med ett ord som ingen har bestämt läses av ingen, och syns därför inte i kontrollen.",
            "en": "What is said with a word that nobody has defined is read by nobody, and is therefore not checked.",
        },
    ),
    NOTHING: (
        {"sv": "Utkastet saknar rekommendation", "en": "The draft has no recommendation"},
        {
            "sv": "De flesta regler gäller en rekommendation och vad den vilar på.",
            "en": "Most rules are about a recommendation and what it rests on.",
        },
    ),
}
"""The checks: the name of each, and the reason for it."""

Single = dict[str, set[str]]
"""Properties that have one value, by IRI, with the classes of which that holds."""
THING = expand("owl:Thing")
"""The class of everything."""

_AXIOMS = {expand(f"rdfs:{name}") for name in ("subClassOf", "subPropertyOf", "domain", "range")}
_TYPE = expand("rdf:type")
_KIND = {"sv": "slag", "en": "kind"}
_RECOMMENDATION = EV + "Recommendation"


def refuse_definitions(draft: Draft) -> None:
    """Raise ``DraftError`` when a draft says something of a term of the ontology, or of how terms relate.

    A draft states facts. Were it to change the words, its own statements would mean what it says they mean.
    """
    for quad in draft.quads:
        subject, predicate = str(getattr(quad.subject, "value", "")), quad.predicate.value
        if not (subject.startswith(EV) or predicate in _AXIOMS or predicate.startswith(PREFIXES["owl"])):
            continue
        place, thing = draft.place_of(subject, predicate), shown(curie(subject))
        reasons = {
            "sv": f"Utkastet säger något om {thing} med {curie(predicate)}. Ett utkast kan inte ändra ontologin: ta "
            "bort utsagan.",
            "en": f"The draft says something of {thing} by {curie(predicate)}. A draft cannot change the ontology: "
            "remove the statement.",
        }
        raise DraftError(draft.name, reasons, place.line if place else 0)


def unknown_terms(draft: Draft, ontology: Whole) -> Iterator[Violation]:
    """Yield a result for each thing of a draft and each name in the ontology's namespace that is no term of it."""
    missing: dict[str, bool] = {}
    seen: set[tuple[str, str]] = set()
    known: list[str] = []
    for quad in draft.quads:
        for term in (quad.predicate, quad.object):
            iri = str(getattr(term, "value", "")) if isinstance(term, ox.NamedNode) else ""
            if not iri.startswith(EV):
                continue
            if iri not in missing:
                missing[iri] = not ontology.describes(iri)
            subject = str(getattr(quad.subject, "value", ""))
            if missing[iri] and (subject, iri) not in seen:
                seen.add((subject, iri))
                known = known or _terms(ontology)
                yield _unknown(subject, quad.predicate.value, iri, known)


def _terms(ontology: Whole) -> list[str]:
    return sorted({q.subject.value.removeprefix(EV) for s in ontology.stores for q in s
                   if isinstance(q.subject, ox.NamedNode) and q.subject.value.startswith(EV)})  # fmt: skip


def _unknown(subject: str, predicate: str, iri: str, known: Sequence[str]) -> Violation:
    near = get_close_matches(iri.removeprefix(EV)[:100], known, n=1)
    sv, en = (f" Menade du ev:{near[0]}?", f" Did you mean ev:{near[0]}?") if near else (" Ta bort det.", " Remove it.")
    name = shown(curie(iri))
    messages = {
        "sv": f"{{$this}} använder {name}, som inte finns i ontologin.{sv}",
        "en": f"{{$this}} uses {name}, which is not in the ontology.{en}",
    }
    return _result(UNKNOWN, subject, messages, predicate, f"<{iri}>")


def redefinitions(
    draft: Draft, release: Whole, single: Single, by_language: Single
) -> Iterator[tuple[Violation, list[ox.Triple]]]:
    """Yield a result for each value of the release that a draft gives another of, with the release's statements.

    ``single`` are the properties of which a thing has one value, ``by_language`` those of which it has one in each
    language, with the classes of which that holds.
    """
    seen: set[tuple[str, str, str | None]] = set()
    classes: dict[str, set[str]] = {}
    for quad in draft.quads:
        subject, predicate = str(getattr(quad.subject, "value", "")), quad.predicate.value
        if predicate not in single and predicate not in by_language:
            continue
        if subject not in classes:
            classes[subject] = _classes(subject, release)
        there = release.objects(subject, predicate) if classes[subject] else []
        language = None
        if not single.get(predicate, set()) & classes[subject]:
            language = getattr(quad.object, "language", None)
            there = [o for o in there if getattr(o, "language", None) == language]
            if not by_language.get(predicate, set()) & classes[subject]:
                continue
        if there and quad.object not in there and (subject, predicate, language) not in seen:
            seen.add((subject, predicate, language))
            old = [ox.Triple(quad.subject, quad.predicate, value) for value in there]
            yield _contradiction(subject, predicate, quad.object, there[0], release), old
    yield from ((found, []) for found in _other_kinds(draft, release))


def _classes(iri: str, release: Whole) -> set[str]:
    """Return the classes of a thing of the release, with those above them; none for a thing that is not there."""
    found, left = set[str](), release.iris(iri, "rdf:type")
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += release.iris(one, "rdfs:subClassOf")
    return found | {THING} if found else found


def _other_kinds(draft: Draft, release: Whole) -> Iterator[Violation]:
    """Yield a result for each thing that is of other classes of the ontology in a draft than in the release."""
    kinds: dict[str, set[str]] = {}
    for quad in draft.quads:
        value = str(getattr(quad.object, "value", ""))
        if quad.predicate.value == _TYPE and value.startswith(EV):
            kinds.setdefault(str(getattr(quad.subject, "value", "")), set()).add(value)
    for subject, new in sorted(kinds.items()):
        old = {iri for iri in release.iris(subject, "rdf:type") if iri.startswith(EV)}
        if old and not old & new:
            kind = ox.NamedNode(sorted(new)[0])
            yield _contradiction(subject, _TYPE, kind, ox.NamedNode(sorted(old)[0]), release)


def _contradiction(subject: str, predicate: str, new: object, old: object, release: Whole) -> Violation:
    label = _KIND if predicate == _TYPE else release.label(predicate) or {"sv": curie(predicate)}
    messages = {}
    for lang, said in (
        ("sv", "{{$this}} finns i utgåvan med ett annat värde för {0}: där står ”{2}”, i utkastet ”{1}”. Ge det nya en "
         "egen adress, eller skriv som utgåvan."),
        ("en", "{{$this}} is in the release with another value of {0}: it says “{2}” there, and “{1}” in the draft. "
         "Give what is new an address of its own, or write what the release has."),
    ):  # fmt: skip
        named = label.get(lang) or next(iter(label.values()))
        messages[lang] = said.format(named, _spoken(new, release, lang), _spoken(old, release, lang))
    return _result(REDEFINES, subject, messages, predicate, None)


def _spoken(term: object, release: Whole, lang: str) -> str:
    value = str(getattr(term, "value", ""))
    label = release.label(value) if isinstance(term, ox.NamedNode) else {}
    return label.get(lang) or next(iter(label.values()), shown(curie(value)))


def nothing_recommended(draft: Draft) -> Iterator[Violation]:
    """Yield a result when a draft has no recommendation."""
    kinds = {q.object.value for q in draft.quads if q.predicate.value == _TYPE and isinstance(q.object, ox.NamedNode)}
    if _RECOMMENDATION not in kinds:
        messages = {
            "sv": "Det finns ingen rekommendation i utkastet. Skriv minst en, med vad som rekommenderas och vad det "
            "vilar på.",
            "en": "There is no recommendation in the draft. Write at least one, with what is recommended and what that "
            "rests on.",
        }
        yield _result(NOTHING, NOBODY, messages, None, None, "Warning")


def _result(
    check: str, focus: str, messages: Text, path: str | None, value: str | None, severity: str = "Violation"
) -> Violation:
    return Violation(f"<{focus}>", curie(path) if path else None, value, CHECK + check, severity, "", messages)
