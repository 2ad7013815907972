"""The command ``diff``: what differs between two releases, or between a draft and a release."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from functools import partial
from pathlib import Path

from evidensgraf.graph.changes import compared
from evidensgraf.graph.draft import Draft, read_draft
from evidensgraf.graph.foreign import MAX_BYTES
from evidensgraf.graph.proposal import compare_draft
from evidensgraf.graph.release import MANIFEST, Release, directory_name, find_releases, open_release
from evidensgraf.service import i18n
from evidensgraf.service.comparison import Changes, lines, marked, rest, title, told, with_sentences
from evidensgraf.service.rendering import environment
from evidensgraf.service.running import CommandError, release_for


def diff(options: Namespace) -> int:
    """Print what differs between two releases, as they are named, or what a draft would change in a release.

    A draft is the name of a file; the release is that which is built of the curated graph where none is named.
    """
    names = [name for name in (options.before, options.after) if name]
    drafts = [name for name in names if Path(name).is_file()]
    bases = [name for name in names if name not in drafts]
    match drafts, bases:
        case [[], [before, after]]:
            changes: Changes = compared(_release(options, before), _release(options, after))
        case [[draft], _]:
            release = _release(options, bases[0]) if bases else release_for(options)
            changes = compare_draft(release, read_draft_file(Path(draft)))
        case [[], [name]]:
            raise CommandError(f"{name}: no such file. Name a draft, or two releases by directory or id.")
        case _:
            raise CommandError("two drafts cannot be compared. Name a draft and a release, or two releases.")
    if "differences" not in changes:
        count = len(changes["resources"])
        raise CommandError(f"the releases differ in {count} resources, too many to tell in words. See changes.json.")
    sys.stdout.write(_written(changes, options.format, options.lang))
    return 0


def read_draft_file(path: Path) -> Draft:
    """Return the draft in a file. Raises ``DraftError``, and ``OSError`` when it cannot be opened."""
    with path.open("rb") as file:
        return read_draft(path.name, file.read(MAX_BYTES + 1))


def _release(options: Namespace, name: str) -> Release:
    """Return the release in a directory, or with an id in the directory of releases."""
    if (Path(name) / MANIFEST).is_file():
        return open_release(Path(name))
    known = find_releases(options.releases)
    for release in known:
        if name in (release.id, directory_name(release.id, release.digest)):
            return open_release(release.path)
    listed = ", ".join(release.id for release in known) or "none"
    raise CommandError(f"'{name}' is neither a directory with a release nor the id of one. Releases here: {listed}")


def _written(changes: Changes, form: str, lang: str) -> str:
    if form == "json":
        return json.dumps(with_sentences(changes), ensure_ascii=False, indent=1) + "\n"
    if form == "html":
        page = {"title": title(changes, lang), "groups": told(changes, lang, marked(lang)), "rest": rest(changes, lang)}
        return (
            environment()
            .get_template("comparison_file.html")
            .render(lang=lang, t=partial(i18n.translate, lang), **page)
        )
    return "\n".join(lines(changes, lang)) + "\n"
