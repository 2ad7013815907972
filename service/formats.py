"""The forms in which the command line prints the answer to a query."""

from __future__ import annotations

FORMATS: dict[str, tuple[str, str]] = {
    "table": ("text/tab-separated-values", "text/turtle"),
    "json": ("application/sparql-results+json", "application/ld+json"),
    "xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "csv": ("text/csv", "text/turtle"),
    "tsv": ("text/tab-separated-values", "application/n-triples"),
}
"""Output format → media type for SELECT and ASK, and for CONSTRUCT and DESCRIBE."""
