"""Pages of the data catalogue, of the list of releases, and of one release: its files, and what changed in it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyoxigraph as ox
from starlette.requests import Request

from evidensgraf.graph.changes import ADDED, KINDS, REMOVED
from evidensgraf.graph.crate import CRATE
from evidensgraf.graph.describe import DATASET, TEXTS
from evidensgraf.graph.dumps import GZIP, STEM
from evidensgraf.graph.publish import SUMS
from evidensgraf.graph.release import CHANGES, DESCRIPTION, Release, release_iri
from evidensgraf.ontology.namespaces import EV, ID, PREFIXES, expand
from evidensgraf.service import comparison, i18n, records
from evidensgraf.service.comparison import linked, marked
from evidensgraf.service.dcat import CATALOG
from evidensgraf.service.facts import Text
from evidensgraf.service.paths import base_path
from evidensgraf.service.rendering import View
from evidensgraf.service.responses import engine_of, release_of

SHOWN_CHANGES = 50
"""How many resources of one kind are listed under each kind of change; ``changes.json`` has all of them."""
_FILES = {
    ADDED: "files.added",
    REMOVED: "files.removed",
    CHANGES: "files.changes",
    DESCRIPTION: "files.description",
    CRATE: "files.crate",
    SUMS: "files.sums",
}
_FORMATS = (("Turtle", "text/turtle", "ttl"), ("JSON-LD", "application/ld+json", "jsonld"))


async def catalogue(request: Request, triples: Sequence[ox.Triple], lang: str) -> str:
    """Return the page of the data catalogue."""
    view, served = View(request, lang), release_of(request)
    contact = next(iter(_iris(triples, f"{CATALOG}#contact", "http://www.w3.org/2006/vcard/ns#hasEmail")), None)
    services = [
        {
            "title": _text(triples, iri, "dcterms:title"),
            "description": _text(triples, iri, "dcterms:description"),
            "address": view.url(path),
            "description_of": view.url(described),
        }
        for iri, path, described in (
            (f"{CATALOG}#sparql", "/sparql", "/sparql?format=ttl"),
            (f"{CATALOG}#api", "/api/v1/api-info", "/api/v1/openapi.json"),
        )
    ]
    publishers = _iris(triples, CATALOG, expand("dcterms:publisher"))
    return view.render(
        "catalog.html",
        catalogue={name: _text(triples, CATALOG, f"dcterms:{name}") for name in ("title", "description")},
        dataset={name: _text(triples, DATASET, f"dcterms:{name}") for name in ("title", "description")},
        dataset_iri=DATASET,
        keywords=_texts(triples, DATASET, "dcat:keyword", lang),
        publisher=_text(triples, publishers[0], "foaf:name") if publishers else None,
        services=services,
        contact=contact and contact.removeprefix("mailto:"),
        current_release=_summary(view, served),
        files=[file for file in _files(view, served) if file["dump"]],
        formats=_formats(view, "/catalog"),
    )


async def releases(request: Request, found: Sequence[Release], recorded: Sequence[str], lang: str) -> str:
    """Return the page that lists the releases; ``recorded`` are the ids of those that the graph knows of."""
    view = View(request, lang)
    rows = {r.id: _summary(view, r) for r in found}
    listed = [rows.get(name) or {"id": name, "here": False} for name in sorted({*rows, *recorded}, reverse=True)]
    formats = [("JSON", "application/json", view.url("/releases", format="json")), *_formats(view, "/releases")]
    return view.render("releases.html", releases=listed, served=release_of(request).id, formats=formats)


async def release(request: Request, found: Release | None, name: str, triples: Sequence[ox.Triple], lang: str) -> str:
    """Return the page of a release; ``found`` is None for one that is known by name, and whose files are not here."""
    view = View(request, lang, await records.labels(engine_of(request)))
    prior = _iris(triples, release_iri(name), expand("dcat:previousVersion"))
    changes = await asyncio.to_thread(_changes, found) if found else None
    values = {
        "name": name,
        "iri": release_iri(name),
        "served": release_of(request).id,
        "prior": prior[0].rpartition("/")[2] if prior else None,
        "citation": _text(triples, release_iri(name), "dcterms:bibliographicCitation"),
        "summary": _summary(view, found) if found else None,
        "files": _files(view, found) if found else [],
        "changes": changes and _told(view, changes),
        "kinds": KINDS,
        "most": SHOWN_CHANGES,
    }
    return view.render("release.html", formats=_formats(view, f"/releases/{name}"), **values)


def _formats(view: View, path: str) -> list[tuple[str, str, str]]:
    return [(name, media_type, view.url(path, format=suffix)) for name, media_type, suffix in _FORMATS]


def _summary(view: View, release: Release) -> dict[str, Any]:
    manifest = release.manifest
    ontology, changes = str(manifest.get("ontology") or ""), manifest.get("changes")
    return {
        "id": release.id,
        "here": True,
        "sha256": release.digest,
        "quads": view.num(manifest["quads"]),
        "graphs": len(release.graphs),
        "ontology": ontology.removeprefix(EV).strip("/"),
        "ontology_address": view.url(f"/def/{ontology.removeprefix(EV)}") if ontology.startswith(EV) else None,
        "changes": {kind: view.num(n) for kind, n in changes["resources"].items()} if changes else None,
        "prior": (manifest.get("prior") or {}).get("id"),
    }


def _files(view: View, release: Release) -> list[dict[str, Any]]:
    """Return the files of a release for a table, the dumps first."""
    place = f"{base_path(view.request)}/releases/{release.id}/"
    rows = [
        {
            "name": file.name,
            "address": place + file.name,
            "media_type": file.media_type,
            "compressed": file.encoding is not None,
            "dump": file.name.startswith(f"{STEM}."),
            "what": _what(view, file.name.removesuffix(GZIP)),
            "size": _size(file.size, view.lang),
            "sha256": file.sha256,
        }
        for file in release.files.values()
    ]
    return sorted(rows, key=lambda row: (not row["dump"], row["name"]))


def _what(view: View, name: str) -> str:
    if name in _FILES:
        return view.t(_FILES[name])
    return TEXTS[name.rpartition(".")[2]][view.lang]


def _size(size: int, lang: str) -> str:
    """Return a number of bytes as people read it.

    >>> _size(24_935_887, "sv")
    '24,9\\xa0MB'
    """
    power, unit = next((p, u) for p, u in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")) if size >= p or p == 1)
    return f"{i18n.number(round(size / power, 1), lang)}{i18n.NBSP}{unit}"


def _changes(release: Release) -> dict[str, Any] | None:
    if CHANGES not in release.files:
        return None
    found: dict[str, Any] = json.loads((release.path / CHANGES).read_bytes())
    return found


def _told(view: View, changes: dict[str, Any]) -> dict[str, Any]:
    """Return changes grouped by what happened and by class, the largest class first, each list cut for the page."""
    groups: dict[str, dict[str, list[dict[str, Any]]]] = {kind: {} for kind in KINDS}
    for entry in changes["resources"]:
        groups[entry["change"]].setdefault(entry["type"] or "", []).append(entry)
    told = {}
    for kind, classes in groups.items():
        ordered = sorted(classes.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        told[kind] = [
            {"type": _class(view, name), "count": len(entries), "entries": [_named(e) for e in entries[:SHOWN_CHANGES]]}
            for name, entries in ordered
        ]
    totals = Counter(entry["change"] for entry in changes["resources"])
    said = "differences" in changes  # a release that was made before 0.4.0 does not have them
    return {
        "prior": changes["prior"]["id"],
        "quads": changes["quads"],
        "totals": totals,
        "groups": told,
        "told": comparison.told(changes, view.lang, marked(view.lang, linked(view.href, changes))) if said else None,
        "rest": comparison.rest(changes, view.lang) if said else [],
    }


def _class(view: View, name: str) -> Text | None:
    return view.name(expand(name)) if name.partition(":")[0] in PREFIXES else None


def _named(entry: dict[str, Any]) -> dict[str, Any]:
    short = entry["id"].removeprefix(ID).removeprefix(EV)
    return {**entry, "label": entry.get("label") or {"und": short}}


def _objects(triples: Sequence[ox.Triple], subject: str, predicate: str) -> list[Any]:
    node, link = ox.NamedNode(subject), ox.NamedNode(predicate)
    return [t.object for t in triples if t.subject == node and t.predicate == link]


def _iris(triples: Sequence[ox.Triple], subject: str, predicate: str) -> list[str]:
    return sorted(o.value for o in _objects(triples, subject, predicate) if isinstance(o, ox.NamedNode))


def _text(triples: Sequence[ox.Triple], subject: str, predicate: str) -> Text:
    found = _objects(triples, subject, expand(predicate))
    return {o.language or "und": o.value for o in found if isinstance(o, ox.Literal)}


def _texts(triples: Sequence[ox.Triple], subject: str, predicate: str, lang: str) -> list[str]:
    found = _objects(triples, subject, expand(predicate))
    return sorted(o.value for o in found if isinstance(o, ox.Literal) and o.language == lang)
