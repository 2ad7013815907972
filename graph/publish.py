"""Publishing a release: a directory written aside, and given its name when it is whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from evidensgraf.graph.changes import ADDED, REMOVED, summary, to_json, write_changes
from evidensgraf.graph.crate import CRATE, crate
from evidensgraf.graph.describe import About, describe
from evidensgraf.graph.directories import locked, sync
from evidensgraf.graph.dumps import GZIP, MEDIA_TYPES, compress, survey, write_dumps
from evidensgraf.graph.release import (
    CHANGES,
    DESCRIPTION,
    MANIFEST,
    QUADS,
    Release,
    ReleaseError,
    ReleaseFile,
    directory_name,
    find_releases,
    open_release,
    sha256,
)

SUMS = "SHA256SUMS"
"""The digests of the files, as ``sha256sum --check`` reads them."""
DRAFT = ".building-"
"""What the name of a directory that is being written starts with."""
_TYPES = {"json": "application/json", "ttl": "text/turtle", "nq": "application/n-quads", SUMS: "text/plain"}


def publish(
    releases: Path,
    release_id: str,
    lines: Iterable[bytes],
    *,
    statements: Iterable[ox.Triple] = (),
    made: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Release:
    """Write a release into a directory below ``releases``, and return it; the directory is there whole or not at all.

    ``lines`` are the quads as canonical N-Quads, sorted by code point, each with its newline; they are read once.
    ``statements`` are what the graph says of itself as a dataset, and ``made`` what the manifest says beside.
    A release that is there already with the same content is returned as it is. What builds that were killed have left
    is removed. Raises ``ReleaseError`` when nothing can be written below ``releases``.
    """
    try:
        with _draft(releases) as draft:
            digest = _write_quads(draft / QUADS, lines)
            target = releases / directory_name(release_id, digest)
            if ready := _ready(target):
                return ready
            progress("writing dumps")
            prior = _prior(releases, release_id, progress)
            _fill(draft, release_id, digest, prior, list(statements), made or {})
            _sync(draft)
            draft.chmod(0o755)
            with contextlib.suppress(OSError):  # somebody else has just published the same release
                draft.rename(target)
            sync(releases)
    except OSError as error:
        reason = error.strerror or error
        raise ReleaseError(f"cannot write releases in {releases}: {reason}. Choose another with --releases.") from error
    return open_release(target)


def _write_quads(path: Path, lines: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as out:
        for line in lines:
            digest.update(line)
            out.write(line)
    return digest.hexdigest()


def _ready(target: Path) -> Release | None:
    """Return the release in a directory, or make room for it when what is there is damaged or without its dumps."""
    if not target.exists():
        return None
    with contextlib.suppress(ReleaseError):
        if (release := open_release(target)).files:
            return release
    shutil.rmtree(target)
    return None


def _prior(releases: Path, release_id: str, progress: Callable[[str], None]) -> Release | None:
    """Return the newest whole release with an earlier id."""
    for release in find_releases(releases):
        if release.id == release_id:
            progress(f"there is another release {release_id}: give this one its own dcat:version before you publish it")
        elif release.id < release_id:
            try:
                return open_release(release.path)
            except ReleaseError as error:
                progress(str(error))
    return None


def _fill(
    draft: Path,
    release_id: str,
    digest: str,
    prior: Release | None,
    statements: list[ox.Triple],
    made: Mapping[str, Any],
) -> None:
    """Write every file of a release beside its quads, the manifest last."""
    parts = draft / "parts"
    parts.mkdir()
    counted = survey(draft / QUADS, parts)
    write_dumps(draft, parts)
    shutil.rmtree(parts)
    changes = None
    if prior:
        changes = write_changes(draft, release_id, digest, prior)
        (draft / CHANGES).write_bytes(to_json(changes))
        for name in (ADDED, REMOVED):
            compress(draft / name)
            (draft / name).unlink()
    about = About(release_id, digest, counted, statements, prior, changes and summary(changes))
    files = [_file(path) for path in sorted(draft.iterdir())]
    for name, write in ((DESCRIPTION, describe), (CRATE, crate), (SUMS, _sums)):
        (draft / name).write_bytes(write(about, files))
        files.append(_file(draft / name))
    manifest = {
        "id": release_id,
        "sha256": digest,
        "quads": counted.quads,
        "triples": counted.triples,
        "graphs": list(counted.graphs),
        "ontology": about.ontology,
        "prior": {"id": prior.id, "sha256": prior.digest} if prior else None,
        "changes": changes and {**changes["quads"], "resources": summary(changes)},
        "files": {file.name: _entry(file) for file in files},
        **made,
    }
    (draft / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _sums(about: About, files: Sequence[ReleaseFile]) -> bytes:
    return "".join(f"{file.sha256}  {file.name}\n" for file in files).encode()


def _file(path: Path) -> ReleaseFile:
    plain = path.name.removesuffix(GZIP)
    suffix = plain if plain == SUMS else plain.rpartition(".")[2]
    media_type = "application/ld+json" if plain == CRATE else {**_TYPES, **MEDIA_TYPES}[suffix]
    encoding = "gzip" if plain != path.name else None
    return ReleaseFile(path.name, path.stat().st_size, sha256(path), media_type, encoding)


def _entry(file: ReleaseFile) -> dict[str, Any]:
    return {key: value for key, value in asdict(file).items() if key != "name" and value is not None}


@contextlib.contextmanager
def _draft(releases: Path) -> Iterator[Path]:
    """Give a new directory to write in, locked for as long as it is written in; it is gone afterwards if not renamed.

    The lock ends with the process whatever ends it, so that what a killed build has left can be told from what is
    being built.
    """
    releases.mkdir(parents=True, exist_ok=True)
    with locked(releases):
        for left in releases.glob(f"{DRAFT}*"):
            with contextlib.suppress(OSError), locked(left, wait=False):
                shutil.rmtree(left)
        draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=releases))
        lock = contextlib.ExitStack()
        lock.enter_context(locked(draft, wait=False))
    with lock:
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _sync(draft: Path) -> None:
    for path in draft.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    sync(draft)
