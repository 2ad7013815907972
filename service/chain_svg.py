"""The evidence chain as a picture: columns by kind, rows by one barycentre pass, drawn as inline SVG.

Colours, dashes and fonts come from the style sheet; direction and relay are told by a word as well as by a dash, so
that nothing is carried by colour alone (WCAG 2.2, 1.4.1). The page repeats the chain as a list.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from markupsafe import Markup

from evidensgraf.service import i18n
from evidensgraf.service.facts import Record, Text
from evidensgraf.service.statements import says

WIDTH, GAP, PADDING, LEADING, CHARACTERS = 204, 54, 9, 17, 25
"""Box width, space between columns, padding and line height in CSS pixels; characters to a line (fewer where bold)."""


@dataclass
class Box:
    """One box: its column, its style, and its paragraphs as (style, language, line)."""

    column: int
    style: str
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    y: float = 0

    @property
    def height(self) -> int:
        """Height in CSS pixels."""
        return 2 * PADDING + LEADING * len(self.lines)

    @property
    def x(self) -> int:
        """Left edge in CSS pixels."""
        return self.column * (WIDTH + GAP) + 1


class Picture:
    """The boxes of a chain and the edges between them: (from, to) → (style, word)."""

    def __init__(self, chain: Record, lang: str) -> None:
        self.lang = lang
        self.boxes: dict[str, Box] = {}
        self.edges: dict[tuple[str, str], tuple[str, str]] = {}
        self._statements: list[Record] = []
        self._claim(chain)
        for statement in self._statements:
            self._sources(statement)
        self._order()

    def _box(self, key: str, column: int, style: str, *parts: tuple[str, Text | str | None]) -> None:
        if key in self.boxes:
            return
        self.boxes[key] = box = Box(column, style)
        for part_style, text in parts:
            tag, plain = (self.lang, text) if isinstance(text, str) else i18n.best(text, self.lang)
            width = CHARACTERS - 3 * (part_style == "strong")
            box.lines += [(part_style, tag, line) for line in textwrap.wrap(plain, width)]

    def _claim(self, claim: Record) -> None:
        kind = claim.get("recommendationKind")
        verdict = _words(claim.get("verdict") or ([kind] if kind else []), self.lang)
        self._box(claim["id"], 0, "claim", ("strong", verdict), ("", claim["title"]))
        for line in claim.get("lines", []):
            direction = line["direction"] or {"id": "", "label": {}}
            style = direction["id"].rsplit("/", 1)[-1].lower()
            word = i18n.best(direction["label"], self.lang)[1]
            basis = _words(line["basis"], self.lang)
            self._box(line["id"], 1, "line", ("strong", word[:1].upper() + word[1:]), ("small", basis))
            self.edges[claim["id"], line["id"]] = (style, word)
            for statement in line["statements"]:
                self._statement(statement)
                self.edges[line["id"], statement["id"]] = (style, "")

    def _statement(self, statement: Record) -> None:
        if statement["id"] not in self.boxes:
            self._statements.append(statement)
        style = "gap" if statement["type"] == "EvidenceGap" else "statement"
        self._box(statement["id"], 2, style, ("strong", _words(says(statement), self.lang)), ("", statement["title"]))

    def _sources(self, statement: Record) -> None:
        relays = statement["verification"] or {"id": "", "label": {}}
        style = "relayed" if relays["id"].endswith("notVerified") else "verified"
        places = []
        for passage in statement["statedIn"]:
            document = passage["document"]
            page = i18n.translate(self.lang, "passage.page", page=passage["page"]) if passage["page"] else ""
            relayed = [source["id"] for source in statement["primarySources"]]
            key = "|".join([document["id"], passage["section"] or "", passage["page"] or "", *relayed])
            original = {i18n.best(document["title"], self.lang)[0]: passage["section"] or ""}
            name = document["citationKey"] or document["title"]
            self._box(key, 3, "passage", ("strong", name), ("", original), ("small", page))
            self.edges[statement["id"], key] = ("stated", "")
            places.append(key)
        for source in statement["primarySources"]:
            name = source["citationKey"] or source["title"]
            self._box(source["id"], 4, "source", ("strong", name), ("small", relays["label"]))
            for place in places[:1]:
                self.edges[place, source["id"]] = (style, i18n.translate(self.lang, "svg.relays"))

    def _order(self) -> None:
        """Stack each column from the top, in the mean order of what points to its boxes."""
        columns: dict[int, list[str]] = {}
        for key, box in self.boxes.items():
            columns.setdefault(box.column, []).append(key)
        rank: dict[str, float] = {}
        for column in sorted(columns):
            above = {k: [rank[a] for a, b in self.edges if b == k and a in rank] for k in columns[column]}
            columns[column].sort(key=lambda k: sum(above[k]) / len(above[k]) if above[k] else 0)
            rank |= {key: position for position, key in enumerate(columns[column])}
        self.height = max(sum(self.boxes[k].height + 14 for k in keys) for keys in columns.values()) - 12
        for keys in columns.values():
            y = 1.0
            for key in keys:
                self.boxes[key].y = y
                y += self.boxes[key].height + 14

    def svg(self, title: str, description: str) -> Markup:
        """Return the picture as an SVG element with a title and a description."""
        width = (max(box.column for box in self.boxes.values()) + 1) * (WIDTH + GAP) - GAP + 2
        shapes = [self._edge(*pair, *drawn) for pair, drawn in self.edges.items()]
        shapes += [_draw(box, self.lang) for box in self.boxes.values()]
        shapes += self._words()
        return Markup(
            '<svg class="chain" role="img" aria-labelledby="chain-title chain-desc" width="{w}" height="{h:.0f}" '
            'viewBox="0 0 {w} {h:.0f}" xmlns="http://www.w3.org/2000/svg">'
            '<title id="chain-title">{title}</title><desc id="chain-desc">{desc}</desc>\n{shapes}\n</svg>'
        ).format(w=width, h=self.height, title=title, desc=description, shapes=Markup("\n").join(shapes))

    def _edge(self, start: str, end: str, style: str, word: str) -> Markup:
        a, b = self.boxes[start], self.boxes[end]
        x1, y1, x2, y2 = a.x + WIDTH, a.y + a.height / 2, b.x, b.y + b.height / 2
        half = (x2 - x1) / 2
        path = f"M{x1} {y1:.0f}C{x1 + half:.0f} {y1:.0f} {x2 - half:.0f} {y2:.0f} {x2} {y2:.0f}"
        return Markup('<path class="edge {}" d="{}"/>').format(style, path)

    def _words(self) -> list[Markup]:
        """Write the word of an edge once, at the box that it leads to."""
        told = {end: word for (_, end), (_, word) in self.edges.items() if word}
        return [
            Markup('<text class="word" text-anchor="end" x="{}" y="{:.0f}">{}</text>').format(
                self.boxes[end].x - 6, self.boxes[end].y + self.boxes[end].height / 2 - 6, word
            )
            for end, word in told.items()
        ]


def draw(chain: Record, lang: str) -> Markup:
    """Return the evidence chain document (see ``chain.evidence_chain``) as an SVG element in ``sv`` or ``en``."""
    picture = Picture(chain, lang)
    styles = [box.style for box in picture.boxes.values()]
    counts = {
        "lines": styles.count("line"),
        "statements": styles.count("statement") + styles.count("gap"),
        "passages": styles.count("passage"),
        "sources": styles.count("source"),
    }
    title = i18n.translate(lang, "svg.title", title=i18n.best(chain["title"], lang)[1])
    parts = [i18n.translate(lang, f"svg.count.{key}", count=count) for key, count in counts.items()]
    return picture.svg(title, i18n.translate(lang, "svg.desc", counts=", ".join(parts)))


def _words(things: list[Record] | None, lang: str) -> str:
    shown = ", ".join(i18n.best(thing["label"], lang)[1] for thing in things or [])
    return shown[:1].upper() + shown[1:]


def _draw(box: Box, lang: str) -> Markup:
    lines = [
        Markup('<text class="{}" x="{}" y="{:.0f}"{}>{}</text>').format(
            style,
            box.x + PADDING,
            box.y + PADDING + LEADING * i + 13,
            Markup(' lang="{}"').format(tag) if tag not in (lang, "und") else "",
            line,
        )
        for i, (style, tag, line) in enumerate(box.lines)
    ]
    outline = Markup('<rect class="box {}" x="{}" y="{:.0f}" width="{}" height="{}" rx="4"/>').format(
        box.style, box.x, box.y, WIDTH, box.height
    )
    return outline + Markup("").join(lines)
