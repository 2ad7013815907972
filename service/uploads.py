"""Receiving drafts: larger than other bodies, so only so many at once; and the parts of a form that has one."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive, Scope

from evidensgraf.graph.engine import EngineBusy
from evidensgraf.service.bounds import read_body
from evidensgraf.service.problems import Problem, of_engine
from evidensgraf.service.serving import KEY

PATHS = ("/api/v1/checks", "/check")
"""Where drafts are sent."""
MOST_PARTS = 10
"""Most parts of a form."""
AROUND = 10_000
"""How much larger than a draft the form that it comes in may be, in bytes."""


def is_draft(scope: Scope) -> bool:
    """Return whether a request brings a draft."""
    return scope["method"] == "POST" and str(scope["path"]).removeprefix(scope.get("root_path", "")) in PATHS


async def receive_draft(scope: Scope, receive: Receive) -> bytes | None:
    """Return the body of a request that brings a draft, or None when its client went away; see ``bounds.read_body``."""
    largest: int = scope["app"].state.settings.check_mb
    try:
        return await read_body(receive, largest * 1_000_000 + AROUND)
    except Problem as error:
        if error.type.name != "content-too-large":
            raise
        detail = {"sv": f"Ett utkast får vara högst {largest} MB.", "en": f"A draft may be at most {largest} MB."}
        raise Problem("draft-too-large", detail, headers=error.headers) from None


@contextlib.asynccontextmanager
async def place(scope: Scope) -> AsyncIterator[None]:
    """Hold a place for drafts while one is received and checked; raises ``Problem`` (503) when all are taken."""
    places = scope[KEY].uploads
    try:
        await places.enter()
    except EngineBusy as error:
        raise of_engine(error) from None
    try:
        yield
    finally:
        places.leave()


@dataclass
class Part:
    """One part of a form (RFC 7578): its name, the name of its file (none for a field), its media type and content."""

    name: str = ""
    filename: str = ""
    media_type: str = ""
    content: bytearray = field(default_factory=bytearray)


def read_form(body: bytes, content_type: str) -> dict[str, Part]:
    """Return the parts of a form by name, all in memory; the first of each name counts.

    Raises ``Problem`` (400) for what is not such a form.
    """
    _, options = parse_options_header(content_type)
    parts: list[Part] = []
    header = [bytearray(), bytearray()]

    def begin() -> None:
        if len(parts) == MOST_PARTS:
            raise MultipartParseError("too many parts")
        parts.append(Part())

    def ended() -> None:
        _note(parts[-1], bytes(header[0]), bytes(header[1]))
        header[0].clear()
        header[1].clear()

    try:
        parser = MultipartParser(
            options.get(b"boundary", b""),
            {
                "on_part_begin": begin,
                "on_header_field": lambda data, start, end: header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: header[1].extend(data[start:end]),
                "on_header_end": ended,
                "on_part_data": lambda data, start, end: parts[-1].content.extend(data[start:end]),
            },
        )
        parser.write(body)
        parser.finalize()
    except MultipartParseError as error:
        raise _not_a_form() from error
    return {part.name: part for part in reversed(parts)}


def _note(part: Part, name: bytes, value: bytes) -> None:
    match name.lower():
        case b"content-disposition":
            _, options = parse_options_header(value)
            part.name, part.filename = (
                options.get(key, b"").decode("utf-8", "replace") for key in (b"name", b"filename")
            )
        case b"content-type":
            part.media_type = value.decode("latin-1")


def _not_a_form() -> Problem:
    sv = "Formuläret kan inte läsas. Skicka det som multipart/form-data med utkastet i delen draft."
    en = "The form cannot be read. Send it as multipart/form-data, with the draft in the part draft."
    return Problem("bad-request", {"sv": sv, "en": en})
