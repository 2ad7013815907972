"""The commands of an author: the template, a filled workbook turned into RDF to review, and a draft as a workbook."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.graph.draft import DraftError, read_draft
from evidensgraf.graph.format import write
from evidensgraf.graph.load import data_files, read_file, read_vocabulary
from evidensgraf.graph.references import SUFFIXES
from evidensgraf.graph.workbook import read_workbook
from evidensgraf.graph.workbook_names import Names
from evidensgraf.graph.workbook_problems import WorkbookError
from evidensgraf.graph.workbook_write import template as template_workbook
from evidensgraf.graph.workbook_write import write_workbook
from evidensgraf.ontology.namespaces import ID, PREFIXES
from evidensgraf.service.local_files import content, new_file
from evidensgraf.service.referencing import import_references
from evidensgraf.service.running import CommandError

TEMPLATES = {"sv": "evidensgraf-mall.xlsx", "en": "evidensgraf-template.xlsx"}
"""The name of the template in each language."""


def template(options: Namespace) -> int:
    """Write the author's workbook, with a filled example or empty."""
    path = new_file(options.output or Path(TEMPLATES[options.lang]))
    path.write_bytes(template_workbook(options.lang, names(options.data), example=not options.empty))
    print(f"{path}\nFill it in, then: evidensgraf check {path}")
    return 0


def import_(options: Namespace) -> int:
    """Turn a filled workbook, or a reference file, into RDF in normal form for a person to review."""
    path: Path = options.file
    data = content(path)
    if path.suffix.lower() in SUFFIXES:
        return import_references(options, data)
    try:
        draft = read_workbook(path.name, data, names(options.data))
    except WorkbookError as error:
        said = error.reasons[options.lang]
        raise CommandError(f"{said}\nnot imported: {len(error.problems)} problem(s) in {path}, listed above") from error
    target = new_file(options.output or path.with_suffix(".trig"))
    target.write_text(as_text(draft.quads, target), encoding="utf-8")
    print(f"{target}: {len(draft.quads)} statements\nRead it, then: evidensgraf check {target}")
    return 0


def export(options: Namespace) -> int:
    """Write a draft in any syntax of RDF as a workbook, without loss."""
    path: Path = options.file
    try:
        draft = read_draft(path.name, content(path))
        workbook = write_workbook(path.name, draft.quads, options.lang, names(options.data))
    except DraftError as error:
        raise CommandError(f"{path}: {error.reasons[options.lang]}") from error
    target = new_file(options.output or path.with_suffix(".xlsx"))
    target.write_bytes(workbook)
    print(target)
    return 0


def names(data: Path | None) -> Names:
    """Return what a workbook may refer to: the schemes, and the curated graph or the TriG files of a directory."""
    return Names([*read_vocabulary(), *(quad for file in data_files(data) for quad in read_file(file).quads)])


def as_text(quads: tuple[ox.Quad, ...], path: Path) -> str:
    """Return statements as TriG in normal form, or as Turtle where the name of the file ends so."""
    if path.suffix != ".ttl":
        return write(quads)
    triples = (quad.triple for quad in quads)
    return (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES, base_iri=ID) or b"").decode()
