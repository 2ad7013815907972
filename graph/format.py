"""The normal form of a TriG file: sorted, prefixed, one statement a line, so that a change reads well in a diff."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from evidensgraf.ontology.namespaces import ID, PREFIXES

_FIRST = [
    "rdf:type",
    "dcterms:title",
    "rdfs:label",
    "skos:prefLabel",
    "foaf:name",
    "dcterms:description",
    "skos:definition",
]
_PLAIN = {
    PREFIXES["xsd"] + "integer": r"[+-]?\d+",
    PREFIXES["xsd"] + "decimal": r"[+-]?\d*\.\d+",
    PREFIXES["xsd"] + "boolean": "true|false",
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LANGUAGE_ORDER = {"sv": "0", "en": "1"}

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def normalise(text: str) -> str:
    """Return a TriG document in normal form; the quads are the same.

    Subjects are sorted by IRI, the parts of a resource (fragment IRIs) after it; Swedish stands before English;
    the IRIs of resources are relative to their common base.
    Raises ``SyntaxError`` when the text is not TriG.
    """
    return write(ox.parse(text, format=ox.RdfFormat.TRIG))


def write(quads: Iterable[ox.Quad]) -> str:
    """Return quads as a TriG document in normal form."""
    graphs: dict[str, dict[str, dict[str, set[Term]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    for quad in quads:
        graphs[str(quad.graph_name)][_term(quad.subject)][_term(quad.predicate)].add(quad.object)
    body = "\n".join(_graph(name, graphs[name]) for name in sorted(graphs))
    used = set(re.findall(r"(?<![\w:/#-])([a-z]+):(?=[A-Za-z])", re.sub(r'"(?:[^"\\]|\\.)*"|<[^>]*>', "", body)))
    header = [f"@prefix {prefix}: <{PREFIXES[prefix]}> ." for prefix in sorted(used & set(PREFIXES))]
    return "\n".join([f"@base <{ID}> .", *header]) + "\n\n" + body


def _graph(name: str, subjects: Mapping[str, Mapping[str, set[Term]]]) -> str:
    blocks = [_subject(s, subjects[s]) for s in sorted(subjects, key=lambda s: s.strip("<>").replace("#", "\x00"))]
    return f"{name} {{\n\n" + "\n\n".join(blocks) + "\n\n}\n"


def _subject(subject: str, properties: Mapping[str, set[Term]]) -> str:
    ordered = sorted(properties, key=lambda p: (_FIRST.index(p) if p in _FIRST else len(_FIRST), p))
    lines = [f"  {'a' if p == 'rdf:type' else p} {_objects(properties[p])}" for p in ordered]
    return f"{subject}\n" + " ;\n".join(lines) + " ."


def _objects(objects: Iterable[Term]) -> str:
    written = [_term(o) for o in sorted(objects, key=_order)]
    separator = " ,\n    " if any(len(o) > 40 for o in written) and len(written) > 1 else " , "
    return separator.join(written)


def _order(term: Term) -> str:
    language = _LANGUAGE_ORDER.get(term.language or "", "2") if isinstance(term, ox.Literal) else ""
    return language + str(term).rstrip(">")


def _term(term: Term) -> str:
    if isinstance(term, ox.NamedNode):
        for prefix, namespace in PREFIXES.items():
            local = term.value.removeprefix(namespace)
            if local != term.value and re.fullmatch(r"[A-Za-z][\w-]*", local):
                return f"{prefix}:{local}"
        local = term.value.removeprefix(ID)
        return f"<{local}>" if local != term.value and re.fullmatch(r"[a-z][\w/#-]*", local) else str(term)
    if isinstance(term, ox.Literal):
        return _literal(term)
    return str(term)


def _literal(term: ox.Literal) -> str:
    if re.fullmatch(_PLAIN.get(term.datatype.value, r"(?!)"), term.value):
        return term.value
    quoted = '"' + re.sub(r'[\\"\n\r\t]', lambda m: _ESCAPES[m[0]], term.value) + '"'
    if term.language:
        return f"{quoted}@{term.language}"
    return quoted if term.datatype.value == PREFIXES["xsd"] + "string" else f"{quoted}^^{_term(term.datatype)}"
