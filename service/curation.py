"""The commands of a curator: a new source's reading sheet, and a sheet merged into the data."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from evidensgraf.graph.build import assemble
from evidensgraf.graph.curate import merge, new_sheet
from evidensgraf.graph.load import data_files
from evidensgraf.graph.sheet import read_sheet
from evidensgraf.ontology.namespaces import slugify


class CurationError(Exception):
    """A sheet that cannot be made or merged; ``str()`` is what the curator reads."""


def data_directory(chosen: Path | None) -> Path:
    """Return the directory of the TriG files: the one chosen, or the curated one."""
    return chosen or Path(str(data_files()[0])).parent


def new_source(options: Namespace) -> int:
    """Write a reading sheet for a new source."""
    if options.slug != slugify(options.slug):
        raise CurationError(f"'{options.slug}' is no slug. Write it as '{slugify(options.slug)}'.")
    if (data_directory(options.data) / f"{options.slug}.trig").exists():
        raise CurationError(f"{options.slug} is in the graph already. Choose another slug.")
    path = options.output or Path(f"{options.slug}.yaml")
    if path.exists():
        raise CurationError(f"{path} exists. Name another file with --output.")
    path.write_text(new_sheet(options.slug, options.title, options.year), encoding="utf-8")
    print(f"{path}\nFill it in, then: evidensgraf add-sheet {path}")
    return 0


def add_sheet(options: Namespace) -> int:
    """Merge reading sheets into the TriG files. Raises ``SheetError``; a wrong sheet changes nothing."""
    directory = data_directory(options.data)
    for path in options.sheets:
        if not path.is_file():
            raise CurationError(f"{path}: no such file. Make one with: evidensgraf new-source SLUG --title TITLE")
        store, _ = assemble(options.data)
        sheet = read_sheet(path, store)
        for line in sheet.unresolved:
            print(f"unresolved: {line}", file=sys.stderr)
        if not options.check:
            for name, count in merge(sheet, directory).items():
                print(f"{name}: {count} quads added")
    if not options.check:
        print("Read the change (git diff), then: evidensgraf validate, evidensgraf verify --sources DIR")
    return 0
