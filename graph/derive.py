"""Deriving what follows: the CONSTRUCT rules of the catalogue, run to a fixed point into ``…/graph/derived``."""

from __future__ import annotations

import re

import pyoxigraph as ox

from evidensgraf.ontology.namespaces import PREFIXES, expand, graph_iri, resource
from evidensgraf.queries.catalogue import Query, load_rules

DERIVED = ox.NamedNode(graph_iri("derived"))
"""The graph of everything that is derived; nothing in it is written by hand."""
MAX_ROUNDS = 20
"""A rule set that still derives after this many rounds does not end, which is an error in the rules."""


def derive(store: ox.Store) -> dict[str, int]:
    """Add to the store what the rules derive and is not stated already, and a description of each rule.

    The derived graph is ``prov:wasGeneratedBy`` every rule, and each rule says which properties and classes it derives;
    derived resources (tension notes, gap-map cells) name their rule themselves (PROV-O).
    Returns the number of triples that each rule added. Raises ``RuntimeError`` when the rules do not reach a fixed
    point, and ``SyntaxError`` when a rule is not SPARQL.
    """
    rules = load_rules()
    added = dict.fromkeys(rules, 0)
    for rule in rules.values():
        store.extend(_described(rule))
    for _ in range(MAX_ROUNDS):
        before = len(store)
        for name, rule in rules.items():
            results = store.query(rule.text, use_default_graph_as_union=True, prefixes=PREFIXES)
            assert isinstance(results, ox.QueryTriples)
            new = [t for t in set(results) if not _stated(store, t)]
            store.extend(ox.Quad(t.subject, t.predicate, t.object, DERIVED) for t in new)
            added[name] += len(new)
        if len(store) == before:
            return added
    raise RuntimeError(f"the rules derive without end: {', '.join(n for n, count in added.items() if count)}")


def rule_iri(name: str) -> str:
    """Return the IRI of a rule, by the name of its file.

    >>> rule_iri("40-rests-on")
    'https://w3id.org/evidensgraf/id/derivation-rule/rests-on'
    """
    return resource("derivation-rule", re.sub(r"^\d+-", "", name))


def _stated(store: ox.Store, triple: ox.Triple) -> bool:
    return next(store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None), None) is not None


def _described(rule: Query) -> list[ox.Quad]:
    """Return what the derived graph says of a rule: its class, texts, query, and what it derives."""
    node = ox.NamedNode(rule_iri(rule.name))
    texts = [("dcterms:title", rule.summary), ("dcterms:description", rule.description)]
    values: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        ("rdf:type", ox.NamedNode(expand("ev:DerivationRule"))),
        ("sh:construct", ox.Literal(rule.text)),
        *((p, ox.Literal(text, language=lang)) for p, by_language in texts for lang, text in by_language.items()),
        *(("ev:derives", ox.NamedNode(expand(term))) for term in rule.derives),
    ]
    about = [ox.Quad(node, ox.NamedNode(expand(p)), value, DERIVED) for p, value in values]
    return [*about, ox.Quad(DERIVED, ox.NamedNode(expand("prov:wasGeneratedBy")), node, DERIVED)]
