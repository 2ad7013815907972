"""A release: one immutable directory with canonical N-Quads, its SHA-256, a description and a manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QUADS = "evidensgraf.nq"
"""The release itself: N-Quads in RDFC-1.0 canonical form, sorted by code point."""
DESCRIPTION = "description.ttl"
"""VoID and DCAT 3 description of the release, in Turtle."""
MANIFEST = "manifest.json"
"""Id, digest, counts and graphs of the release, in JSON."""


class ReleaseError(Exception):
    """A directory that is not a whole release; ``str()`` says what is wrong with it."""


@dataclass(frozen=True)
class Release:
    """A finished release: its directory, id (CalVer date), SHA-256 digest (hex) and manifest."""

    path: Path
    id: str
    digest: str
    manifest: Mapping[str, Any]

    @property
    def quads(self) -> Path:
        """The N-Quads file."""
        return self.path / QUADS

    @property
    def graphs(self) -> list[str]:
        """The IRIs of the named graphs, sorted."""
        return list(self.manifest["graphs"])


def open_release(path: Path) -> Release:
    """Return the release in a directory.

    Raises ``ReleaseError`` when a file is missing or the quads do not have the digest in the manifest.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        digest = hashlib.sha256((path / QUADS).read_bytes()).hexdigest()
    except OSError as error:
        missing = Path(error.filename or path).name
        raise ReleaseError(
            f"{path} is not a release: {missing} is missing. Make one with: evidensgraf build"
        ) from error
    except json.JSONDecodeError as error:
        raise ReleaseError(f"{path / MANIFEST} is not JSON: {error}. Build the release again.") from error
    if digest != manifest.get("sha256"):
        raise ReleaseError(f"{path / QUADS} does not have the SHA-256 in its manifest. Build the release again.")
    return Release(path, manifest["id"], digest, manifest)
