"""The command line of the graph: ``evidensgraf --help`` lists the commands.

Exit status: 0 done, 1 the work found something wrong, 2 the command was called wrongly. Errors are one line on
standard error, progress is on standard error, answers are on standard output.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from evidensgraf.graph.impact import WHAT_IF
from evidensgraf.service.formats import FORMATS

CHECK_FORMATS = ["text", "json", "turtle", "sarif", "html", "xlsx"]
"""The reports of a check."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    >>> main(["query", "--list"])  # doctest: +ELLIPSIS
    actors...
    0
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(f"{error.filename or 'the system'}: {error.strerror or error}")
    except Exception as error:
        lines = _explained(error)
        if not lines:
            raise
        for line in lines[:-1]:
            print(line, file=sys.stderr)
        return _fail(lines[-1], getattr(error, "status", 1))


def _explained(error: Exception) -> list[str]:
    """Return what is said of an error that is expected, the last line its sum; nothing for any other."""
    from evidensgraf.graph.build import BuildError
    from evidensgraf.graph.engine import EngineError
    from evidensgraf.graph.load import LoadError
    from evidensgraf.graph.release import ReleaseError
    from evidensgraf.graph.sheet import SheetError
    from evidensgraf.graph.verify import SourcesError
    from evidensgraf.queries.catalogue import CatalogueError
    from evidensgraf.service.curation import CurationError
    from evidensgraf.service.running import CommandError
    from evidensgraf.service.settings import SettingsError

    match error:
        case BuildError():
            return [*error.problems, f"not released: {len(error.problems)} problem(s) in the graph, listed above"]
        case SheetError():
            return [*error.problems, f"not added: {len(error.problems)} problem(s) in the sheet, listed above"]
        case (
            LoadError() | ReleaseError() | EngineError() | CatalogueError() | SourcesError() | SettingsError()
            | CommandError() | CurationError()
        ):  # fmt: skip
            return str(error).splitlines()
    return []


def _fail(sentence: str, status: int = 1) -> int:
    print(f"evidensgraf: {' '.join(sentence.split())}", file=sys.stderr)
    return status


def _later(module: str, command: str) -> Callable[[argparse.Namespace], int]:
    """Return a command of a module of the service that is imported when it is run: nobody waits for the others."""

    def run(options: argparse.Namespace) -> int:
        return int(getattr(import_module(f"evidensgraf.service.{module}"), command)(options))

    return run


def releases_directory() -> Path:
    """Return where releases are kept: ``$EVIDENSGRAF_RELEASES``, or a directory in the user's cache."""
    chosen = os.environ.get("EVIDENSGRAF_RELEASES")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(chosen) if chosen else cache / "evidensgraf" / "releases"


def _parser() -> argparse.ArgumentParser:
    version = importlib.metadata.version("evidensgraf")
    parser = argparse.ArgumentParser(prog="evidensgraf", description="The evidence graph of Swedish social work.")
    parser.add_argument("--version", action="version", version=f"evidensgraf {version}")
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_graph_commands(subcommands)
    _add_curator_commands(subcommands)
    _add_release_commands(subcommands)
    _add_diff(subcommands)
    _add_check(subcommands)
    _add_author_commands(subcommands)
    _add_publish(subcommands)
    return parser


def _port(value: str) -> int:
    """Return a TCP port; raises ``ArgumentTypeError`` for what is none."""
    if not value.isdigit() or int(value) > 65535:
        raise argparse.ArgumentTypeError(f"{value} is not a port; it takes a whole number from 0 to 65535")
    return int(value)


def _add_graph_commands(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    build = subcommands.add_parser(
        "build",
        help="build a release",
        description="Read, validate and derive the graph, "
        "and publish one immutable release. Nothing is published when a shape is violated.",
    )
    _data_option(build)
    _releases_option(build)
    _lang_option(build)
    build.set_defaults(run=_later("commands", "build"))

    validate = subcommands.add_parser(
        "validate",
        help="check the graph against the shapes",
        description="Check the curated graph, or the given files together with it: "
        "Turtle, TriG, N-Triples, N-Quads, JSON-LD or RDF/XML, by their suffix.",
    )
    validate.add_argument("files", nargs="*", type=Path, metavar="FILE", help="RDF to check with the graph")
    validate.add_argument(
        "--engine",
        choices=["fast", "reference"],
        default="fast",
        help="the fast engine, or pySHACL as reference (default: fast)",
    )
    _data_option(validate)
    _lang_option(validate)
    validate.set_defaults(run=_later("commands", "validate"))


def _add_curator_commands(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verify = subcommands.add_parser(
        "verify",
        help="find every passage in the source texts",
        description="Find the first and last words of every passage in its source text, within the section it names.",
    )
    verify.add_argument("--sources", type=Path, required=True, metavar="DIR", help="directory with {source-slug}.txt")
    _data_option(verify)
    verify.set_defaults(run=_later("commands", "verify"))

    verify.add_argument("--record", action="store_true", help="write the result into the bibliography")

    new_source = subcommands.add_parser("new-source", help="start a reading sheet for a new document")
    new_source.add_argument("slug", help="the document's slug: a–z, 0–9 and hyphens")
    new_source.add_argument("--title", required=True, help="its title, as printed")
    new_source.add_argument("--year", type=int, help="its year of publication, if one is printed")
    _output_option(new_source, "default: SLUG.yaml")
    _data_option(new_source)
    new_source.set_defaults(run=_later("curation", "new_source"))

    add_sheet = subcommands.add_parser("add-sheet", help="merge reading sheets into the data files")
    add_sheet.add_argument("sheets", nargs="+", type=Path, metavar="SHEET", help="YAML files")
    add_sheet.add_argument("--check", action="store_true", help="only say what is wrong")
    _data_option(add_sheet)
    add_sheet.set_defaults(run=_later("curation", "add_sheet"))

    normalise = subcommands.add_parser("format", help="put the data files in normal form")
    normalise.add_argument("files", nargs="+", type=Path, metavar="FILE", help="TriG files")
    normalise.add_argument("--check", action="store_true", help="change nothing; exit 1 when a file would change")
    normalise.set_defaults(run=_later("commands", "normalise"))


def _add_release_commands(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = subcommands.add_parser("serve", help="build if needed, and serve the release over HTTP")
    serve.add_argument("--host", help="address to listen on (default: EVIDENSGRAF_HOST or 127.0.0.1)")
    serve.add_argument(
        "--port", type=_port, help="port to listen on, 0 for any free one (default: EVIDENSGRAF_PORT or 8000)"
    )
    _release_option(serve)
    serve.set_defaults(run=_later("serve", "serve"))

    query = subcommands.add_parser("query", help="run a catalogue query, a file, or standard input")
    query.add_argument("query", nargs="?", help="name in the catalogue, a file ending in .rq, or - for standard input")
    query.add_argument("-p", "--param", action="append", default=[], metavar="NAME=VALUE", help="value of a parameter")
    query.add_argument("-f", "--format", default="table", choices=sorted(FORMATS), help="default: table")
    query.add_argument("--list", action="store_true", help="list the catalogue")
    _lang_option(query)
    _release_option(query)
    query.set_defaults(run=_later("commands", "query"))

    chain = subcommands.add_parser("chain", help="show what an appraisal or a recommendation rests on")
    chain.add_argument("claim", help="KIND/SLUG (appraisal/hasky-bedomning) or the IRI")
    _json_option(chain)
    _lang_option(chain)
    _release_option(chain)
    chain.set_defaults(run=_later("commands", "chain"))

    impact = subcommands.add_parser(
        "impact",
        help="show what falls if a source, a study or a statement is withdrawn, superseded or corrected",
        description="Show what falls, weakens or must be read again, and why. Nothing is saved.",
    )
    impact.add_argument("thing", nargs="?", help="KIND/SLUG (source/sbu-2018-ekonomiskt-bistand) or the IRI")
    impact.add_argument(
        "--as",
        dest="standing",
        choices=WHAT_IF,
        default="withdrawn",
        metavar="STANDING",
        help=f"the standing that is tried: {', '.join(WHAT_IF)} (default: withdrawn)",
    )
    impact.add_argument("--claims", type=Path, metavar="FILE", help="RDF with source statuses to try, one or several")
    _json_option(impact)
    _lang_option(impact)
    _release_option(impact)
    impact.set_defaults(run=_later("commands", "impact"))


def _add_check(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = subcommands.add_parser(
        "check",
        help="check a draft guideline together with the graph",
        description="Check a draft (a workbook, or RDF) with the curated graph: what shapes and rules find, why, "
        "where, and what to do. Exit status: 0 passed, 1 not passed, 2 called wrongly, or a draft that cannot be read.",
    )
    check.add_argument("draft", type=Path, metavar="DRAFT", help=".xlsx, .ttl, .trig, .nt, .nq, .jsonld or .rdf")
    check.add_argument("-f", "--format", default="text", choices=CHECK_FORMATS, help="default: text")
    _output_option(check, "write the report there")
    check.add_argument(
        "--fail-on",
        choices=["violation", "warning"],
        default="violation",
        help="the least severe result that gives exit status 1 (default: violation)",
    )
    _data_option(check)
    _lang_option(check)
    _release_option(check)
    check.set_defaults(run=_later("check_command", "check"))


def _add_author_commands(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    template = subcommands.add_parser("template", help="make the workbook that a guideline is written in")
    _output_option(template, "default: evidensgraf-template.xlsx")
    template.add_argument("--empty", action="store_true", help="without the filled example")
    template.set_defaults(run=_later("authoring", "template"))
    importing = subcommands.add_parser(
        "import",
        help="turn a filled workbook, or a reference file, into TriG to review",
        description="A workbook (.xlsx) becomes a draft in TriG or Turtle. The references of a RIS, BibTeX or CSL-JSON "
        "file are matched with the known sources by DOI, ISBN, web address, title and year; the matches are shown, and "
        "written to a file of decisions to confirm.",
    )
    importing.add_argument("file", type=Path, metavar="FILE", help=".xlsx, .ris, .bib or .json")
    importing.add_argument("--accept", action="store_true", help="references: take the matches as they are proposed")
    importing.add_argument("--decisions", type=Path, metavar="FILE", help="references: the decisions confirmed")
    importing.add_argument("--used-in", metavar="SLUG", help="references: the source, or guideline, that cites them")
    _output_option(importing, "default: the same name, .trig")
    importing.set_defaults(run=_later("authoring", "import_"))
    exporting = subcommands.add_parser("export", help="write a draft in RDF as a workbook")
    exporting.add_argument("file", type=Path, metavar="FILE", help=".trig, .ttl, .nt, .nq, .jsonld or .rdf")
    _output_option(exporting, "default: the same name, .xlsx")
    exporting.set_defaults(run=_later("authoring", "export"))
    for command in (template, importing, exporting):
        _data_option(command)
        _lang_option(command)


def _add_diff(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    diff = subcommands.add_parser(
        "diff",
        help="say in words what differs between two releases, or a draft and a release",
        description="Say what differs between two releases, or what a draft would change in a release: "
        "recommendations, appraisals, sources, findings and gaps in words, everything else counted.",
    )
    diff.add_argument("before", metavar="BEFORE", help="a release (its directory or id), or the file of a draft")
    diff.add_argument("after", nargs="?", metavar="AFTER", help="likewise; without it, BEFORE is a draft")
    diff.add_argument("-f", "--format", default="text", choices=["text", "html", "json"], help="default: text")
    _lang_option(diff)
    _release_option(diff)
    diff.set_defaults(run=_later("comparing", "diff"))

    readiness = subcommands.add_parser(
        "readiness",
        help="report what a guideline has of what AGREE II and the national method ask for",
        description="Report on a guideline of the release, or on a draft: what is met, missing, or for a person.",
    )
    readiness.add_argument("guideline", help="guideline/SLUG, the IRI, or the file of a draft")
    _json_option(readiness)
    _lang_option(readiness)
    _release_option(readiness)
    readiness.set_defaults(run=_later("readiness", "command"))


def _add_publish(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    publish = subcommands.add_parser(
        "publish",
        help="upload a release to a SPARQL endpoint",
        description="Replace the release at a SPARQL 1.1 endpoint, from which any number of services can answer. "
        "Credentials are in EVIDENSGRAF_ENDPOINT_USER and _PASSWORD, or _TOKEN.",
    )
    publish.add_argument("--endpoint", metavar="URL", help="its query operation (default: EVIDENSGRAF_ENDPOINT)")
    publish.add_argument("--by", choices=["auto", "graph-store", "update"], default="auto", help="how to write there")
    publish.add_argument("--graph-store", metavar="URL", help="its graph store, where that is not found by itself")
    publish.add_argument("--update", metavar="URL", help="its update operation, where that is not found by itself")
    publish.add_argument(
        "--settle",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="wait so long between taking the release away and changing graphs (default: 0)",
    )
    _release_option(publish)
    publish.set_defaults(run=_later("publishing", "publish"))


def _json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="the JSON document of the service instead of text")


def _output_option(parser: argparse.ArgumentParser, help: str) -> None:
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=help)


def _data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", help="TriG files to read instead of the curated ones")


def _releases_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--releases",
        type=Path,
        default=releases_directory(),
        metavar="DIR",
        help="directory that holds releases (default: EVIDENSGRAF_RELEASES or the user's cache)",
    )


def _release_option(parser: argparse.ArgumentParser) -> None:
    _releases_option(parser)
    parser.add_argument("--release", type=Path, metavar="DIR", help="a finished release to use instead of building one")


def _lang_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", choices=["sv", "en"], default="en", help="language of messages (default: en)")


if __name__ == "__main__":
    sys.exit(main())
