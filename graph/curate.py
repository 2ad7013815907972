"""Curating: a new source's reading sheet, a sheet merged into the TriG files, and the record of a verification."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.graph.format import write
from evidensgraf.graph.sheet import Sheet
from evidensgraf.graph.verify import Check
from evidensgraf.ontology.namespaces import expand, graph_iri, resource

_BIBLIOGRAPHY = ox.NamedNode(graph_iri("bibliography"))
_DATASET = ox.NamedNode(resource("dataset", "evidensgraf"))
_OURSELVES = ox.NamedNode(resource("organisation", "evidensgraf"))
_LICENSE = ox.NamedNode("https://creativecommons.org/licenses/by/4.0/")


def new_sheet(document: str, title: str, year: int | None) -> str:
    """Return the text of a reading sheet for a document: its source record, and an example of each section."""
    template = (files("evidensgraf.graph") / "sheet.yaml").read_text(encoding="utf-8")
    issued = (
        f"issued: {year}" if year else "# issued: 2026          # no year printed: leave it out and say so in a note"
    )
    quoted = json.dumps(title, ensure_ascii=False)  # a JSON string is a YAML string
    return template.replace("{document}", document).replace('"{title}"', quoted).replace("# {issued}", issued)


def merge(sheet: Sheet, directory: Path) -> dict[str, int]:
    """Merge a sheet into the TriG files of a directory, in normal form; a graph that is new gets its provenance.

    Nothing is taken out. Returns the number of quads that were new, by file. Raises ``OSError``.
    """
    by_file: dict[str, list[ox.Quad]] = defaultdict(list)
    for quad in sheet.quads:
        by_file[_file(quad)].append(quad)
    if not (directory / f"{sheet.document}.trig").exists() and f"{sheet.document}.trig" in by_file:
        by_file["provenance.trig"] += _provenance(sheet)
    return {name: _merge(directory / name, quads) for name, quads in sorted(by_file.items())}


def record(checks: Iterable[Check], sources: Path, directory: Path) -> dict[str, int]:
    """Write into the bibliography how many passages of each source were found, and the digest of the text checked.

    Returns the number of passages found by source. Raises ``OSError``.
    """
    found: dict[str, int] = defaultdict(int)
    for check in checks:
        found[check.source] += check.kind == "found"
    path = directory / "bibliography.trig"
    names = [ox.NamedNode(expand(f"ev:{name}")) for name in ("passagesFound", "textDigest")]
    quads = [q for q in _read(path) if q.predicate not in names]
    for source, count in found.items():
        digest = hashlib.sha256((sources / f"{source}.txt").read_bytes()).hexdigest()
        node = ox.NamedNode(resource("source", source))
        values = (ox.Literal(count), ox.Literal(f"sha256:{digest}"))
        quads += [ox.Quad(node, name, value, _BIBLIOGRAPHY) for name, value in zip(names, values, strict=True)]
    path.write_text(write(quads), encoding="utf-8")
    return dict(found)


def _file(quad: ox.Quad) -> str:
    return str(getattr(quad.graph_name, "value", "")).rsplit("/", 1)[-1] + ".trig"


def _read(path: Path) -> list[ox.Quad]:
    return list(ox.parse(path.read_text(encoding="utf-8"), format=ox.RdfFormat.TRIG)) if path.exists() else []


def _merge(path: Path, quads: list[ox.Quad]) -> int:
    before = set(_read(path))
    path.write_text(write(before | set(quads)), encoding="utf-8")
    return len(set(quads) - before)


def _provenance(sheet: Sheet) -> list[ox.Quad]:
    """Return what the provenance graph says of the graph of a document."""
    graph, source = ox.NamedNode(graph_iri(sheet.document)), ox.NamedNode(resource("source", sheet.document))
    title = next(
        (
            str(getattr(q.object, "value", ""))
            for q in sheet.quads
            if q.subject == source and q.predicate == _node("dcterms:title")
        ),
        "",
    )
    now = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")
    facts: list[tuple[ox.NamedNode, str, ox.NamedNode | ox.Literal]] = [
        (graph, "rdf:type", _node("prov:Entity")),
        (graph, "dcterms:title", ox.Literal(f"Påståenden ur {title or sheet.document}", language="sv")),
        (graph, "dcterms:title", ox.Literal(f"Statements from {title or sheet.document}", language="en")),
        (graph, "dcterms:isPartOf", _DATASET),
        (graph, "dcterms:license", _LICENSE),
        (graph, "prov:generatedAtTime", ox.Literal(now, datatype=_node("xsd:dateTime"))),
        (graph, "prov:wasAttributedTo", _OURSELVES),
        (graph, "prov:wasDerivedFrom", source),
        (_DATASET, "dcterms:hasPart", graph),
        (ox.NamedNode(graph_iri("derived")), "prov:wasDerivedFrom", graph),
    ]
    return [ox.Quad(s, _node(p), o, ox.NamedNode(graph_iri("provenance"))) for s, p, o in facts]


def _node(curie: str) -> ox.NamedNode:
    return ox.NamedNode(expand(curie))
