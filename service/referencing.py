"""Importing a reference file: which references are known, what a person decides, and the new sources as TriG."""

from __future__ import annotations

import io
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from evidensgraf.graph.format import write
from evidensgraf.graph.load import data_files, read_file
from evidensgraf.graph.reference_match import Known, Match, source_quads
from evidensgraf.graph.references import ReferencesError, read_references
from evidensgraf.ontology.namespaces import slugify
from evidensgraf.service.local_files import content, new_file
from evidensgraf.service.running import CommandError

_HEAD = """# What is done with each reference. Change a decision, then: evidensgraf import {file} --decisions {path}
# new = a source of its own, source/NAME = the source that it is, skip = leave it out
"""
_WIDTH = 76
"""So many characters of a reference are shown."""


def import_references(options: Namespace, data: bytes) -> int:
    """Print what each reference of a file is; write the new ones as sources, with the decisions that are given.

    Without ``--accept`` and ``--decisions`` a file of the decisions proposed is written for a person to confirm.
    """
    path: Path = options.file
    try:
        references = read_references(path.name, data)
    except ReferencesError as error:
        said = error.reasons[options.lang]
        raise CommandError(f"{said}\nnot imported: {len(error.problems)} problem(s) in {path}, listed above") from error
    known = Known(quad for file in data_files(options.data) for quad in read_file(file).quads)
    if options.used_in and options.used_in != slugify(options.used_in):
        raise CommandError(f"'{options.used_in}' is no slug. Write it as '{slugify(options.used_in)}'.")
    matches = known.match(references)
    for match in matches:
        text = match.reference.text
        print(f"{match.reference.line:>5}  {text if len(text) <= _WIDTH else text[: _WIDTH - 1] + '…'}")
        print(f"{'':>5}  → {match.words(options.lang)}")
    if not (options.accept or options.decisions):
        return _propose(path, matches)
    decided = _decided(options.decisions, matches) if options.decisions else [(m, m.decision) for m in matches]
    try:
        quads = source_quads(decided, known, options.used_in or "")
    except ValueError as error:
        raise CommandError(f"'{error}' is no decision. Write new, skip, or source/NAME of a known source.") from error
    target = new_file(options.output or path.with_suffix(".trig"))
    target.write_text(write(quads), encoding="utf-8")
    added = sum(decision == "new" for _, decision in decided)
    print(f"{target}: {added} new source(s), {len(matches) - added} known or left out. Read it before it is merged.")
    return 0


def _propose(path: Path, matches: list[Match]) -> int:
    target = new_file(path.with_suffix(".decisions.yaml"))
    entries = [
        {
            "line": match.reference.line,
            "reference": match.reference.text,
            "found": match.words("en"),
            "language": match.reference.language,
            "decision": match.decision,
        }
        for match in matches
    ]
    body = yaml.safe_dump({"references": entries}, allow_unicode=True, sort_keys=False, width=1000)
    target.write_text(_HEAD.format(file=path, path=target) + body, encoding="utf-8")
    print(f"{target}: confirm or change the decisions, then: evidensgraf import {path} --decisions {target}")
    return 0


def _decided(path: Path, matches: list[Match]) -> list[tuple[Match, str]]:
    """Return the references with the decisions of a file. Raises ``CommandError`` when it is not about these."""
    try:
        given: Any = yaml.safe_load(io.BytesIO(content(path)))
        entries = {(entry["line"], entry["reference"]): entry for entry in given["references"]}
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise CommandError(f"{path}: not a file of decisions. Make one without --decisions.") from error
    decided = []
    for match in matches:
        entry = entries.get((match.reference.line, match.reference.text))
        if entry is None:
            raise CommandError(f"{path}: no decision on the reference of line {match.reference.line}. Make a new file.")
        reference = replace(match.reference, language=str(entry.get("language") or match.reference.language))
        decided.append((replace(match, reference=reference), str(entry.get("decision"))))
    return decided
