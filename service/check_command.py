"""The command ``evidensgraf check``: a draft on this computer, checked with the curated graphs or with a release."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

import pyoxigraph as ox

from evidensgraf.graph.build import assemble, release_id
from evidensgraf.graph.check import Checker
from evidensgraf.graph.check_rules import Record
from evidensgraf.graph.checking import annotated
from evidensgraf.graph.draft import DraftError, read_draft
from evidensgraf.graph.foreign import MAX_BYTES
from evidensgraf.graph.release import open_release
from evidensgraf.ontology.namespaces import BASE
from evidensgraf.service.check_page import html_document
from evidensgraf.service.check_sarif import sarif_report
from evidensgraf.service.check_shacl import shacl_report
from evidensgraf.service.check_text import text_report
from evidensgraf.service.running import CommandError


class UsageError(CommandError):
    """A command that was called wrongly."""

    status = 2


def check(options: Namespace) -> int:
    """Check a draft and write the report. Exit 1 when it has results as severe as ``--fail-on`` says, or worse."""
    path: Path = options.draft
    if not path.is_file():
        raise UsageError(f"{path}: no such file. Name a workbook (.xlsx) or a file of RDF.")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    try:
        draft = read_draft(path.name, data)
        if options.format == "xlsx" and not draft.workbook:
            raise UsageError(f"{path.name} is not a workbook: no results can be marked in it. Choose another --format.")
        report = _checker(options).check(draft)
    except DraftError as error:
        place = f"{path.name}:{error.line}" if error.line else path.name
        raise UsageError(f"{place}: {error.reasons[options.lang]}") from error
    _write(options.output, _rendered(options, data, report))
    counts = report["counts"]
    failing = counts["violation"] + (counts["warning"] if options.fail_on == "warning" else 0)
    return 1 if failing else 0


def _checker(options: Namespace) -> Checker:
    if options.release:
        release = open_release(options.release.resolve())
        return Checker(ox.parse(path=str(release.quads), format=ox.RdfFormat.N_QUADS), release.id)
    store, _ = assemble(options.data)
    return Checker(store, release_id(store))


def _rendered(options: Namespace, data: bytes, report: Record) -> bytes:
    match options.format:
        case "json":
            return _json(report)
        case "turtle":
            return shacl_report(report)
        case "sarif":
            return _json(sarif_report(report, options.lang, BASE))
        case "html":
            return html_document(report, options.lang).encode()
        case "xlsx":
            return annotated(data, report, options.lang)
    return text_report(report, options.lang).encode()


def _json(value: Record) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def _write(path: Path | None, body: bytes) -> None:
    if path is not None:
        path.write_bytes(body)
        return
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
