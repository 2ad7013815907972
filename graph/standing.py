"""Standing claims that are tried and not kept: read from RDF that others wrote, within its bounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from evidensgraf.graph.draft import DraftError, read_draft
from evidensgraf.graph.impact import STANDINGS
from evidensgraf.ontology.namespaces import curie, expand

MAX_CLAIMS = 50
"""Most standing claims of one document."""
_HAS, _STANDING, _DATE, _SUCCESSOR = (
    ox.NamedNode(expand(name)) for name in ("ev:hasStatus", "ev:standing", "dcterms:date", "dcterms:isReplacedBy")
)
_NONE = {
    "sv": "Filen har ingen uppgift om ställning. Skriv den som <källa> ev:hasStatus [ ev:standing ev:retracted ] .",
    "en": "The file has no standing claim. Write it as <source> ev:hasStatus [ ev:standing ev:retracted ] .",
}
_TOO_MANY = {
    "sv": f"Filen har fler än {MAX_CLAIMS} uppgifter om ställning. Dela upp den.",
    "en": f"The file has more than {MAX_CLAIMS} standing claims. Divide it.",
}


@dataclass(frozen=True, order=True)
class Claim:
    """A claim about the standing of a source, or of a study or a statement that is tried like one.

    IRIs of both, the date if there is one (as in XML Schema), and the IRIs of what replaces it.
    """

    thing: str
    date: str
    standing: str
    successors: tuple[str, ...] = ()


def read_claims(name: str, data: bytes, media_type: str = "") -> list[Claim]:
    """Return the standing claims of a document: what ``ev:hasStatus`` leads to, and its ``ev:standing``.

    It is read as a draft is. Raises ``DraftError`` for what cannot be read, when there is no claim, more than
    ``MAX_CLAIMS`` of them, or one without a standing of the scheme.

    >>> text = b'''@prefix ev: <https://w3id.org/evidensgraf/def/> .
    ... <https://w3id.org/evidensgraf/id/source/a> ev:hasStatus [ ev:standing ev:retracted ] .'''
    >>> [claim.standing for claim in read_claims("claims.ttl", text)]
    ['https://w3id.org/evidensgraf/def/retracted']
    """
    if data.startswith(b"PK"):  # a workbook, which says nothing of standing
        raise DraftError(name, _NONE)
    store = ox.Store()
    store.extend(ox.Quad(q.subject, q.predicate, q.object) for q in read_draft(name, data, media_type).quads)
    stated = list(islice(store.quads_for_pattern(None, _HAS, None), MAX_CLAIMS + 1))
    if not 0 < len(stated) <= MAX_CLAIMS:
        raise DraftError(name, _TOO_MANY if stated else _NONE)
    return sorted({_claim(name, store, quad) for quad in stated})


def latest(claims: Iterable[Claim]) -> dict[str, Claim]:
    """Return the claim that holds for each thing: the latest, and of several at one date the hardest."""
    return {c.thing: c for c in sorted(claims, key=lambda c: (c.date, STANDINGS.get(c.standing, 0)))}


def _claim(name: str, store: ox.Store, stated: ox.Quad) -> Claim:
    standings, dates = (_values(store, stated.object, p) for p in (_STANDING, _DATE))
    if not isinstance(stated.subject, ox.NamedNode) or len(standings) != 1 or standings[0] not in STANDINGS:
        known = ", ".join(curie(iri) for iri in STANDINGS)
        sv = f"{stated.subject} har inte en enda ställning ur schemat. Ange en av {known}."
        en = f"{stated.subject} does not have one standing of the scheme. Give one of {known}."
        raise DraftError(name, {"sv": sv, "en": en})
    replaced = (q.object for q in store.quads_for_pattern(stated.subject, _SUCCESSOR, None))
    successors = sorted({thing.value for thing in replaced if isinstance(thing, ox.NamedNode)})
    return Claim(stated.subject.value, max(dates, default=""), standings[0], tuple(successors))


def _values(store: ox.Store, subject: object, predicate: ox.NamedNode) -> list[str]:
    if not isinstance(subject, (ox.NamedNode, ox.BlankNode)):
        return []
    return sorted({str(getattr(q.object, "value", "")) for q in store.quads_for_pattern(subject, predicate, None)})
