"""Words of the full-text search: how texts are divided, inflections taken away, and what somebody looks for is read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import snowballstemmer
import yaml

LONGEST = 200
"""How long a question to the search may be, in characters."""
SHORTEST_PREFIX, SHORTEST_PART = 3, 4
"""Letters that the beginning of a word, and a part of a compound, has at least."""
_WORD = re.compile(r"[^\W_]+")
_QUOTED = re.compile(r'"([^"]*)"|[“”]([^“”]*)[“”]')
_STEMMERS = {"sv": snowballstemmer.stemmer("swedish"), "en": snowballstemmer.stemmer("english")}
_ASCII = str.maketrans({"æ": "ae", "ø": "o", "ß": "ss"})


@dataclass(frozen=True)
class Term:
    """One thing looked for: a word, or several in a row."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Word:
    """One word of a text in lower case, and where it stands there, in characters."""

    text: str
    start: int
    end: int


def words(text: str) -> Iterator[Word]:
    """Give the words of a text; letters and digits make words, everything else divides them."""
    for match in _WORD.finditer(text):
        yield Word(unicodedata.normalize("NFC", match[0].casefold()), match.start(), match.end())


def tokens(text: str) -> list[str]:
    """Return the words of a text in lower case.

    >>> tokens("Bostad först – ja!")
    ['bostad', 'först', 'ja']
    """
    return _WORD.findall(unicodedata.normalize("NFC", text.casefold()))


@cache
def function_words() -> frozenset[str]:
    """Return the words that say nothing of a subject, in both languages (``search.yaml``)."""
    table = yaml.safe_load((files("evidensgraf.service") / "search.yaml").read_text(encoding="utf-8"))
    return frozenset(word for listed in table["functionWords"].values() for word in listed.split())


@lru_cache(maxsize=100_000)
def stem(word: str, lang: str) -> str:
    """Return a word without its inflection (Snowball), as Swedish or, for ``en``, as English.

    Beyond Snowball, the Swedish article ``-et`` and a last ``-s`` are taken away, so that every form of a noun has the
    same stem.

    >>> {stem(word, "sv") for word in ("insats", "insatsen", "insatserna", "insatsernas")}
    {'insat'}
    >>> stem("biståndet", "sv") == stem("bistånd", "sv")
    True
    """
    found: str = _STEMMERS["en" if lang == "en" else "sv"].stemWord(word)
    if lang != "en":
        for ending in ("et", "s"):
            found = found.removesuffix(ending) if len(found) > SHORTEST_PART + len(ending) else found
    return found


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """Return a word without marks on its letters, as somebody without a Swedish keyboard writes it.

    >>> fold("försörjningsstöd")
    'forsorjningsstod'
    """
    marked = unicodedata.normalize("NFKD", word.translate(_ASCII))
    return "".join(c for c in marked if not unicodedata.combining(c))


def read(question: str) -> list[Term]:
    """Return what a question looks for: each word that is not a function word, and each phrase in quotes.

    >>> [term.words for term in read('"ekonomiskt bistånd" för unga')]
    [('ekonomiskt', 'bistånd'), ('unga',)]
    """
    phrases = [tuple(tokens(a or b)) for a, b in _QUOTED.findall(question)]
    single = tokens(_QUOTED.sub(" ", question))
    telling = [word for word in single if word not in function_words()]
    if not telling and not any(phrases):
        telling = single
    return [Term(found) for found in dict.fromkeys([*phrases, *((word,) for word in telling)]) if found]


def parts(word: str, known: Container[str]) -> tuple[str, ...]:
    """Return the two parts of a Swedish compound, where both are known words; nothing for any other word.

    >>> parts("missbruksvård", {"missbruk", "vård"})
    ('missbruk', 'vård')
    """
    for middle in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
        head, last = word[:middle], word[middle:]
        for first in (head, head.removesuffix("s")):
            if len(first) >= SHORTEST_PART and first in known and last in known:
                return first, last
    return ()
