"""Diagrams of the ontology: classes and the properties between them in layers, drawn as inline SVG.

A property is a node between two classes, so that no word ever stands on a line or on another word. An edge that
passes a layer gets a place of its own in it. The same ontology gives the same picture, byte for byte. Colours come from
the style sheet; the page says the same in a list (WCAG 2.2, 1.1.1).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

GAP, PADDING, LEADING, SPACE = 22, 8, 16, 12
"""Space between columns, padding in boxes, line height and space between boxes, in CSS pixels."""
CHARACTER = {True: 8.3, False: 6.7}
"""Width of a character, bold or not, in CSS pixels, on the wide side of common fonts."""
WRAP = 18
"""Characters to a line; a longer word makes its column wider."""
SWEEPS = 6
"""Passes that put each layer in the mean order of its neighbours."""

Relation = tuple[str, str, str]
"""The keys of a class, of a property of it, and of a class of the values."""


@dataclass
class Node:
    """One node: its layer, its style (``class``, ``focus``, ``property``, ``subclass`` or ``pass``) and its lines."""

    layer: int
    style: str
    lines: Sequence[str] = ()
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    x: float = 0
    y: float = 0
    width: float = 0

    @property
    def height(self) -> float:
        """Height in CSS pixels; that of a place for a passing edge is small."""
        return LEADING * len(self.lines) + (2 * PADDING if self.style in ("class", "focus") else 4) if self.lines else 6

    @property
    def middle(self) -> float:
        """Vertical centre in CSS pixels."""
        return self.y + self.height / 2


class Diagram:
    """Classes in layers from left to right, with a focus in the middle or from the first cause to the last effect.

    A class may be there twice, on both sides of a focus: ``labels`` says what is written for each key in ``relations``
    (and for the properties). A property called ``below`` is drawn as a relation of kind. The relations have no cycle.
    """

    def __init__(self, relations: Iterable[Relation], labels: dict[str, str], focus: str = "", below: str = "") -> None:
        relations = sorted(set(relations))
        self.nodes: dict[str, Node] = {}
        layers = _layers(relations, focus)
        for iri, layer in sorted(layers.items()):
            self.nodes[iri] = Node(2 * layer, "focus" if iri == focus else "class", _wrap(labels[iri]))
        for start, name, end in relations:
            middle = f"{name} > {end}" if end == focus else f"{start} > {name}"
            style = "subclass" if name == below else "property"
            self.nodes.setdefault(middle, Node(2 * layers[start] + 1, style, _wrap(labels.get(name, name))))
            self._connect(start, middle)
            self._connect(middle, end)
        self._order()
        self._place()

    def _connect(self, start: str, end: str) -> None:
        """Join two nodes, with a place in each layer that the edge passes."""
        last, first = start, self.nodes[start].layer
        for layer in range(first + 1, self.nodes[end].layer):
            key = f"{start} > {end} @ {layer}"
            self.nodes.setdefault(key, Node(layer, "pass"))
            self._join(last, key)
            last = key
        self._join(last, end)

    def _join(self, start: str, end: str) -> None:
        if end not in self.nodes[start].after:
            self.nodes[start].after.append(end)
            self.nodes[end].before.append(start)

    def _columns(self) -> list[list[str]]:
        count = 1 + max(node.layer for node in self.nodes.values())
        return [[key for key, node in self.nodes.items() if node.layer == layer] for layer in range(count)]

    def _order(self) -> None:
        """Put each layer in the mean order of the neighbours to the left, then to the right, and so on."""
        columns = self._columns()
        rank = {key: position for keys in columns for position, key in enumerate(keys)}
        for sweep in range(SWEEPS):
            forwards = sweep % 2 == 0
            for keys in columns if forwards else reversed(columns):
                near = {key: self.nodes[key].before if forwards else self.nodes[key].after for key in keys}
                keys.sort(key=lambda k: (sum(rank[n] for n in near[k]) / len(near[k]) if near[k] else rank[k], k))
                rank |= {key: position for position, key in enumerate(keys)}
        self.columns = columns

    def _place(self) -> None:
        """Give each column the width of its widest node, and centre its nodes on the tallest column."""
        heights = [sum(self.nodes[k].height + SPACE for k in keys) - SPACE for keys in self.columns]
        self.height, x = max(heights) + 2, 1.0
        for keys, height in zip(self.columns, heights, strict=True):
            width = max((_width(self.nodes[k]) for k in keys), default=0)
            y = 1 + (max(heights) - height) / 2
            for key in keys:
                node = self.nodes[key]
                node.width = _width(node) if node.style in ("property", "subclass") else width
                node.x, node.y = x + (width - node.width) / 2, y
                y += node.height + SPACE
            x += width + GAP
        self.width = x - GAP + 1

    def svg(self, name: str, title: str, description: str) -> Markup:
        """Return the picture; ``name`` makes the ids of its title and description unique on the page."""
        edges = [_edge(node, self.nodes[key]) for node in self.nodes.values() for key in node.after]
        shapes = edges + [_shape(node) for node in self.nodes.values()]
        return Markup(
            '<svg class="chain ontology" role="img" aria-labelledby="{n}-title {n}-desc" width="{w:.0f}" '
            'height="{h:.0f}" viewBox="0 0 {w:.0f} {h:.0f}" xmlns="http://www.w3.org/2000/svg">'
            '<title id="{n}-title">{title}</title><desc id="{n}-desc">{desc}</desc>\n{shapes}\n</svg>'
        ).format(
            n=name,
            w=self.width,
            h=self.height,
            title=title,
            desc=description,
            shapes=Markup("\n").join(s for s in shapes if s),
        )


def _layers(relations: Sequence[Relation], focus: str) -> dict[str, int]:
    """Return the layer of each class: around a focus 0, 1 and 2, else by the longest way from the left."""
    if focus:
        layers = {focus: 1}
        for start, _, end in relations:
            if start == focus:
                layers.setdefault(end, 2)
        return {start: 0 for start, _, end in relations if start not in layers} | layers
    layers = {iri: 0 for start, _, end in relations for iri in (start, end)}
    for _ in layers:
        for start, _, end in relations:
            layers[end] = max(layers[end], layers[start] + 1)
    return layers


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, WRAP, break_long_words=False)


def _width(node: Node) -> float:
    bold = node.style in ("class", "focus")
    return max((len(line) for line in node.lines), default=0) * CHARACTER[bold] + 2 * PADDING


def _edge(start: Node, end: Node) -> Markup:
    x1, x2 = start.x + start.width, end.x
    half = (x2 - x1) / 2
    path = f"M{x1:.0f} {start.middle:.0f}C{x1 + half:.0f} {start.middle:.0f} {x2 - half:.0f} {end.middle:.0f}"
    path += f" {x2:.0f} {end.middle:.0f}"
    if end.style == "pass":
        path += f"h{end.width:.0f}"
    arrow = Markup("")
    if end.style in ("class", "focus"):
        arrow = Markup('<path class="arrow" d="M{:.0f} {:.0f}l-7 -4v8z"/>').format(x2, end.middle)
    dashed = " subclass" if "subclass" in (start.style, end.style) else ""
    return Markup('<path class="edge{}" d="{}"/>').format(dashed, path) + arrow


def _shape(node: Node) -> Markup:
    """Draw a node: a class as a box, a property as words, a place for a passing edge as nothing."""
    boxed = node.style in ("class", "focus")
    top = node.y + (PADDING if boxed else 2) + 12
    lines = [
        Markup('<text class="{}" text-anchor="middle" x="{:.0f}" y="{:.0f}">{}</text>').format(
            "strong" if boxed else "small", node.x + node.width / 2, top + LEADING * i, line
        )
        for i, line in enumerate(node.lines)
    ]
    words = Markup("").join(lines)
    if not boxed:
        return words
    box = Markup('<rect class="box {}" x="{:.0f}" y="{:.0f}" width="{:.0f}" height="{:.0f}" rx="4"/>')
    return box.format("claim" if node.style == "focus" else "", node.x, node.y, node.width, node.height) + words
