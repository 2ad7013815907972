"""Finding passages in source texts: sections by their headings, quotes by their words, whatever the line breaks.

Texts are compared as words: letters and digits, lower case, with line-break hyphens joined and markup, quotation
marks, footnote signs and white space passed over (Web Annotation: RangeSelector of two TextQuoteSelectors).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|[*_#|]")
_HYPHEN = re.compile(r"(?<=\w)[-\u00ad\u2010]\s*\n\s*(?=[a-zåäöéü])|\u00ad")
_INNER_HYPHEN = re.compile(r"(?<=[a-zåäöéü])[-\u2010](?=[a-zåäöéü])")
_WORD = re.compile(r"[^\W_]+")
_TOC_LINE = re.compile(r"^(?P<title>.*\D)(?:\.{2,}|\t|\s{2,})\s*\d{1,3}\s*$|^(?P<dotted>.+?)\s*\.{3,}\s*\d{1,3}\s*$")


def words(text: str) -> list[str]:
    """Return the words of a text as they are compared.

    >>> words("*Femtio-\\n åtta* procent")
    ['femtioåtta', 'procent']
    """
    text = unicodedata.normalize("NFC", text)
    text = _HYPHEN.sub("", _MARKUP.sub(" ", text).lower())
    return _WORD.findall(_INNER_HYPHEN.sub("", text))


@dataclass(frozen=True)
class Place:
    """Where a passage was found: the line of its first word (from 1) and its length in words."""

    line: int
    length: int


class SourceText:
    """The text of one source, with its words, their lines, and where each heading stands.

    The headings are those of the text's own tables of contents; a section ends where the next one begins.
    """

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.words, self.word_lines = self._tokenise(text)
        titles = [words(line) for line in self.lines]
        contents = self._contents()
        self._skipped = {i for group in contents for i, _ in group}
        self._starts = sorted({i for group in contents for i in self._locate(group, titles)})
        self._titles = titles

    @staticmethod
    def _tokenise(text: str) -> tuple[list[str], list[int]]:
        """Return all words and the line of each, with words joined over line breaks."""
        joined, lines, tokens = _HYPHEN.sub(lambda m: "\ue000" * m[0].count("\n"), text), [], []
        number = 1
        for line in joined.split("\n"):
            found = words(line.replace("\ue000", ""))
            tokens += found
            lines += [number] * len(found)
            number += 1 + line.count("\ue000")
        return tokens, lines

    def _contents(self) -> list[list[tuple[int, list[str]]]]:
        """Return the tables of contents: runs of lines that end in a page number, as (line index, words of title)."""
        groups: list[list[tuple[int, list[str]]]] = [[]]
        for i, line in enumerate(self.lines):
            found = _TOC_LINE.match(line)
            if found:
                groups[-1].append((i, words(found["title"] or found["dotted"])))
            elif line.strip() and groups[-1]:
                groups.append([])
        return [g for g in groups if len(g) >= 3]

    def _locate(self, group: Sequence[tuple[int, list[str]]], titles: list[list[str]]) -> Iterable[int]:
        """Yield the line index of each title of one table of contents, in order, in the body after it."""
        at = group[-1][0] + 1
        for _, title in group:
            for i in range(at, len(titles)):
                if titles[i] and titles[i] == title and i not in self._skipped:
                    at = i + 1
                    yield i
                    break

    def regions(self, section: str) -> list[tuple[int, int]]:
        """Return the regions of a section, as (first, last) line numbers; empty when no line is that heading.

        A passage without a section may stand anywhere: the region of no section is the whole text.
        A heading is a whole line, or up to three lines that follow each other; a numbered table or figure may be named
        by its number alone ("Tabell 4"), and a long heading by its first and last words ("Vilka av … stöd?").
        """
        if not section:
            return [(1, len(self.lines))]
        wanted, regions = words(section), []
        for i, title in enumerate(self._titles):
            if not wanted or not title or i in self._skipped or title[0] != wanted[0]:
                continue
            numbered = len(wanted) == 2 and wanted[1].isdigit() and title[:2] == wanted
            if numbered or any(_names(section, wanted, heading) for heading in self._headings(i)):
                end = next((s for s in self._starts if s > i), len(self.lines))
                regions.append((i + 1, end))
        return regions

    def _headings(self, i: int) -> Iterable[list[str]]:
        """Yield the words of a line, and of it with the one and the two lines after it, hyphens at line ends joined."""
        for n in (1, 2, 3):
            yield words("\n".join(self.lines[i : i + n]))

    def find(self, section: str, first: str, last: str) -> Place | None:
        """Return where ``first`` words are followed by ``last`` words within a section; ``None`` when nowhere.

        >>> text = SourceText("Boxen\\nDet finns en\\nstudie. Den är liten.")
        >>> text.find("Boxen", "Det finns", "är liten")
        Place(line=2, length=7)
        """
        start, end = words(first), words(last)
        for low, high in self.regions(section):
            for i in self._occurrences(start, low, high):
                for j in self._occurrences(end, low, high, i):
                    return Place(self.word_lines[i], j + len(end) - i)
        return None

    def _occurrences(self, wanted: list[str], low: int, high: int, after: int = 0) -> Iterable[int]:
        start = max(after, bisect_left(self.word_lines, low))
        stop = bisect_right(self.word_lines, high) - len(wanted) + 1
        for i in range(start, stop):
            if wanted and self.words[i : i + len(wanted)] == wanted:
                yield i


def _names(section: str, wanted: Sequence[str], heading: Sequence[str]) -> bool:
    """Return whether a section, given in whole or by its first and last words, is a heading."""
    if "…" not in section:
        return heading == wanted
    first, last = (words(part) for part in section.split("…", 1))
    return heading[: len(first)] == first and heading[-len(last) :] == last
