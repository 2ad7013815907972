"""What each command does; the command line in ``cli`` only reads the arguments."""

from __future__ import annotations

import csv
import io
import json
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from evidensgraf.graph.build import assemble, locate, violations
from evidensgraf.graph.build import build as build_release
from evidensgraf.graph.curate import record
from evidensgraf.graph.engine import Engine
from evidensgraf.graph.foreign import MAX_BYTES, read_foreign_file
from evidensgraf.graph.format import normalise as normal_form
from evidensgraf.graph.guard import read
from evidensgraf.graph.load import LoadError, in_graph
from evidensgraf.graph.standing import Claim, read_claims
from evidensgraf.graph.verify import KINDS, summary
from evidensgraf.graph.verify import verify as verify_passages
from evidensgraf.ontology.namespaces import ID, curie, expand, resource
from evidensgraf.queries import catalogue
from evidensgraf.service.chain import CLAIMS, evidence_chain
from evidensgraf.service.chain_text import chain_lines
from evidensgraf.service.curation import data_directory
from evidensgraf.service.formats import FORMATS
from evidensgraf.service.impact import KINDS as IMPACT_KINDS
from evidensgraf.service.impact import impact_of
from evidensgraf.service.impact_text import impact_lines
from evidensgraf.service.running import CommandError, progress, run, start
from evidensgraf.service.settings import read_settings
from evidensgraf.shapes.validate import SEVERITIES, validate_reference

T = TypeVar("T")

CELL = 60
"""Longest text in a cell of a table, in characters; the other formats never shorten."""


def build(options: Namespace) -> int:
    """Build a release and print where it is."""
    release = build_release(options.releases, data=options.data, lang=options.lang, progress=progress())
    print(f"release {release.id}  sha256 {release.digest}  {release.manifest['quads']} quads\n{release.path}\n")
    print("\n".join(f"{name:<40} {value:>7}" for name, value in release.manifest["quality"].items()))
    return 0


def validate(options: Namespace) -> int:
    """Validate the graph, with further files if given; print one line for each result. Exit 1 on a violation."""
    store, files = assemble(options.data)
    for path in options.files:
        if not path.is_file():
            raise CommandError(f"{path}: no such file. Name files of RDF, or a directory with --data.")
        file = read_foreign_file(path)
        files.append(file)
        store.extend(in_graph(file.quads, "draft"))
    results = violations(store, validate_reference) if options.engine == "reference" else violations(store)
    for result in results:
        print(f"{result.severity}: {locate(result, store, files, options.lang)}")
    counts = {s: sum(r.severity == s for r in results) for s in SEVERITIES}
    print(", ".join(f"{count} {name.lower()}" for name, count in counts.items()))
    return 1 if counts["Violation"] else 0


def verify(options: Namespace) -> int:
    """Find every passage in the source texts and print a table. Exit 1 with the first class of things not found."""
    store, _ = assemble(options.data)
    checks = verify_passages(store, options.sources)
    table = summary(checks)
    width = max((len(source) for source in table), default=0)
    print(f"{'source':<{width}}  " + "  ".join(f"{kind:>10}" for kind in KINDS))
    for source, counts in sorted(table.items()):
        print(f"{source:<{width}}  " + "  ".join(f"{counts[kind]:>10}" for kind in KINDS))
    found = sum(c.kind == "found" for c in checks)
    print(f"{found} of {len(checks)} passages found")
    if options.record and found:
        record(checks, options.sources, data_directory(options.data))
    for kind in KINDS[1:]:
        if failed := [c for c in checks if c.kind == kind]:
            if kind == "no text":
                missing = ", ".join(sorted({f"{c.source}.txt" for c in failed}))
                raise CommandError(f"{len(failed)} passage(s): no text. {options.sources} lacks {missing}.")
            for check in failed:
                print(f"{kind}: {check.passage} (section: {check.section or 'none'})", file=sys.stderr)
            raise CommandError(f"{len(failed)} passage(s): {kind}. Correct the section or the first and last words.")
    return 0


def normalise(options: Namespace) -> int:
    """Put TriG files in normal form, or say which are not."""
    changed = []
    for path in options.files:
        try:
            before = path.read_text(encoding="utf-8")
            after = normal_form(before)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except SyntaxError as error:
            raise LoadError(str(path), error.lineno or 1, error.msg) from error
        if after != before:
            changed.append(str(path))
            if not options.check:
                path.write_text(after, encoding="utf-8")
    if changed and options.check:
        raise CommandError(f"not in normal form: {', '.join(changed)}. Run: evidensgraf format {' '.join(changed)}")
    return 0


def query(options: Namespace) -> int:
    """Run a catalogue query, a file or standard input, and print the answer."""
    known = catalogue.load()
    if options.list or not options.query:
        width = max(map(len, known))
        for name, entry in known.items():
            needed = " ".join(f"{p.name}=…" if p.required else f"[{p.name}=…]" for p in entry.parameters)
            print(f"{name:<{width}}  {entry.summary[options.lang]}  {needed}".rstrip())
        return 0
    text = _query_text(options, known)

    async def ask(engine: Engine) -> bytes:
        form = read(text).form
        return (await engine.query(text, FORMATS[options.format][form in ("CONSTRUCT", "DESCRIBE")])).body

    body = _with_engine(options, ask)
    if options.format == "table" and body.startswith((b"?", b"true", b"false")):
        body = _table(body.decode()).encode()
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
    return 0


def _query_text(options: Namespace, known: dict[str, catalogue.Query]) -> str:
    pairs = [value.partition("=") for value in options.param]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise CommandError(f"--param needs NAME=VALUE, got '{wrong[0]}'")
    if options.query == "-":
        return sys.stdin.read()
    if options.query.endswith(".rq"):
        path = Path(options.query)
        if not path.exists():
            raise CommandError(f"{path}: no such file")
        return path.read_text(encoding="utf-8")
    if options.query not in known:
        raise CommandError(f"no query named '{options.query}'. See: evidensgraf query --list")
    return known[options.query].bind({name: value for name, _, value in pairs})


def _table(tsv: str) -> str:
    """Return a TSV result as aligned columns with plain literals and compact IRIs."""
    rows = [
        [_cell(cell) for cell in row] for row in csv.reader(io.StringIO(tsv), delimiter="\t", quoting=csv.QUOTE_NONE)
    ]
    if not rows or len(rows[0]) == 0:
        return tsv
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(len(rows[0]))]
    return "".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=False)).rstrip() + "\n" for row in rows)


def _cell(term: str) -> str:
    if term.startswith("<"):
        return curie(term[1:-1]).removeprefix(ID)
    if term.startswith('"'):
        term = term[1 : term.rindex('"')].replace('\\"', '"').replace("\\n", " ")
    return term if len(term) <= CELL else term[: CELL - 1] + "…"


def chain(options: Namespace) -> int:
    """Print the evidence chain of an appraisal, a recommendation or a prerequisite."""
    kind, _, slug = options.claim.removeprefix(ID).strip("/").partition("/")
    if kind not in CLAIMS or not slug:
        raise CommandError(
            f"'{options.claim}' is not {', '.join(f'{name}/SLUG' for name in CLAIMS[:-1])} or {CLAIMS[-1]}/SLUG"
        )
    document = _with_engine(options, lambda engine: evidence_chain(engine, kind, slug))
    if document is None:
        raise CommandError(f"the release has no {kind}/{slug}. List them with: evidensgraf query appraisals")
    if options.json:
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        print("\n".join(chain_lines(document, options.lang)))
    return 0


def impact(options: Namespace) -> int:
    """Print what falls, weakens or must be read again if a source, a study or a statement loses its standing."""
    claims, thing = _claims(options), options.thing
    if thing:
        kind, _, slug = thing.removeprefix(ID).strip("/").partition("/")
        if kind not in IMPACT_KINDS or not slug:
            raise CommandError(f"'{thing}' is not source/SLUG, study/SLUG, finding/SLUG or another statement")
        claims.append(Claim(resource(kind, slug), "", expand(f"ev:{options.standing}")))
    if not claims:
        raise CommandError("name a thing, such as source/SLUG, or a file of standing claims with --claims")
    document = _with_engine(options, lambda engine: impact_of(engine, claims))
    if thing and not all(t["known"] for t in document["things"] if t["id"] == claims[-1].thing):
        raise CommandError(f"the release has no {kind}/{slug}. List sources with: evidensgraf query sources")
    if options.json:
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        print("\n".join(impact_lines(document, options.lang)))
    return 0


def _claims(options: Namespace) -> list[Claim]:
    """Return the standing claims of the file that was named, if any."""
    if not options.claims:
        return []
    with options.claims.open("rb") as file:
        return read_claims(options.claims.name, file.read(MAX_BYTES + 1))


def _with_engine(options: Namespace, work: Callable[[Engine], Awaitable[T]]) -> T:
    async def ask() -> T:
        engine = await start(options, replace(read_settings(), workers=1))
        try:
            return await work(engine)
        finally:
            await engine.close()

    return run(ask())
