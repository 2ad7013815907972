"""What a worker does: evaluate one query over the store and serialise the whole answer, within rows and size."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from evidensgraf.ontology.namespaces import BASE, PREFIXES

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_RESULTS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
_GRAPHS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
}

# How many solutions a serialised result has at most, which is found fast: a separator of rows that stands in a quoted
# value counts too. Where that is possible, a pattern tells the two apart; the second number is what rows have more.
_AT_MOST: dict[str, tuple[bytes, int]] = {
    "application/sparql-results+json": (b"},{", 1),
    "application/sparql-results+xml": (b"<result>", 0),
    "text/csv": (b"\n", -1),
    "text/tab-separated-values": (b"\n", -1),
}
_QUOTED_OR_SEPARATOR = {
    "application/sparql-results+json": re.compile(rb'"(?:[^"\\]|\\.)*+"|\},\{', re.DOTALL),
    "text/csv": re.compile(rb'"[^"]*+"|\n'),
}
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|<oxprefix:[\s>]")


_NAMES = tuple(f"{prefix}:" for prefix in PREFIXES)


class _Inexpressible(Exception):
    """The answer has a character, a term, or a predicate without a local name, that the format cannot hold."""


class _Full(Exception):
    """The answer grew past ``limit``."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class _Spool(io.BytesIO):
    """A buffer that refuses to grow past a size in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left = size

    def write(self, data: Buffer) -> int:
        """Append bytes; raise ``_Full`` when there is no room for them."""
        written = super().write(data)
        self.left -= written
        if self.left < 0:
            raise _Full("size_mb")
        return written


def answer(store: ox.Store, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Answer one request.

    ``request`` has ``query``, ``media_type``, ``default_graphs``, ``named_graphs``, ``union`` (the default graph
    is the union of all graphs, unless the query has a dataset of its own), ``rows`` and ``size_mb``.
    Returns a header, ``{"ok": true}`` or ``{"error": kind, …}``, and the answer's bytes.
    """
    return reported(lambda: _evaluate(store, request))


def reported(make: Callable[[], bytes]) -> tuple[dict[str, Any], bytes]:
    """Make an answer, and return it with a header that says how that went; see ``answer``."""
    try:
        return {"ok": True}, make()
    except SyntaxError as error:
        return {"error": "syntax", "message": str(error)}, b""
    except _Inexpressible:
        return {"error": "format"}, b""
    except _Full as full:
        return {"error": "limit", "limit": full.limit}, b""
    except MemoryError:
        return {"error": "limit", "limit": "memory_mb"}, b""
    except (OSError, ValueError, RuntimeError) as error:
        return {"error": "evaluation", "message": str(error)}, b""


def _evaluate(store: ox.Store, request: dict[str, Any]) -> bytes:
    default = [ox.NamedNode(g) for g in request["default_graphs"]]
    named = [ox.NamedNode(g) for g in request["named_graphs"]]
    dataset: dict[str, Any] = {"use_default_graph_as_union": request["union"]}
    if default or named:  # SPARQL 1.1 Protocol §2.1.4: what is not named is empty
        dataset = {"default_graph": default, "named_graphs": named}
    prefixes = PREFIXES if any(name in request["query"] for name in _NAMES) else None
    results = store.query(request["query"], base_iri=BASE, prefixes=prefixes, **dataset)
    return serialise(results, request["media_type"], request["rows"], request["size_mb"])


def serialise(
    results: ox.QuerySolutions | ox.QueryBoolean | Iterable[ox.Triple], media_type: str, rows: int, size_mb: int
) -> bytes:
    """Return results in a media type; to be called by ``reported``, which knows what is raised past a limit."""
    spool = _Spool(size_mb * 2**20)
    if isinstance(results, (ox.QuerySolutions, ox.QueryBoolean)):
        results.serialize(spool, format=_RESULTS[media_type])
    else:
        try:
            ox.serialize(_capped(results, rows), spool, format=_GRAPHS[media_type], prefixes=PREFIXES)
        except OSError as error:  # triple terms and base directions, which JSON-LD 1.1 does not have
            raise _Inexpressible from error
    body = spool.getvalue()
    if media_type.endswith("xml"):
        body = _well_formed(body)
    if isinstance(results, ox.QuerySolutions):
        _count_rows(body, media_type, rows)
    return body


def _well_formed(body: bytes) -> bytes:
    """Return XML with its carriage returns kept (XML 1.0 §2.11), or refuse what XML cannot hold (§2.2)."""
    if _NOT_XML.search(body):
        raise _Inexpressible
    return body.replace(b"\r", b"&#13;")


def _capped(triples: Iterable[ox.Triple], rows: int) -> Iterator[ox.Triple]:
    for count, triple in enumerate(triples, start=1):
        _refuse_more_than(rows, count)
        yield triple


def _count_rows(body: bytes, media_type: str, rows: int) -> None:
    separator, more = _AT_MOST[media_type]
    if body.count(separator) + more <= rows:
        return
    pattern = _QUOTED_OR_SEPARATOR.get(media_type, re.compile(separator))
    for count, _ in enumerate((m for m in pattern.finditer(body) if m[0] == separator), start=1 + more):
        _refuse_more_than(rows, count)


def _refuse_more_than(rows: int, count: int) -> None:
    if count > rows:
        raise _Full("rows")
