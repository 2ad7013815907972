"""What the tests of the W3C manifests share: the requests that a manifest describes, and releases of given graphs."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from rdflib import Graph, Namespace
from rdflib.collection import Collection

from evidensgraf.graph.release import DESCRIPTION, MANIFEST, QUADS, open_release

CONFORMANCE = Path(__file__).parent / "conformance"
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
PUBLISHED = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/"
STATUS = {"OK": {200}, "Created": {201}, "NoContent": {204}, "NotFound": {404}}
STATUS |= {f"StatusCode{n}xx": set(range(n * 100, n * 100 + 100)) for n in range(1, 6)}
"""Local name of a status in the manifests → the codes that it stands for."""


@dataclass
class Message:
    """One request of a manifest, and what it expects of the answer."""

    method: str
    path: str
    headers: dict
    body: bytes
    status: set
    expected: dict
    expected_headers: dict
    expected_body: str


def manifest(name):
    """Read a manifest; its relative IRIs are resolved against its place in the suite."""
    file = CONFORMANCE / name
    return Graph().parse(file, format="turtle", publicID=PUBLISHED + name)


def entries(graph):
    """Return the IRIs of the entries of a manifest, in order."""
    return [entry for head in graph.objects(None, MF.entries) for entry in Collection(graph, head)]


def local(iri):
    """Return the part of an IRI after its last ``#``."""
    return str(iri).rpartition("#")[2]


def messages(graph, entry):
    """Return the requests of an entry, in the order in which they are to be sent."""
    return [
        _message(graph, node) for node in Collection(graph, graph.value(graph.value(entry, MF.action), HT.requests))
    ]


def _message(graph, node):
    answer = graph.value(node, HT.resp)
    body, encoding = _body(graph, node)
    return Message(
        method=str(graph.value(node, HT.methodName)),
        path=str(graph.value(node, HT.absolutePath)),
        headers=_headers(graph, node),
        body=body.encode(encoding),
        status=set().union(*(STATUS[local(s)] for s in graph.objects(answer, MF.expectedStatus))),
        expected={local(p): o.toPython() for p, o in graph.predicate_objects(answer) if p != MF.expectedStatus},
        expected_headers=_headers(graph, answer),
        expected_body=_body(graph, answer)[0],
    )


def _headers(graph, node):
    found = graph.value(node, HT.headers)
    listed = Collection(graph, found) if found else []
    return {str(graph.value(h, HT.fieldName)): str(graph.value(h, HT.fieldValue)) for h in listed}


def _body(graph, node):
    body = graph.value(node, HT.body)
    encoding = str(graph.value(body, CNT.characterEncoding) or "utf-8") if body else "utf-8"
    return (str(graph.value(body, CNT.chars)) if body else ""), encoding


def release_of(directory, graphs):
    """Make a release of named graphs: IRI → N-Triples. A graph may be empty."""
    store = ox.Store()
    for name, triples in graphs.items():
        for quad in ox.parse(triples, format=ox.RdfFormat.N_TRIPLES):
            store.add(ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(name)))
    quads = b"".join(sorted((ox.serialize(store, format=ox.RdfFormat.N_QUADS) or b"").splitlines(keepends=True)))
    digest = hashlib.sha256(quads).hexdigest()
    manifest = {"id": "2026-01-01", "sha256": digest, "quads": len(store), "graphs": sorted(graphs)}
    directory.mkdir(parents=True, exist_ok=True)
    (directory / QUADS).write_bytes(quads)
    (directory / DESCRIPTION).write_bytes(b"")
    (directory / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return open_release(directory)
