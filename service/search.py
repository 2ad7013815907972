"""Full-text search: an index in SQLite (FTS5) over the labels and texts of a release, in Swedish and English."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from evidensgraf.graph.engine import Engine
from evidensgraf.service.collections import Collection, collections
from evidensgraf.service.facts import Record, Text
from evidensgraf.service.search_terms import SHORTEST_PREFIX, Term, fold, parts, read, stem, tokens
from evidensgraf.service.tables import Holdings

COLUMNS = ("labelSv", "labelEn", "synonymSv", "synonymEn", "textSv", "textEn", "parts", "folded")
"""Columns of the index: stems by weight and language; stems of the parts of compounds; stems without marks."""
WEIGHTS = (10.0, 10.0, 6.0, 6.0, 2.0, 2.0, 1.0, 0.3)
"""How much a word counts in each column (BM25)."""
MOST_SUGGESTIONS = 5
_KEY = "search"
_PREFIXES = "3 4 5 6 7 8"
"""Lengths of the beginnings of words that are indexed, in characters."""
_SWEDISH, _ENGLISH = (" ".join(c for c in COLUMNS if c.endswith(lang)) for lang in ("Sv", "En"))
_MARKS = ("label", "synonym", "text")


@dataclass(frozen=True)
class Document:
    """One record in the index: the list that it is in, the record, and its texts by weight, in order."""

    collection: Collection
    record: Record
    texts: tuple[tuple[str, Text], ...]

    @property
    def label(self) -> Text:
        """The name of the record."""
        return self.texts[0][1] if self.texts else {"und": str(self.record["slug"])}


@dataclass(frozen=True)
class Hit:
    """One record that was found, and how well it fits (larger is better; only comparable within one answer)."""

    document: Document
    score: float


class Index:
    """The index of one release. It is made in memory and asked from any thread, one at a time."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.documents = tuple(documents)
        self.vocabulary: Counter[str] = Counter()
        for document in self.documents:
            self.vocabulary.update(word for _, _, text in _texts(document) for word in tokens(text))
        self.compounds = {word: divided for word in self.vocabulary if (divided := parts(word, self.vocabulary))}
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        options = f"tokenize='unicode61 remove_diacritics 0', prefix='{_PREFIXES}', content=''"
        self._db.execute(f"CREATE VIRTUAL TABLE found USING fts5({', '.join(COLUMNS)}, {options})")
        self._db.executemany(
            f"INSERT INTO found(rowid, {', '.join(COLUMNS)}) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})",
            ([number, *self._row(document)] for number, document in enumerate(self.documents)),
        )
        self._db.commit()

    def __del__(self) -> None:
        self._db.close()

    def _row(self, document: Document) -> list[str]:
        cells: dict[str, list[str]] = {column: [] for column in COLUMNS}
        for mark, lang, text in _texts(document):
            found = tokens(text)
            stems = [stem(word, lang) for word in found]
            cells[mark + ("En" if lang == "en" else "Sv")] += stems
            cells["folded"] += map(fold, stems)
            if lang != "en":
                cells["parts"] += [stem(part, lang) for word in found for part in self.compounds.get(word, ())]
        return [" ".join(cells[column]) for column in COLUMNS]

    def find(self, question: str) -> list[Hit]:
        """Return every record that has all that a question looks for, best first; equals stand by their IRI.

        A record whose whole name is the question comes before all others.
        """
        terms = read(question)
        if not terms:
            return []
        asked = "SELECT rowid, bm25(found, {}) FROM found WHERE found MATCH ?".format(", ".join(map(str, WEIGHTS)))
        with self._lock:
            rows = self._db.execute(
                asked, (" AND ".join(_expression(term, self.vocabulary) for term in terms),)
            ).fetchall()
        found = [
            Hit(d, round(-score * d.collection.weight, 4)) for d, score in ((self.documents[n], s) for n, s in rows)
        ]
        whole = tokens(question)
        return sorted(found, key=lambda hit: (not _is_named(hit, whole), -hit.score, str(hit.document.record["id"])))

    def suggestions(self, question: str) -> list[str]:
        """Return other questions, for one that finds nothing: each has words that there are and finds something."""
        asked = tokens(question)
        near = {word: self._near(word) for word in asked if word not in self.vocabulary}
        corrected = [" ".join((near.get(word) or [word])[0] for word in asked)] if near else []
        others = [n for found in near.values() for n in found]
        single = [word for word in asked if word in self.vocabulary] if len(asked) > 1 else []
        tried = dict.fromkeys([*corrected, *others, *single])
        return [text for text in tried if text != question and self.find(text)][:MOST_SUGGESTIONS]

    def _near(self, word: str) -> list[str]:
        folded = fold(word)
        like = [w for w in self.vocabulary if abs(len(w) - len(word)) <= 2 and fold(w)[:1] == folded[:1]]
        return get_close_matches(word, like, n=MOST_SUGGESTIONS, cutoff=0.75)


def _is_named(hit: Hit, whole: Sequence[str]) -> bool:
    return any(tokens(text) == whole for text in hit.document.label.values())


def _texts(document: Document) -> Iterator[tuple[str, str, str]]:
    for mark, texts in document.texts:
        for lang, text in texts.items():
            yield mark, lang, text


def _expression(term: Term, known: Container[str]) -> str:
    """Return what a term is in the language of FTS5: its stems in their language, or a word that begins so.

    A word that is not known may be misspelt or half written, so only what begins with all of it is found.
    """
    swedish, english = (" ".join(stem(word, lang) for word in term.words) for lang in ("sv", "en"))
    found = [f'{{{_SWEDISH}}} : "{swedish}"', f'{{{_ENGLISH}}} : "{english}"', f'folded : "{fold(swedish)}"']
    if len(term.words) == 1:
        found.append(f'parts : "{swedish}"')
        begun = [("folded", fold(term.words[0]))]
        if term.words[0] in known:
            begun = [(_SWEDISH, swedish), (_ENGLISH, english), ("folded", fold(swedish))]
        found += (f'{{{columns}}} : "{word}" *' for columns, word in begun if len(word) >= SHORTEST_PREFIX)
    return f"({' OR '.join(found)})"


async def index_of(engine: Engine, holdings: Holdings) -> Index:
    """Return the index of a release, made when it is first asked for. Raises what ``Engine.query`` raises."""
    async with holdings.locks[_KEY]:
        kept = holdings.others.get(_KEY)
        if isinstance(kept, Index):
            return kept
        tables = [(c, await holdings.table(engine, c)) for c in collections().values()]
        documents = [_document(c, record) for c, table in tables for record in table.records]
        made = await asyncio.to_thread(Index, documents)
        holdings.others[_KEY] = made
        return made


def _document(collection: Collection, record: Record) -> Document:
    shown = sorted((f for f in collection.fields if f.search), key=lambda f: _MARKS.index(f.search))
    values = [(f.search, record[f.name]) for f in shown if record[f.name]]
    texts = [(mark, dict(value) if isinstance(value, Mapping) else {"und": str(value)}) for mark, value in values]
    return Document(collection, record, tuple(texts))
