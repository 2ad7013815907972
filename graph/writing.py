"""Writing graphs at a SPARQL 1.1 endpoint, by its Graph Store Protocol or by its update operation."""

from __future__ import annotations

import contextlib
import re
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from evidensgraf.graph.announcement import select
from evidensgraf.graph.endpoint import (
    AGENT,
    Call,
    Endpoint,
    Handshake,
    Missing,
    Passing,
    Rejected,
    TooLate,
    ask,
    opener,
    send,
)
from evidensgraf.graph.engine import EngineError, EngineFault, EngineUnavailable
from evidensgraf.ontology.namespaces import graph_iri

SECONDS = 600.0
"""How long one request that writes may take, in seconds."""
_PROBE = graph_iri("probe")

# Where stores have their update operation and their graph store, by the end of the address of their query operation.
_PLACES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (r"/repositories/[^/]+$", (r"\g<0>/statements",), (r"\g<0>/rdf-graphs/service",)),  # GraphDB, RDF4J
    (r"/query$", ("/update",), ("/store", "/data")),  # Oxigraph, Fuseki
    (r"/sparql/?$", ("/sparql-auth", "/update", "/sparql"), ("/sparql-graph-crud-auth", "/data", "/sparql/gsp/")),
    (r"/?$", ("/",), ()),  # QLever
)


class Writer(Protocol):
    """A way to write graphs."""

    @property
    def batch(self) -> int:
        """Bytes of N-Triples that one request should have."""
        ...

    def replace(self, graph: str, parts: Iterable[bytes]) -> None:
        """Make a graph consist of parts in N-Triples. Raises ``EngineUnavailable`` and ``EngineFault``."""
        ...

    def delete(self, graph: str) -> None:
        """Remove a graph, if it is there."""
        ...

    def unite(self, union: str, graphs: Mapping[str, Path]) -> None:
        """Make a graph the union of others, which are there already; ``graphs`` has their N-Triples files."""
        ...


@dataclass(frozen=True)
class Update:
    """Writes by SPARQL 1.1 Update, whose operation is at ``place`` (an IRI and credentials)."""

    place: Endpoint
    handshake: Handshake
    batch: int = 256 * 1024

    def replace(self, graph: str, parts: Iterable[bytes]) -> None:
        """See ``Writer``."""
        self.delete(graph)
        for part in parts:
            data = f"{{ GRAPH <{graph}> {{\n{part.decode()}}} }}"
            self.run(f"INSERT {data} WHERE {{}}" if b"_:" in part else f"INSERT DATA {data}")

    def delete(self, graph: str) -> None:
        """See ``Writer``."""
        self.run(f"DROP SILENT GRAPH <{graph}>")

    def unite(self, union: str, graphs: Mapping[str, Path]) -> None:
        """See ``Writer``."""
        self.delete(union)
        for graph in sorted(graphs):
            self.run(f"ADD <{graph}> TO <{union}>")

    def run(self, text: str) -> None:
        """Carry out one update."""

        def work(call: Call) -> None:
            with contextlib.closing(ask(self.place, call, text, "INSERT", "*/*", None, self.handshake)) as response:
                response.read()

        _carried_out(self.place.query, work)


@dataclass(frozen=True)
class GraphStore:
    """Writes by the Graph Store HTTP Protocol at ``place``; the union is made by ``update``, where there is one."""

    place: Endpoint
    handshake: Handshake
    update: Update | None
    batch: int = 16 * 2**20

    def replace(self, graph: str, parts: Iterable[bytes]) -> None:
        """See ``Writer``."""
        for i, part in enumerate(parts):
            self._send("POST" if i else "PUT", graph, part)

    def delete(self, graph: str) -> None:
        """See ``Writer``."""
        self._send("DELETE", graph, None)

    def unite(self, union: str, graphs: Mapping[str, Path]) -> None:
        """See ``Writer``. Without an update operation the blank nodes of the union are not those of the graphs."""
        if self.update is not None:
            self.update.unite(union, graphs)
            return
        for i, graph in enumerate(sorted(graphs)):
            self._send("POST" if i else "PUT", union, graphs[graph].read_bytes())

    def _send(self, method: str, graph: str, body: bytes | None) -> None:
        def work(call: Call) -> None:
            url = f"{self.place.query}?graph={quote(graph, safe='')}"
            request = urllib.request.Request(url, body, method=method, headers={"User-Agent": AGENT})
            if body is not None:
                request.add_header("Content-Type", "application/n-triples")
            if self.place.token:
                request.add_header("Authorization", f"Bearer {self.place.token}")
            through = opener(self.place, call, self.handshake)
            with contextlib.closing(send(lambda seconds: through.open(request, timeout=seconds), call)) as response:
                response.read()

        _carried_out(self.place.query, work, missing_is_fine=method == "DELETE")


def _carried_out(url: str, work: Callable[[Call], None], *, missing_is_fine: bool = False) -> None:
    """Do what writes, and once more after a failure that may pass: each of them can be done twice."""
    for last in (False, False, True):
        try:
            work(Call(SECONDS))
            return
        except Missing as error:
            if missing_is_fine:
                return
            raise EngineFault(f"{url}: {error}") from None
        except Passing as error:
            if last:
                raise EngineUnavailable(f"{url}: {error}") from None
            time.sleep(0.5)
        except EngineFault as error:
            raise EngineFault(f"{url}: {error}") from None
        except Rejected as error:
            raise EngineFault(f"{url} refuses what is written: {str(error)[:300]}") from None
        except TooLate:
            raise EngineUnavailable(f"{url} does not answer within {SECONDS:g} seconds.") from None


def writer(endpoint: Endpoint, *, store: str | None = None, update: str | None = None, how: str = "auto") -> Writer:
    """Return a way to write that works: a graph written by it can be asked for at the endpoint.

    ``store`` and ``update`` are the addresses of the graph store and of the update operation; without them the places
    where known stores have theirs are tried. ``how`` is ``graph-store``, ``update`` or ``auto``, which prefers the
    graph store. Raises ``EngineUnavailable`` when the endpoint cannot be reached, and ``EngineFault``, which says what
    was tried, when nothing works.
    """
    select(endpoint, "SELECT (1 AS ?one) {}", SECONDS, {})
    stores, updates = _places(endpoint.query)
    tried: list[str] = []
    handshake = Handshake()
    by_update = [Update(replace(endpoint, query=url), handshake) for url in ([update] if update else updates)]
    working = next((w for w in by_update if _works(endpoint, w, tried)), None)
    if how == "update" and working:
        return working
    if how != "update":
        places = [replace(endpoint, query=url) for url in ([store] if store else stores)]
        found = next((w for p in places if _works(endpoint, w := GraphStore(p, handshake, working), tried)), None)
        if chosen := found or (working if how == "auto" else None):
            return chosen
    raise EngineFault(f"{endpoint.query} cannot be written to. " + " ".join(tried))


def _places(query: str) -> tuple[list[str], list[str]]:
    for pattern, updates, stores in _PLACES:
        if re.search(pattern, query):
            return [re.sub(pattern, s, query) for s in stores], [re.sub(pattern, u, query) for u in updates]
    return [], [query]


def _works(endpoint: Endpoint, writer: Writer, tried: list[str]) -> bool:
    """Write a graph with one triple, ask for it, and remove it."""
    try:
        writer.replace(_PROBE, [f"<{_PROBE}> <{_PROBE}> <{_PROBE}> .\n".encode()])
        found = select(endpoint, "SELECT ?s { ?s ?p ?o }", SECONDS, {"default-graph-uri": [_PROBE]})
        writer.delete(_PROBE)
    except EngineError as error:
        tried.append(str(error))
        return False
    if found != [(_PROBE,)]:
        tried.append("What was written there does not show at the endpoint.")
    return found == [(_PROBE,)]
