"""The documentation of the ontology: what its overview and the page of each term show, in two languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from markupsafe import Markup

from evidensgraf.graph.engine import Engine
from evidensgraf.ontology.namespaces import EV, PREFIXES, curie
from evidensgraf.service.facts import Record, ask, fold, gather
from evidensgraf.service.ontology_diagram import Diagram
from evidensgraf.service.rendering import View
from evidensgraf.service.vocabulary import CHARACTERISTICS, PROPERTY_KINDS, Vocabulary, vocabulary

OVERVIEW = EV + "area/overview"
"""The collection of what the overview diagram draws."""
BELOW = "rdfs:subClassOf"
"""The key of the relation between a class and the one above it, in a diagram."""
_ASKED = {
    "instance": "SELECT ?thing\nWHERE {{ ?thing a {term} }}\nORDER BY ?thing\nLIMIT 100",
    "property": "SELECT ?thing ?value\nWHERE {{ ?thing {term} ?value }}\nORDER BY ?thing\nLIMIT 100",
    "value": "SELECT ?thing ?property\nWHERE {{ ?thing ?property {term} }}\nORDER BY ?thing\nLIMIT 100",
}
Page = tuple[str, list[tuple[str, dict[str, str]]], dict[str, Any]]
"""A template, the queries of the catalogue behind the page, and what the template shows."""


async def ontology_page(view: View, engine: Engine, slug: str) -> Page | None:
    """Return the page of the ontology (``slug`` is empty), or of a class, property, scheme or concept of it.

    None for anything else that has an address below the namespace. Raises what ``Engine.query`` raises.
    """
    known = await vocabulary(engine)
    if not slug:
        return "ontology.html", [("derivation-rules", {})], overview(view, known)
    iri = EV + slug
    if iri not in known.kinds:
        return None
    values = term(view, known, iri)
    values["uses"] = _uses(view, iri, await ask(engine, "uses-of-term", entity=iri))
    values["shapes"] = _shapes(await ask(engine, "shapes-of-term", entity=iri))
    queries = [(name, {"entity": iri}) for name in ("uses-of-term", "shapes-of-term")]
    return "ontology_term.html", [*queries, ("links-to-resource", {"resource": iri})], values


def overview(view: View, known: Vocabulary) -> dict[str, Any]:
    """Return what the page of the ontology shows: its metadata, areas of classes, properties, schemes and links."""
    areas = known.subjects_with("rdf:type", PREFIXES["skos"] + "OrderedCollection")
    shown = [area for area in areas if area != OVERVIEW]
    return {
        "ontology": EV,
        "areas": [
            (a, tree(known, _list(known, a))) for a in sorted(shown, key=lambda a: known.one(a, "skos:notation") or "")
        ],
        "properties": [(kind, known.of_kind(kind)) for kind in PROPERTY_KINDS],
        "schemes": known.of_kind("scheme"),
        "mappings": mappings(known),
        "versions": known.iris(EV, "dcterms:hasVersion")[::-1],
        "relations": drawn(known),
        "picture": chain_picture(view, known),
    } | _helpers(known)


def tree(known: Vocabulary, members: list[str]) -> list[tuple[int, str]]:
    """Return classes as a list of (depth, class), each after the one that it is below, in the order of ``members``."""
    found: list[tuple[int, str]] = []

    def add(iri: str, depth: int) -> None:
        found.append((depth, iri))
        for below in members:
            if iri in known.superclasses(below):
                add(below, depth + 1)

    for iri in members:
        if not set(known.superclasses(iri)) & set(members):
            add(iri, 0)
    return found


def term(view: View, known: Vocabulary, iri: str) -> dict[str, Any]:
    """Return what the page of a term shows, whatever kind it is of."""
    kind = known.kinds[iri]
    values: dict[str, Any] = {"iri": iri, "term_kind": kind, "since": known.version_of(iri)}
    values["mappings"] = mappings(known, iri)
    values["picture"] = class_picture(view, known, iri) if kind == "class" else None
    values["own"] = known.properties_of(iri)
    above = known.ancestors(iri)
    values["inherited"] = [(c, found) for c in above if (found := known.properties_of(c))]
    values["incoming"] = [p for c in (iri, *above) for p in known.properties_to(c)]
    values["concepts"] = known.concepts(iri) if kind == "scheme" else _instances(known, iri)
    values["chains"] = [known.sequence(node) for node in known.nodes(iri, "owl:propertyChainAxiom")]
    return values | _helpers(known)


def characteristics(known: Vocabulary, iri: str) -> list[str]:
    """Return the characteristics of a property (see ``vocabulary.CHARACTERISTICS``)."""
    types = known.iris(iri, "rdf:type")
    return [name for name in CHARACTERISTICS if PREFIXES["owl"] + name in types]


def mappings(known: Vocabulary, iri: str | None = None) -> list[Record]:
    """Return the links to other vocabularies, of one term or of all, each with its comment and where it leads.

    Each has ``subject``, ``relation`` and ``object`` (IRIs), ``comment``, ``vocabulary`` and ``licence`` (IRI or None).
    """
    found = []
    for node in known.subjects_with("rdf:type", "https://w3id.org/sssom/Mapping"):
        values = {p.rsplit("/", 1)[-1]: terms[0]["value"] for p, terms in known.properties(node).items()}
        if iri in (None, values["subject_id"]):
            source = values["object_source"]
            found.append({
                "subject": values["subject_id"],
                "relation": values["predicate_id"],
                "object": values["object_id"],
                "comment": known.text(node, "rdfs:comment"),
                "vocabulary": known.label(source),
                "licence": known.one(source, "dcterms:license"),
            })  # fmt: skip
    return found


def drawn(known: Vocabulary) -> list[tuple[str, str, str]]:
    """Return the relations of the overview diagram: class, property, class.

    A property leads from the most general of the classes drawn that have it, to those that its values are of.
    """
    members = _list(known, OVERVIEW)
    boxes = [iri for iri in members if known.kinds.get(iri) == "class"]
    up = {box: {box, *known.ancestors(box)} for box in boxes}
    found = []
    for prop in (iri for iri in members if iri not in boxes):
        having = [b for b in boxes if up[b] & set(known.domain(prop))]
        ends = [b for b in boxes if b in known.range(prop)]
        starts = [b for b in having if not any(other in up[b] for other in having if other != b)]
        found += [(start, prop, end) for start in starts for end in ends if start != end]
    return found


def chain_picture(view: View, known: Vocabulary) -> Markup:
    """Return the overview diagram."""
    relations = drawn(known)
    labels = {iri: _label(view, known, iri) for relation in relations for iri in relation}
    title = view.plain(known.label(OVERVIEW))
    return Diagram(relations, labels).svg("overview", title, view.t("ontology.overview.desc"))


def class_picture(view: View, known: Vocabulary, iri: str) -> Markup | None:
    """Return the diagram of a class: what leads to it, its own properties, and the classes above and below it."""
    before = [(c, BELOW) for c in known.subclasses(iri)]
    before += [(c, p) for p in known.properties_to(iri) for c in known.domain(p)]
    after = [(BELOW, c) for c in known.superclasses(iri)] + [(p, c) for p, _, c in known.restrictions(iri)]
    after += [(p, c) for p in known.properties_of(iri) for c in known.range(p)]
    relations = [(f"< {c}", p, iri) for c, p in before] + [(iri, p, f"> {c}") for p, c in after]
    if not relations:
        return None
    labels = {iri: _label(view, known, iri), BELOW: view.t("ontology.below")}
    labels |= {key: _label(view, known, key[2:]) for a, _, b in relations for key in (a, b) if key != iri}
    labels |= {p: _label(view, known, p) for _, p, _ in relations if p != BELOW}
    title = view.t("ontology.picture", term=labels[iri])
    return Diagram(relations, labels, iri, BELOW).svg("picture", title, view.t("ontology.picture.desc"))


def licence_name(iri: str) -> str:
    """Return a Creative Commons licence in short, or the IRI of another licence.

    >>> licence_name("https://creativecommons.org/licenses/by-nc-nd/4.0/")
    'CC BY-NC-ND 4.0'
    >>> licence_name("https://creativecommons.org/publicdomain/zero/1.0/")
    'CC0 1.0'
    """
    match = re.search(r"creativecommons[.]org/(?:licenses/([a-z-]+)|publicdomain/zero)/([0-9.]+)", iri)
    if match is None:
        return iri
    return f"CC {match[1].upper()} {match[2]}" if match[1] else f"CC0 {match[2]}"


def _helpers(known: Vocabulary) -> dict[str, Any]:
    """Return what the templates ask by themselves: the vocabulary, and words for what it says."""
    return {"v": known, "characteristics": partial(characteristics, known), "short_licence": licence_name}


def _label(view: View, known: Vocabulary, iri: str) -> str:
    return view.plain(known.label(iri)) if iri in known.kinds else view.plain(view.name(iri))


def _list(known: Vocabulary, collection: str) -> list[str]:
    return known.sequence(known.nodes(collection, "skos:memberList")[0])


def _instances(known: Vocabulary, iri: str) -> list[str]:
    """Return the concepts that are instances of a class, in the order of their scheme."""
    schemes = {s for c in known.subjects_with("rdf:type", iri) for s in known.iris(c, "skos:inScheme")}
    return [concept for scheme in sorted(schemes) for concept in known.concepts(scheme)]


def _uses(view: View, iri: str, rows: Iterable[Any]) -> list[Record]:
    """Return how often a term is used, by role, with an example and a query that finds all."""
    found = []
    rows = list(rows)
    for role, row in fold(rows, "role").items():
        texts = (
            (r["label"].get("xml:lang", ""), r["label"]["value"])
            for r in rows
            if r["role"]["value"] == role and "label" in r
        )
        query = f"PREFIX ev: <{EV}>\n" + _ASKED[role].format(term=curie(iri))
        example = {"id": row["example"][0], "label": gather(texts) or {"und": view.short(row["example"][0])}}
        found.append({"role": role, "count": int(row["count"][0]), "example": example, "query": query})
    return found


def _shapes(rows: Iterable[Any]) -> list[Record]:
    """Return the shapes on a term: ``id``, ``label``, ``severity`` (local name) and ``message``."""
    found = []
    for shape, row in fold(rows, "shape").items():
        texts = {
            key: {"sv": row[f"{key}Sv"][0], "en": row[f"{key}En"][0]}
            for key in ("name", "message")
            if f"{key}Sv" in row
        }
        severity = row["severity"][0].rsplit("#", 1)[-1]
        found.append({"id": shape, "label": texts.get("name"), "severity": severity, "message": texts.get("message")})
    return found
