"""An evidence chain as plain text, for the command line: the JSON document of the API as an indented outline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_WORDS = {
    "sv": {"page": "s.", "relays": "återger", "notVerified": "primärkällan ej läst", "unknown": "okänt"},
    "en": {
        "page": "p.",
        "relays": "relays",
        "notVerified": "primary source not read",
        "unknown": "unknown",
    },
}


def chain_lines(document: dict[str, Any], lang: str) -> Iterator[str]:
    """Yield the lines of an evidence chain document (see ``chain.evidence_chain``) in ``sv`` or ``en``."""
    yield _text(document["title"], lang)
    yield f"  {document['id']}"
    for passage in document.get("statedIn", []):
        yield f"  {_passage(passage, lang)}"
    yield from _lines(document.get("lines", []), lang, "  ")


def _lines(lines: list[dict[str, Any]], lang: str, indent: str) -> Iterator[str]:
    for line in lines:
        basis = ", ".join(_label(b, lang) for b in line.get("basis", []))
        yield f"{indent}├ {_label(line.get('direction'), lang)} ({basis})"
        for statement in line.get("statements", []):
            yield from _statement(statement, lang, indent + "│   ")


def _statement(statement: dict[str, Any], lang: str, indent: str) -> Iterator[str]:
    words = _WORDS[lang]
    mark = statement.get("effect") or statement.get("gapType")
    marks = mark if isinstance(mark, list) else [mark] if mark else []
    yield f"{indent}• {_text(statement['title'], lang)}" + "".join(f" [{_label(m, lang)}]" for m in marks)
    yield f"{indent}  {statement['id']}"
    for passage in statement.get("statedIn", []):
        yield f"{indent}  {_passage(passage, lang)}"
    for source in statement.get("primarySources", []):
        note = f" ({words['notVerified']})" if _local(statement.get("verification")) == "notVerified" else ""
        yield f"{indent}  ← {words['relays']}: {_any(source.get('reference'), lang)}{note}"
    yield from _lines(statement.get("lines", []), lang, indent + "  ")


def _passage(passage: dict[str, Any], lang: str) -> str:
    document = passage.get("document") or {}
    name = _any(document.get("title"), lang) or str(document.get("id", ""))
    page = f", {_WORDS[lang]['page']} {passage['page']}" if passage.get("page") else ""
    return (
        f"“{passage.get('firstWords', '')} … {passage.get('lastWords', '')}” – {name}, {passage.get('section')}{page}"
    )


def _text(value: dict[str, str] | None, lang: str) -> str:
    return _any(value, lang) or _WORDS[lang]["unknown"]


def _any(value: Any, lang: str) -> str:
    if isinstance(value, dict):
        return str(value.get(lang) or next(iter(value.values()), ""))
    return str(value or "")


def _label(thing: dict[str, Any] | None, lang: str) -> str:
    return _text((thing or {}).get("label"), lang)


def _local(thing: dict[str, Any] | None) -> str:
    return str((thing or {}).get("id", "")).rsplit("/", 1)[-1]
