"""Impact as plain text, for the command line: the JSON document of the API as an outline with the paths."""

from __future__ import annotations

from collections.abc import Iterator

from evidensgraf.ontology.namespaces import EV
from evidensgraf.service.facts import Record
from evidensgraf.service.i18n import best, translate

GROUPS = ("falls", "weakens", "reread")
"""How hard a conclusion can be hit, the hardest first."""


def impact_lines(document: Record, lang: str) -> Iterator[str]:
    """Yield the lines of an impact document (see ``impact.impact_of``) in ``sv`` or ``en``."""
    for thing in document["things"]:
        yield supposed(thing, lang)
        yield f"  {thing['id']}"
    yield f"  {summary(document, lang)}"
    for group in GROUPS:
        found = [c for c in document["conclusions"] if c["impact"] == group]
        if found:
            yield f"\n{translate(lang, group_key(document, group))} ({len(found)})"
        for conclusion in found:
            yield from _conclusion(conclusion, lang)
    if document["cells"]:
        yield f"\n{translate(lang, 'impact.cells')} ({len(document['cells'])})"
    for cell in document["cells"]:
        yield f"• {best(cell['label'], lang)[1]}: {counted(cell, lang)}"
    if document["documents"]:
        yield f"\n{translate(lang, 'impact.documents')} ({len(document['documents'])})"
    for source in document["documents"]:
        yield f"• {best(source['label'], lang)[1]} ({translate(lang, 'source.through', count=source['statements'])})"


def supposed(thing: Record, lang: str) -> str:
    """Return in words what is tried on a thing, and what replaces it."""
    standing = str(thing["standing"]["id"]).removeprefix(EV)
    said = translate(lang, f"impact.if.{standing}", name=best(thing["label"], lang)[1]) + ":"
    successors = ", ".join(best(s["label"], lang)[1] for s in thing["successors"])
    said += f" {translate(lang, 'impact.successors', names=successors)}" if successors else ""
    return said if thing["known"] else f"{said} {translate(lang, 'impact.unheard')}"


def summary(document: Record, lang: str) -> str:
    """Return in one sentence how many conclusions and cells of the gap map are hit, and how."""
    counts = [
        translate(lang, f"impact.count.{part}.{impact}", count=document["counts"][part][impact])
        for part in ("conclusions", "cells")
        for impact in (*GROUPS, "unknown", "changes")
        if document["counts"][part].get(impact)
    ]
    return (", ".join(counts) or translate(lang, "impact.nothing")) + "."


def group_key(document: Record, group: str) -> str:
    """Return the key of the heading of a group; what is superseded is read again against what replaces it."""
    standings = {str(thing["standing"]["id"]).removeprefix(EV) for thing in document["things"]}
    if group == "reread" and len(standings) == 1 and (standing := standings.pop()) in ("superseded", "corrected"):
        return f"impact.reread.{standing}"
    return f"impact.{group}"


def counted(cell: Record, lang: str) -> str:
    """Return in words how many findings and gaps a cell of the gap map has, before and after."""
    if cell["impact"] == "reread":
        return translate(lang, "impact.cell.reread", findings=cell["findings"]["after"], gaps=cell["gaps"]["after"])
    numbers = {f"{key}{when.title()}": cell[key][when] for key in ("findings", "gaps") for when in ("before", "after")}
    return translate(lang, f"impact.cell.{cell['impact']}", **numbers)


def left(conclusion: Record, lang: str) -> str:
    """Return in words how much of what supports a conclusion is left."""
    support = conclusion["support"]
    if not support["total"]:
        return translate(lang, "impact.unsupported", count=conclusion["considered"]["total"])
    said = translate(lang, "impact.left", left=support["left"], total=support["total"])
    if support["weakened"]:
        said += f", {translate(lang, 'impact.left.weakened', weakened=support['weakened'])}"
    return said


def step_key(step: Record) -> str:
    """Return the key of the words for a step of a path, by its relation and the direction of its evidence line."""
    direction = f".{str(step['direction']['id']).removeprefix(EV)}" if step["direction"] else ""
    return f"impact.step.{step['relation'].partition(':')[2]}{direction}"


def _conclusion(conclusion: Record, lang: str) -> Iterator[str]:
    yield f"• {best(conclusion['label'], lang)[1]}"
    yield f"  {conclusion['id']}"
    yield f"  {left(conclusion, lang)}"
    for path in conclusion["paths"]:
        yield "  └ " + "; ".join(_step(step, lang, last=step is path[-1]) for step in path)


def _step(step: Record, lang: str, *, last: bool) -> str:
    place = "".join(f" ({_place(passage, lang)})" for passage in step["statedIn"][:1])
    name = best(step["to"]["label"], lang)[1]
    what = translate(lang, "impact.this") if last else translate(lang, "impact.quoted", name=name)
    return f"{translate(lang, step_key(step))} {what}{place}"


def _place(passage: Record, lang: str) -> str:
    document = best(passage["document"]["label"], lang)[1]
    page = translate(lang, "passage.page", page=passage["page"]) if passage["page"] else ""
    return ", ".join(part for part in (document, passage["section"], page) if part)
