"""An evidence chain as plain text, for the command line: the JSON document of the API as an indented outline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from evidensgraf.service.facts import Record
from evidensgraf.service.i18n import best, translate
from evidensgraf.service.statements import says


def chain_lines(document: Record, lang: str) -> Iterator[str]:
    """Yield the lines of an evidence chain document (see ``chain.evidence_chain``) in ``sv`` or ``en``."""
    yield best(document["title"], lang)[1]
    yield f"  {document['id']}"
    for passage in document["statedIn"]:
        yield f"  {_passage(passage, lang)}"
    yield from _lines(document["lines"], lang, "  ")


def _lines(lines: Iterable[Record], lang: str, indent: str) -> Iterator[str]:
    for line in lines:
        basis = ", ".join(best(b["label"], lang)[1] for b in line["basis"])
        yield f"{indent}├ {best(line['direction']['label'], lang)[1]} ({basis})"
        for statement in line["statements"]:
            yield from _statement(statement, lang, indent + "│   ")
        if not line["statements"]:
            yield f"{indent}│   {translate(lang, 'chain.noItems')}"


def _statement(statement: Record, lang: str, indent: str) -> Iterator[str]:
    marks = "".join(f" [{best(concept['label'], lang)[1]}]" for concept in says(statement))
    yield f"{indent}• {best(statement['title'], lang)[1]}{marks}"
    yield f"{indent}  {statement['id']}"
    for passage in statement["statedIn"]:
        yield f"{indent}  {_passage(passage, lang)}"
    checked = statement["verification"]
    note = f" ({translate(lang, 'chain.unread')})" if checked and checked["id"].endswith("notVerified") else ""
    for source in statement["primarySources"]:
        reference = best(source["reference"] or source["title"], lang)[1]
        yield f"{indent}  ← {translate(lang, 'chain.relays')}: {reference}{note}"
    yield from _lines(statement.get("lines", []), lang, indent + "  ")


def _passage(passage: Record, lang: str) -> str:
    title = best(passage["document"]["title"], lang)[1]
    page = f", {translate(lang, 'passage.page', page=passage['page'])}" if passage["page"] else ""
    return f"“{passage['firstWords']} … {passage['lastWords']}” – {title}, {passage['section']}{page}"
