"""The RO-Crate of a release: its directory described for those who archive research data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from evidensgraf.graph.describe import DATASET, LICENSE, About
from evidensgraf.graph.release import ReleaseFile, release_iri

CRATE = "ro-crate-metadata.json"
"""The name of the metadata file (RO-Crate 1.1 §3)."""
_VERSION = "https://w3id.org/ro/crate/1.1"
_GZIP = "https://www.nationalarchives.gov.uk/PRONOM/x-fmt/266"


def crate(about: About, files: Sequence[ReleaseFile]) -> bytes:
    """Return the metadata of a release with its files as RO-Crate 1.1 (https://w3id.org/ro/crate/1.1), in JSON-LD.

    It has the files that are there when it is written, each with its size and SHA-256.
    """
    entities = [*_descriptor(), _root(about, files), *_context(about), *map(_file, files)]
    return (
        json.dumps({"@context": f"{_VERSION}/context", "@graph": entities}, ensure_ascii=False, indent=1).encode()
        + b"\n"
    )


def _descriptor() -> Iterator[dict[str, Any]]:
    yield {
        "@id": CRATE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": _VERSION},
        "about": {"@id": "./"},
        "license": {"@id": LICENSE},
    }


def _root(about: About, files: Sequence[ReleaseFile]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": about.text("title", "en"),
        "description": about.value(DATASET, "dcterms:description", "en") or about.text("description", "en"),
        "datePublished": about.id,
        "version": about.id,
        "inLanguage": ["sv", "en"],
        "license": {"@id": LICENSE},
        "identifier": release_iri(about.id),
        "url": release_iri(about.id),
        "creditText": about.text("citation", "en"),
        "isPartOf": {"@id": DATASET},
        "hasPart": [{"@id": file.name} for file in files],
    }
    if about.publisher:
        found |= {"author": {"@id": about.publisher}, "publisher": {"@id": about.publisher}}
    if about.prior_id:
        found["isBasedOn"] = {"@id": release_iri(about.prior_id)}
    return found


def _context(about: About) -> Iterator[dict[str, Any]]:
    yield {"@id": LICENSE, "@type": "CreativeWork", "name": "Creative Commons Attribution 4.0 International"}
    yield {
        "@id": DATASET,
        "@type": "CreativeWork",
        "name": about.value(DATASET, "dcterms:title", "en") or "Evidensgraf",
    }
    yield {"@id": _GZIP, "@type": "WebSite", "name": "GZIP Format"}
    if about.publisher:
        name = about.value(about.publisher, "foaf:name", "en") or "Evidensgraf"
        yield {"@id": about.publisher, "@type": "Organization", "name": name, "url": about.publisher}
    if about.prior_id:
        yield {"@id": release_iri(about.prior_id), "@type": "CreativeWork", "name": f"Release {about.prior_id}"}


def _file(file: ReleaseFile) -> dict[str, Any]:
    return {
        "@id": file.name,
        "@type": "File",
        "name": file.name,
        "encodingFormat": ["application/gzip", {"@id": _GZIP}] if file.encoding else file.media_type,
        "contentSize": str(file.size),
        "sha256": file.sha256,
        "license": {"@id": LICENSE},
    }
