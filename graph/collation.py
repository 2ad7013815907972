"""Collation: the order of the Swedish alphabet, in which å, ä and ö are letters after z and other marks are not."""

from __future__ import annotations

import unicodedata

_AFTER_Z = str.maketrans({"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}", "ü": "y", "ß": "ss", "ð": "d", "þ": "th"})
"""Letters with a place of their own → a character that sorts there (``{|}`` stand after ``z`` in ASCII)."""


def swedish_order(text: str) -> tuple[str, str]:
    """Return a key that sorts texts as Swedish does, whatever their case; equals are told apart by their spelling.

    >>> sorted(["Öl", "äpple", "Ål", "zon", "Éva", "eva"], key=swedish_order)
    ['eva', 'Éva', 'zon', 'Ål', 'äpple', 'Öl']
    """
    placed = unicodedata.normalize("NFC", text.casefold()).translate(_AFTER_Z)
    letters = "".join(c for c in unicodedata.normalize("NFKD", placed) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() or c in "{|}" else " " for c in letters).split()), text.casefold()
