"""Excerpts of what a search found: the part of a text where the words stand, and where in it they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evidensgraf.service.facts import Record, Text
from evidensgraf.service.search import Document
from evidensgraf.service.search_terms import SHORTEST_PREFIX, Term, fold, stem, words

Compounds = Mapping[str, tuple[str, ...]]
"""Compound → its parts."""
BEFORE, LENGTH = 60, 220
"""Characters of an excerpt before its first word that was found, and in all, about."""


def snippets(document: Document, terms: Sequence[Term], compounds: Compounds) -> list[Record]:
    """Return an excerpt for each language of a record's texts: ``language``, ``text`` and ``highlights``.

    It is from the text with most of the words, or the beginning of the first one. ``highlights`` are pairs of a start
    and an end, in characters. ``compounds`` are the parts of the compounds that there are.
    """
    texts = [text for mark, text in document.texts[1:] if mark != "label"] or [document.label]
    wanted = {word for term in terms for word in term.words}
    return [_best([t for t in texts if lang in t], lang, wanted, compounds) for lang in _languages(texts)]


def _languages(texts: Sequence[Text]) -> list[str]:
    return list(dict.fromkeys(lang for text in texts for lang in text))


def _best(texts: Sequence[Text], lang: str, wanted: set[str], compounds: Compounds) -> Record:
    ranked = [(text[lang], places(text[lang], lang, wanted, compounds)) for text in texts]
    text, found = max(ranked, key=lambda pair: len(pair[1]))
    start = _start(text, found[0][0] - BEFORE) if found else 0
    end = _end(text, start + LENGTH)
    inside = [[a - start, b - start] for a, b in found if start <= a and b <= end]
    before, after = ("… " if start else ""), (" …" if end < len(text) else "")
    shifted = [[a + len(before), b + len(before)] for a, b in inside]
    return {"language": lang, "text": f"{before}{text[start:end]}{after}", "highlights": shifted}


def places(text: str, lang: str, wanted: set[str], compounds: Compounds) -> list[tuple[int, int]]:
    """Return where words that are looked for stand in a text, whatever their form, as (start, end)."""
    stems = {stem(word, lang) for word in wanted}
    begins = tuple(fold(found) for found in stems if len(found) >= SHORTEST_PREFIX)
    found = []
    for word in words(text):
        divided = {stem(part, lang) for part in compounds.get(word.text, ())} if lang != "en" else set()
        if stem(word.text, lang) in stems or fold(word.text).startswith(begins) or divided & stems:
            found.append((word.start, word.end))
    return found


def _start(text: str, place: int) -> int:
    return 0 if place <= 0 else text.rfind(" ", 0, place) + 1


def _end(text: str, place: int) -> int:
    found = text.find(" ", place)
    return len(text) if found < 0 else found
