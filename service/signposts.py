"""FAIR Signposting (https://signposting.org/FAIR/): typed links in headers (level 1) and in linksets (level 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evidensgraf.service.negotiation import Variant
from evidensgraf.service.responses import LICENSE, json_bytes, link

LINKSET_JSON = Variant("application/linkset+json", "json")
LINKSET = Variant("application/linkset", "txt")
LINKSETS: tuple[Variant, ...] = (
    LINKSET_JSON,
    LINKSET,
    Variant("application/json", "json", source="application/linkset+json", alias=True),
)
"""The two representations of a linkset (RFC 9264 §4), in the server's order of preference."""
ABOUT_PAGE = "https://schema.org/AboutPage"
"""What a page about a thing is, to the ``type`` relation."""
COLLECTION_PAGE = "https://schema.org/CollectionPage"
"""What a page that lists things is, to the ``type`` relation."""


@dataclass(frozen=True)
class Signpost:
    """One typed link: its target (URI reference), its relation (RFC 8288) and its target's media type, if known."""

    target: str
    rel: str
    type: str = ""

    def __str__(self) -> str:
        return link(self.target, self.rel, **({"type": self.type} if self.type else {}))


@dataclass(frozen=True)
class Landing:
    """A page about a thing, as signposts see it.

    ``path`` is its address, ``iri`` that of the thing, ``places`` the addresses of its variants by short name,
    ``variants`` those variants, ``types`` the classes of the thing, ``collection`` the address of the list that it is
    in, ``linkset`` that of its links, ``described_by`` that of what is said of the thing where its RDF is the thing
    itself, and ``items`` those of what it lists, which stand in the linkset only.
    """

    path: str
    iri: str
    places: Mapping[str, str]
    variants: Sequence[Variant]
    types: Sequence[str] = ()
    collection: str = ""
    linkset: str = ""
    page_type: str = ABOUT_PAGE
    described_by: str = ""
    items: Sequence[str] = ()

    def links(self, variant: Variant) -> list[Signpost]:
        """Return the links of one of the variants, without those to its linkset."""
        shown = [v for v in self.variants if not v.alias]
        found = [Signpost(self.places[v.name], "alternate", v.media_type) for v in shown if v != variant]
        if variant.name == "html":
            found += [Signpost(self.places[v.name], "describedby", v.media_type) for v in shown if v != variant]
            found += [Signpost(kind, "type") for kind in (self.page_type, *self.types)]
            found += [Signpost(self.collection, "collection", "text/html")] if self.collection else []
        else:
            found.append(Signpost(self.path, "describes", "text/html"))
            found += [Signpost(self.described_by, "describedby", "text/turtle")] if self.described_by else []
        return [*found, Signpost(self.iri, "cite-as"), Signpost(LICENSE, "license")]

    def header(self, variant: Variant) -> list[str]:
        """Return the values of ``Link`` of one of the variants (level 1)."""
        own = [Signpost(f"{self.linkset}.{v.name}", "linkset", v.media_type) for v in (LINKSET_JSON, LINKSET)]
        return [str(signpost) for signpost in (*self.links(variant), *(own if self.linkset else []))]

    def contexts(self) -> dict[str, list[Signpost]]:
        """Return the links of all variants by address (level 2): the page, and each representation for machines."""
        found = {self.places[v.name]: self.links(v) for v in self.variants if not v.alias and v.name != "html"}
        page = next(v for v in self.variants if v.name == "html")
        return {self.path: [*self.links(page), *(Signpost(i, "item", "text/html") for i in self.items)], **found}


def linkset(contexts: Mapping[str, Iterable[Signpost]], variant: Variant) -> bytes:
    """Return a linkset in one of ``LINKSETS``: the links of each context by its address (RFC 9264 §4.1, §4.2)."""
    if variant.name == LINKSET.name:
        lines = [f'{signpost}; anchor="{anchor}"' for anchor, found in contexts.items() for signpost in found]
        return (",\n".join(lines) + "\n").encode()
    listed = []
    for anchor, found in contexts.items():
        context: dict[str, object] = {"anchor": anchor}
        for signpost in found:
            target = {"href": signpost.target} | ({"type": signpost.type} if signpost.type else {})
            context.setdefault(signpost.rel, []).append(target)  # type: ignore[attr-defined]
        listed.append(context)
    return json_bytes({"linkset": listed})
