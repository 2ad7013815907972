"""The answer of an endpoint while it is read: within its deadline and size, whole or not at all, in its own dialect."""

from __future__ import annotations

import http.client
import io
import re
from collections.abc import Callable, Iterator

import pyoxigraph as ox

from evidensgraf.graph.endpoint import Call, Passing, Response
from evidensgraf.graph.engine import EngineFault

ACCEPT_RESULTS = "application/sparql-results+json, application/sparql-results+xml;q=0.5"
"""What is asked for with SELECT and ASK."""
ACCEPT_GRAPH = "application/n-triples, text/turtle;q=0.7, application/rdf+xml;q=0.3"
"""What is asked for with CONSTRUCT and DESCRIBE."""
_MAX_ROWS = "X-SPARQL-MaxRows"
_PARTIAL = ("X-SQL-State", "X-SPARQL-Anytime")
_CUT = "The endpoint has cut its answer short{why}. Ask for less at a time; a part of an answer is never passed on."
_CHUNK = 1 << 16

_XSD = rb"http://www\.w3\.org/2001/XMLSchema#"
_TYPED = rb'("datatype"\s*:\s*"' + _XSD + rb'%b"\s*,\s*"value"\s*:\s*")'
_Mends = tuple[tuple[re.Pattern[bytes], bytes | Callable[[re.Match[bytes]], bytes]], ...]
_LONGEST = 160
"""Longest text that is mended, in bytes: so much is held back at the end of what has come."""


class Oversized(Exception):
    """More bytes came than the caller takes."""


class Incoming:
    """A response as the file that a parser reads: it has bounds, and its end is only its end when all of it came."""

    def __init__(self, response: Response, call: Call, size: int) -> None:
        self.response, self.call, self.left = response, call, size
        self.failure: Exception | None = None
        length = response.headers.get("Content-Length", "")
        self.missing = int(length) if length.isdigit() else None
        self._ready, self._kept, self._ended = io.BytesIO(), b"", False
        self._mends = _IN_JSON if "json" in (response.headers.get("Content-Type") or "") else _IN_TRIPLES

    @property
    def delimited(self) -> bool:
        """Whether the end of the response can be told from a lost connection (RFC 9112 §6.3)."""
        return self.missing is not None or "chunked" in self.response.headers.get("Transfer-Encoding", "").lower()

    def read(self, amount: int = -1) -> bytes:
        """Return some bytes, none at the end. Raises ``OSError``; ``failure`` then has the reason."""
        try:
            return self._read(amount if amount > 0 else _CHUNK)
        except Exception as error:
            self.failure = error
            raise OSError(str(error)) from error

    def _read(self, amount: int) -> bytes:
        while not (found := self._ready.read(amount)) and not self._ended:
            self._kept += self._more()
            for wrong, right in self._mends:
                self._kept = wrong.sub(right, self._kept)
            end = len(self._kept) if self._ended else max(0, len(self._kept) - _LONGEST)
            self._ready, self._kept = io.BytesIO(self._kept[:end]), self._kept[end:]
        return found

    def _more(self) -> bytes:
        self.call.left()
        try:
            data = self.response.read(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            self.call.left()
            raise Passing("The connection to the endpoint was lost before its answer was whole.") from error
        if self.missing is not None:
            self.missing -= len(data)
        if not data:
            self._ended = True
            if self.missing:
                raise Passing("The connection to the endpoint was lost before its answer was whole.")
        self.left -= len(data)
        if self.left < 0:
            raise Oversized
        return data


def _boolean(match: re.Match[bytes]) -> bytes:
    return match[1] + (b"true" if match[2] == b"1" else b"false")


def _duration(match: re.Match[bytes]) -> bytes:
    """Return a number of months as the lexical form of a duration (XML Schema 1.1 Part 2, §3.3.6)."""
    years, months = divmod(int(match[3]), 12)
    parts = [b"%dY" % years if years else b"", b"%dM" % months if months or not years else b""]
    return b"".join([match[1], match[2], b"P", *parts])


# Virtuoso: blank nodes as nodeID:// IRIs; booleans as 0 and 1; durations as their number of months.
_IN_JSON: _Mends = (
    (re.compile(rb'("type"\s*:\s*"bnode"\s*,\s*"value"\s*:\s*")nodeID://'), rb"\1"),
    (re.compile(_TYPED % b"boolean" + rb'([01])(?=")'), _boolean),
    (re.compile(_TYPED % b"duration" + rb'(-?)(\d{1,9})(?=")'), _duration),
)
_IN_TRIPLES: _Mends = ((re.compile(rb'(")(-?)(\d{1,9})(?="\^\^<' + _XSD + rb"duration>)"), _duration),)


def refuse_partial(headers: http.client.HTTPMessage) -> None:
    """Raise ``EngineFault`` when an endpoint says that its answer is a part (Virtuoso's anytime queries)."""
    for name in _PARTIAL:
        if headers.get(name, "").strip():
            raise EngineFault(_CUT.format(why=f" ({name}: {headers[name]})"))


def declared_cap(headers: http.client.HTTPMessage) -> int | None:
    """Return the number of rows at which an endpoint says that it stops, or None (Virtuoso's ``ResultSetMaxRows``)."""
    said = headers.get(_MAX_ROWS, "")
    return int(said) if said.isdigit() else None


def cut_at(rows: int) -> EngineFault:
    """Return the error of an answer that an endpoint ended at its own cap of rows."""
    return EngineFault(_CUT.format(why=f": it gives at most {rows} rows"))


def solutions(incoming: Incoming) -> ox.QuerySolutions | ox.QueryBoolean:
    """Return the results in a response, to be read on. Raises ``EngineFault`` when it is no SPARQL result."""
    found = ox.QueryResultsFormat.from_media_type(_media_type(incoming))
    if found is None:
        raise _not_sparql(incoming)
    return ox.parse_query_results(incoming, format=found)  # type: ignore[arg-type]


def triples(incoming: Incoming) -> Iterator[ox.Triple]:
    """Return the triples in a response, to be read on. Raises ``EngineFault`` when it is no RDF."""
    media_type = _media_type(incoming)
    found = ox.RdfFormat.TURTLE if media_type == "text/plain" else ox.RdfFormat.from_media_type(media_type)
    if found is None:
        raise _not_sparql(incoming)
    if not incoming.delimited:
        raise EngineFault("The endpoint does not say where its answer ends, so that it may not be whole.")
    return (quad.triple for quad in ox.parse(incoming, format=found))  # type: ignore[arg-type]


def _media_type(incoming: Incoming) -> str:
    return incoming.response.headers.get_content_type()


def _not_sparql(incoming: Incoming) -> EngineFault:
    return EngineFault(f"The endpoint answers with {_media_type(incoming)}, which is not an answer to a SPARQL query.")


def as_boolean(results: ox.QuerySolutions | ox.QueryBoolean) -> ox.QueryBoolean:
    """Return the answer to ASK; Virtuoso gives it as a row with 1 or 0."""
    if isinstance(results, ox.QueryBoolean):
        return results
    values = [getattr(solution[0], "value", "") for solution in results]
    truth = values in (["1"], ["true"])
    found = ox.Store().query("ASK {}" if truth else "ASK { FILTER(false) }")
    assert isinstance(found, ox.QueryBoolean)
    return found
