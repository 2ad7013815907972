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
        r"The query is nested more than (\d+) deep.*",
        r"Frågan är nästlad djupare än \1 nivåer. Skriv den med färre parenteser.",
    ),
    (
        r"The query could not be evaluated: The custom function (<.*?>) is not supported\.",
        r"Frågan kunde inte utföras: funktionen \1 finns inte.",
    ),
    (r"The query could not be evaluated: (.*)", r"Frågan kunde inte utföras: \1"),
    (
        r"The service is busy: .* within (\S+) seconds.*",
        r"Tjänsten är upptagen: alla arbetsprocesser används och ingen blev ledig inom \1 sekunder. Försök igen strax.",
    ),
    (
        r"The service is busy.*",
        "Tjänsten är upptagen: alla arbetsprocesser används och kön är full. Försök igen strax.",
    ),
    (r"(<\w+:)…> is refused: .*", r"\1…> utförs inte: bara funktionerna i SPARQL 1.1 kan användas."),
    (
        r"The endpoint has cut its answer short(?:: it gives at most (\d+) rows)?.*",
        r"Databasen kapade svaret. Fråga efter mindre åt gången; en del av ett svar lämnas aldrig vidare.",
    ),
    (
        r"The endpoint answers with (\S+), which is not an answer.*",
        r"Databasen svarade med \1, inte med ett SPARQL-svar.",
    ),
    (r"The endpoint answers with status (\d+), which.*", r"Databasen svarade med status \1, inte med ett SPARQL-svar."),
    (
        r"The endpoint has nothing at that address \(status (\d+)\)\.",
        r"Databasen finns inte på sin adress (status \1).",
    ),
    (r"The endpoint refuses the call \(status (\d+)\)\..*", r"Databasen tar inte emot anropet (status \1)."),
    (r"The endpoint has moved to .*", "Databasen har flyttat till en annan adress."),
    (r"The endpoint's answer cannot be read: (.*)", r"Databasens svar kan inte läsas: \1"),
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
    (r"^unexpected or incomplete at '", "oväntat eller ofullständigt vid '"),
    (r"^the text that starts with (.) here is not closed", r"texten som börjar med \1 här är inte avslutad"),
    (r"^the prefix (\S*) is not declared", r"prefixet \1 är inte deklarerat"),
    (r"^a query has one of (.*) or (\w+)$", r"en fråga har något av \1 eller \2"),
    (r"^a query starts with (.*) or (\w+), not with (.*)$", r"en fråga börjar med \1 eller \2, inte med \3"),
    (r"^there is no (.) for this (.)$", r"det finns ingen \1 till denna \2"),
    (r"^the (.) before this (.) is not closed", r"\1 före denna \2 är inte stängd"),
    (r"^this (.) is not closed", r"denna \1 är inte stängd"),
    (r"^one query at a time: a second one starts with this ", "en fråga i taget: en andra börjar med detta "),
    (r"^The SELECT contains a variable that is unbound", "SELECT har en variabel som varken är grupperad eller bunden"),
    (r"^Duplicated variable name in SELECT", "SELECT ger samma variabel två gånger"),
    (r"^IRI parsing failed", "adressen (IRI) är inte giltig"),
    (r", near '", ", nära '"),
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
