"""Files of a release over HTTP: whole or in part, with their digest, and the same for ever at their address."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Sequence
from email.utils import format_datetime
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from evidensgraf.graph.release import MANIFEST, Release, ReleaseFile, release_iri, sha256
from evidensgraf.service.problems import Problem
from evidensgraf.service.responses import IMMUTABLE, LICENSE, conditional, link, released

CHUNK = 2**18
"""How much of a file is read at a time, in bytes."""
_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)


def file_of(release: Release, name: str) -> ReleaseFile | None:
    """Return a file that a release offers, its manifest included, or None."""
    if name == MANIFEST:
        path = release.path / MANIFEST
        return ReleaseFile(MANIFEST, path.stat().st_size, sha256(path), "application/json")
    return release.files.get(name)


def send(
    request: Request, release: Release, file: ReleaseFile, *, location: str | None = None, links: Sequence[str] = ()
) -> Response:
    """Answer with a file, or with the part of it that ``Range`` asks for (RFC 9110 §14).

    The validator is strong and of the file's content, whatever release is served; ``Repr-Digest`` (RFC 9530) is that of
    the whole file. A request for several parts gets the whole. A file that is compressed is sent as what it is
    (``application/gzip``), so that it is saved as its name says. Raises ``Problem`` (412, 416).
    """
    plain = file.media_type if file.encoding is None else f"application/{file.encoding}"
    headers = {
        "Cache-Control": IMMUTABLE,
        "ETag": f'"{file.sha256[:32]}"',
        "Last-Modified": format_datetime(released(release), usegmt=True),
        "Accept-Ranges": "bytes",
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(file.sha256)).decode()}:",
        "Link": ", ".join([link(release_iri(release.id), "cite-as"), link(LICENSE, "license"), *links]),
    }
    if location:
        headers["Content-Location"] = location
    if ready := conditional(request, headers):
        return ready
    start, end = _part(request, headers, file.size) or (0, file.size)
    if (start, end) != (0, file.size):
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    headers["Content-Length"] = str(end - start)
    status = 206 if "Content-Range" in headers else 200
    content_type = f"{plain}; charset=utf-8" if plain.startswith("text/") else plain
    if request.scope.get("head"):
        return Response(status_code=status, headers=headers, media_type=content_type)
    body = _read(release.path / file.name, start, end)
    return StreamingResponse(body, status, headers, content_type)


def _part(request: Request, headers: dict[str, str], size: int) -> tuple[int, int] | None:
    """Return the first byte asked for and the one after the last, or None where the whole is to be sent."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    condition = request.headers.get("if-range", headers["ETag"])
    if not match or not (match[1] or match[2]) or condition not in (headers["ETag"], headers["Last-Modified"]):
        return None
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
        if match[2] and int(match[2]) < int(match[1]):
            return None  # not a range at all (RFC 9110 §14.1.1), and to be ignored
    else:
        start, end = max(size - int(match[2]), 0), size
    if start >= end:
        raise Problem("range-not-satisfiable", headers={"Content-Range": f"bytes */{size}"})
    return start, end


async def _read(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    async with await anyio.open_file(path, "rb") as file:
        await file.seek(start)
        while start < end:
            chunk = await file.read(min(CHUNK, end - start))
            if not chunk:
                raise RuntimeError(f"{path} is shorter than its manifest says")
            start += len(chunk)
            yield chunk
