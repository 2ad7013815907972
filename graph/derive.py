"""Deriving what follows: the CONSTRUCT rules of the catalogue, run to a fixed point into ``…/graph/derived``."""

from __future__ import annotations

import pyoxigraph as ox

from evidensgraf.ontology.namespaces import PREFIXES, graph_iri
from evidensgraf.queries.catalogue import load_rules

DERIVED = ox.NamedNode(graph_iri("derived"))
"""The graph of everything that is derived; nothing in it is written by hand."""
MAX_ROUNDS = 20
"""A rule set that still derives after this many rounds does not end, which is an error in the rules."""


def derive(store: ox.Store) -> dict[str, int]:
    """Add to the store what the rules derive and is not stated already.

    Returns the number of triples that each rule added. Raises ``RuntimeError`` when the rules do not reach a fixed
    point, and ``SyntaxError`` when a rule is not SPARQL.
    """
    added = dict.fromkeys(load_rules(), 0)
    for _ in range(MAX_ROUNDS):
        before = len(store)
        for name, rule in load_rules().items():
            results = store.query(rule.text, use_default_graph_as_union=True, prefixes=PREFIXES)
            assert isinstance(results, ox.QueryTriples)
            new = [t for t in set(results) if not _stated(store, t)]
            store.extend(ox.Quad(t.subject, t.predicate, t.object, DERIVED) for t in new)
            added[name] += len(new)
        if len(store) == before:
            return added
    raise RuntimeError(f"the rules derive without end: {', '.join(n for n, count in added.items() if count)}")


def _stated(store: ox.Store, triple: ox.Triple) -> bool:
    return next(store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None), None) is not None
