"""The engine's and the catalogue's English sentences in Swedish."""

from __future__ import annotations

import re

_PATTERNS: tuple[tuple[str, str], ...] = (
    (
        r"SERVICE is refused: .*",
        "SERVICE utförs inte: den här tjänsten anropar inga andra tjänster. Fråga dem själv, eller ladda ner en utgåva "
        "och läs in den bredvid dem.",
    ),
    (
        r"FROM <(.*?)> is refused: .*",
        r"FROM <\1> utförs inte: utgåvan har ingen sådan graf och inget hämtas. Lista graferna med: "
        "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }",
    ),
    (r"(\w+) is refused: .*", r"\1 utförs inte: tjänsten är skrivskyddad och har ingen uppdatering."),
    (r"The release has no graph <(.*?)>.*", r"Utgåvan har ingen graf <\1>, och inget hämtas."),
    (
        r"The query could not be evaluated: it is nested too deeply.*",
        "Frågan kunde inte utföras: den är för djupt nästlad.",
    ),
    (r"The query could not be evaluated: (.*)", r"Frågan kunde inte utföras: \1"),
    (
        r"The service is busy.*",
        "Tjänsten är upptagen: alla arbetsprocesser används och kön är full. Försök igen strax.",
    ),
    (r"The release could not be loaded: (.*)", r"Utgåvan kunde inte läsas in: \1"),
    (r"A (\w+) query can be answered as: (.*)", r"En \1-fråga kan besvaras som: \2"),
    (
        r"(\S+) has no parameter '(.*?)'\. Its parameters: none\.",
        r"\1 har ingen parameter '\2', och inga andra heller.",
    ),
    (r"(\S+) has no parameter '(.*?)'\. Its parameters: (.*)", r"\1 har ingen parameter '\2'. Dess parametrar: \3"),
    (r"(\S+) needs a value for '(.*?)'\.", r"\1 behöver ett värde för '\2'."),
    (r"(\S+): '(.*)' is not an IRI, a CURIE or a slug\.", r"\1: '\2' är inte en IRI, en CURIE eller ett kortnamn."),
    (r"(\S+): '(.*)' is not a (\S+)\.", r"\1: '\2' är inte av typen \3."),
)
_REASON = (
    (r"^unexpected '", "oväntat '"),
    (r"^the query ends too early", "frågan slutar för tidigt"),
    (r"^something is missing or left open before the end", "något saknas eller är inte avslutat före slutet"),
    (r"; possible here: ", "; möjligt här: "),
)


def swedish(sentence: str) -> str:
    """Return a sentence of the engine or the catalogue in Swedish; one that is not known is quoted as it is.

    >>> swedish("appraisals needs a value for 'intervention'.")
    "appraisals behöver ett värde för 'intervention'."
    """
    for pattern, template in _PATTERNS:
        if match := re.fullmatch(pattern, sentence, re.DOTALL):
            return match.expand(template)
    return f"Tjänsten svarade: {sentence}"


def swedish_reason(reason: str) -> str:
    """Return the parser's reason in Swedish, as far as it is made of known words."""
    for pattern, replacement in _REASON:
        reason = re.sub(pattern, replacement, reason)
    return reason
