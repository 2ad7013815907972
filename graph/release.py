"""A release: one immutable directory with canonical N-Quads, dumps, a description, what changed, and a manifest."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidensgraf.ontology.namespaces import BASE

QUADS = "evidensgraf.nq"
"""The release itself: N-Quads in RDFC-1.0 canonical form, sorted by code point."""
DESCRIPTION = "description.ttl"
"""VoID and DCAT 3 description of the release, in Turtle."""
CHANGES = "changes.json"
"""What changed since the release before, resource by resource, in JSON."""
MANIFEST = "manifest.json"
"""Id, digest, counts, graphs and files of the release, in JSON; written last, so that what has it is whole."""
ALWAYS_HASHED = 64 * 2**20
"""A release of up to this many bytes of N-Quads is hashed each time that it is opened; a larger one, once."""
_STAMP = ".verified"


class ReleaseError(Exception):
    """A directory that is not a whole release; ``str()`` says what is wrong with it."""


@dataclass(frozen=True)
class ReleaseFile:
    """One file of a release: its name, size in bytes, SHA-256 digest (hex), and media type.

    ``encoding`` is the content coding of a compressed file (``gzip``), whose ``media_type`` is that of what is in it.
    """

    name: str
    size: int
    sha256: str
    media_type: str
    encoding: str | None = None


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

    @property
    def files(self) -> dict[str, ReleaseFile]:
        """The files that are offered for download, by name."""
        return {name: ReleaseFile(name, **entry) for name, entry in self.manifest.get("files", {}).items()}


def sha256(path: Path) -> str:
    """Return the SHA-256 digest of a file, in hex. Raises ``OSError``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def release_iri(release_id: str) -> str:
    """Return the IRI of a release.

    >>> release_iri("2026-11-27")
    'https://w3id.org/evidensgraf/releases/2026-11-27'
    """
    return f"{BASE}releases/{release_id}"


def directory_name(release_id: str, digest: str) -> str:
    """Return the name of the directory of a release: its id and the start of its digest."""
    return f"{release_id}-{digest[:12]}"


def open_release(path: Path) -> Release:
    """Return the release in a directory, having made sure that its quads are what the manifest says.

    Raises ``ReleaseError`` when a file is missing or the quads do not have the digest in the manifest.
    """
    release = read_release(path)
    try:
        whole = _verified(release)
    except OSError as error:
        raise _missing(path, error) from error
    if not whole:
        raise ReleaseError(f"{release.quads} does not have the SHA-256 in its manifest. Build the release again.")
    return release


def read_release(path: Path) -> Release:
    """Return the release in a directory by its manifest alone; what is in its files is not looked at.

    Raises ``ReleaseError`` when there is no manifest, or one that is not a release's.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        return Release(path, manifest["id"], manifest["sha256"], manifest)
    except OSError as error:
        raise _missing(path, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{path / MANIFEST} is not a manifest: {error}. Build the release again.") from error


def find_releases(directory: Path) -> list[Release]:
    """Return the finished releases in a directory of releases, the newest first.

    Of two with one id, that is of two contents for one date, the one made last stands first. What is being built, or
    is no release, is passed over.
    """
    found: list[tuple[str, int, Release]] = []
    for path in directory.iterdir() if directory.is_dir() else ():
        if path.name.startswith("."):
            continue
        try:
            release = read_release(path)
            found.append((release.id, (path / MANIFEST).stat().st_mtime_ns, release))
        except (ReleaseError, OSError):
            continue
    return [release for *_, release in sorted(found, key=lambda entry: entry[:2], reverse=True)]


def _missing(path: Path, error: OSError) -> ReleaseError:
    name = Path(error.filename or path).name
    return ReleaseError(f"{path} is not a release: {name} is missing. Make one with: evidensgraf build")


def _verified(release: Release) -> bool:
    """Say whether the quads have their digest. A large file that has had it is known by its size and time of change."""
    stamp, about = release.path / _STAMP, release.quads.stat()
    known = f"{release.digest} {about.st_size} {about.st_mtime_ns}\n"
    large = about.st_size > ALWAYS_HASHED
    if large and stamp.is_file() and stamp.read_text(encoding="ascii") == known:
        return True
    whole = sha256(release.quads) == release.digest
    if large and whole:
        with contextlib.suppress(OSError):  # a directory that cannot be written: hashed again next time
            stamp.write_text(known, encoding="ascii")
    return whole
