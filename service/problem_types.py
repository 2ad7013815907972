"""The kinds of problem the service answers with: their status, their title, and what to do, in Swedish and English."""

from __future__ import annotations

from dataclasses import dataclass

Text = dict[str, str]
"""A text by language: ``sv`` and ``en``."""


@dataclass(frozen=True)
class ProblemType:
    """One kind of problem: its name in the type IRI, its status code, its title, and an explanation with a way out."""

    name: str
    status: int
    title: Text
    explanation: Text


def _type(name: str, status: int, sv: str, en: str, explained_sv: str, explained_en: str) -> ProblemType:
    return ProblemType(name, status, {"sv": sv, "en": en}, {"sv": explained_sv, "en": explained_en})


_ALL = (
    _type(
        "bad-request",
        400,
        "Begäran kan inte läsas",
        "The request cannot be read",
        "Begäran saknar något som behövs eller innehåller något som motsäger sig självt. Rätta det som detail anger.",
        "The request lacks something it needs or contradicts itself. Correct what detail says.",
    ),
    _type(
        "invalid-parameter",
        400,
        "En parameter har ett ogiltigt värde",
        "A parameter has an invalid value",
        "errors anger varje parameter som inte kan användas och varför. Rätta värdet eller utelämna parametern.",
        "errors names each parameter that cannot be used and says why. Correct the value or leave the parameter out.",
    ),
    _type(
        "query-syntax",
        400,
        "Frågan är inte giltig SPARQL",
        "The query is not valid SPARQL",
        "line och column anger var tolkningen stannade, räknat från 1. Felet står där eller strax före. "
        "Språket är SPARQL 1.1 Query; prefix som ev:, skos: och dcterms: är redan deklarerade.",
        "line and column say where parsing stopped, counted from 1. The mistake is there or just before. "
        "The language is SPARQL 1.1 Query; prefixes such as ev:, skos: and dcterms: are declared already.",
    ),
    _type(
        "query-failed",
        400,
        "Frågan kan inte utföras",
        "The query cannot be evaluated",
        "Frågan är SPARQL, men den anropar en funktion som inte finns eller är för djupt nästlad. detail anger vad det "
        "gäller. Använd funktionerna i SPARQL 1.1 och färre parenteser.",
        "The query is SPARQL, but it calls a function that does not exist or is nested too deeply. detail says which. "
        "Use the functions of SPARQL 1.1, and fewer brackets.",
    ),
    _type(
        "query-refused",
        403,
        "Frågan utförs inte",
        "The query is refused",
        "Tjänsten läser bara sin egen utgåva: den anropar inga andra tjänster (SERVICE), hämtar inga grafer utifrån "
        "(FROM) och ändrar ingenting. Ta bort den delen av frågan eller ladda ner utgåvan och fråga den hos dig.",
        "The service only reads its own release: it calls no other service (SERVICE), fetches no graph (FROM) and "
        "changes nothing. Remove that part of the query, or download the release and query it yourself.",
    ),
    _type(
        "update-refused",
        403,
        "Uppdateringar tas inte emot",
        "Updates are refused",
        "Tjänsten är skrivskyddad: SPARQL Update finns inte. Fel i innehållet rättas i källfilerna till nästa utgåva.",
        "The service is read-only: there is no SPARQL Update. Errors in the content are corrected in the source files "
        "for the next release.",
    ),
    _type(
        "not-found",
        404,
        "Sidan eller resursen finns inte",
        "Not found",
        "Adressen svarar inte mot något i den här utgåvan. Adresser som liknar den är uppräknade, när det finns några.",
        "The address corresponds to nothing in this release. Similar addresses are listed where there are any.",
    ),
    _type(
        "method-not-allowed",
        405,
        "Metoden stöds inte här",
        "Method not allowed",
        "Svarshuvudet Allow listar de metoder som adressen svarar på.",
        "The response header Allow lists the methods that the address answers.",
    ),
    _type(
        "not-acceptable",
        406,
        "Inget format passar",
        "No representation fits",
        "available listar det som finns. Välj något av det med Accept, Accept-Language, ?format= eller ?lang=.",
        "available lists what there is. Choose one with Accept, Accept-Language, ?format= or ?lang=.",
    ),
    _type(
        "request-timeout",
        408,
        "Begäran kom inte fram i tid",
        "The request did not arrive in time",
        "Begäran ska vara framme i sin helhet inom en halv minut. Skicka den igen, i ett stycke.",
        "The whole request has to arrive within half a minute. Send it again, in one piece.",
    ),
    _type(
        "precondition-failed",
        412,
        "Ett villkor i begäran gäller inte",
        "A condition of the request does not hold",
        "If-Match eller If-Unmodified-Since nämner ett annat svar än det som finns nu. Hämta adressen utan villkoret.",
        "If-Match or If-Unmodified-Since names another answer than the one there is now. Get the address without it.",
    ),
    _type(
        "content-too-large",
        413,
        "Begäran är för stor",
        "The request is too large",
        "En begäran får ha högst 1 MB innehåll. Dela upp frågan.",
        "A request may carry at most 1 MB of content. Divide the query.",
    ),
    _type(
        "draft-too-large",
        413,
        "Utkastet är för stort",
        "The draft is too large",
        "detail anger hur stort ett utkast får vara. Dela upp det, eller kontrollera det på en egen dator med "
        "kommandot evidensgraf check.",
        "detail says how large a draft may be. Divide it, or check it on a computer of your own with the command "
        "evidensgraf check.",
    ),
    _type(
        "draft-unreadable",
        422,
        "Utkastet kan inte läsas",
        "The draft cannot be read",
        "detail anger vad som är fel och var, och errors vart och ett av felen när de är flera. Rätta det och lämna "
        "utkastet igen. Det är inte sparat.",
        "detail says what is wrong and where, and errors each of the faults where there are several. Correct it and "
        "submit the draft again. It has not been stored.",
    ),
    _type(
        "check-unavailable",
        501,
        "Utkast kan inte kontrolleras här",
        "Drafts cannot be checked here",
        "Tjänsten är inställd på att inte kontrollera utkast, eller svarar ur en annan utgåva än den som den har "
        "själv. Använd kommandot evidensgraf check på en egen dator.",
        "The service is set to check no drafts, or answers from another release than the one that it has itself. Use "
        "the command evidensgraf check on a computer of your own.",
    ),
    _type(
        "answer-too-large",
        413,
        "Svaret är för stort",
        "The answer is too large",
        "Svaret har fler rader eller byte än gränsen, och ett avkortat svar ges aldrig. "
        "limit anger vilken gräns och value dess värde. Lägg till LIMIT och OFFSET eller fråga efter mindre.",
        "The answer has more rows or bytes than the limit, and a shortened answer is never given. "
        "limit says which limit and value its setting. Add LIMIT and OFFSET, or ask for less.",
    ),
    _type(
        "uri-too-long",
        414,
        "Adressen är för lång",
        "The address is too long",
        "Sökväg och frågesträng får vara högst 32 768 byte. Skicka en lång fråga med POST.",
        "A path and a query string may have at most 32,768 bytes. Send a long query with POST.",
    ),
    _type(
        "range-not-satisfiable",
        416,
        "Filen har inte den delen",
        "The file does not have that part",
        "Range anger en del som börjar efter filens slut. Content-Range anger filens storlek i byte.",
        "Range asks for a part that starts after the end of the file. Content-Range gives its size in bytes.",
    ),
    _type(
        "unsupported-media-type",
        415,
        "Innehållstypen stöds inte",
        "Unsupported media type",
        "En fråga skickas som application/sparql-query eller application/x-www-form-urlencoded, i UTF-8.",
        "A query is sent as application/sparql-query or application/x-www-form-urlencoded, in UTF-8.",
    ),
    _type(
        "too-many-requests",
        429,
        "För många begäranden",
        "Too many requests",
        "Varje klient får ställa så många begäranden som RateLimit-Policy anger. Försök igen efter så många sekunder "
        "som Retry-After anger, eller ladda ner utgåvan och fråga den hos dig.",
        "Each client may make as many requests as RateLimit-Policy says. Try again after the number of seconds in "
        "Retry-After, or download the release and query it yourself.",
    ),
    _type(
        "headers-too-large",
        431,
        "Begärans huvuden är för stora",
        "The headers of the request are too large",
        "En begäran får ha högst 100 huvuden och 64 kB sammanlagt. Skicka färre eller kortare.",
        "A request may have at most 100 headers and 64 kB of them. Send fewer or shorter ones.",
    ),
    _type(
        "internal-error",
        500,
        "Något gick fel i tjänsten",
        "Something went wrong in the service",
        "Felet är vårt och har loggats. Ange instance om du rapporterar det.",
        "The fault is ours and has been logged. Quote instance if you report it.",
    ),
    _type(
        "engine-fault",
        502,
        "Databasen bakom tjänsten svarade fel",
        "The database behind the service answered wrongly",
        "Databasen svarade, men inte med ett helt svar på frågan, och en del av ett svar lämnas aldrig vidare. detail "
        "anger vad som kom. Fråga efter mindre åt gången om svaret kapades; annars är felet vårt och har loggats.",
        "The database answered, but not with a whole answer to the query, and a part of an answer is never passed on. "
        "detail says what came. Ask for less at a time if the answer was cut; otherwise it is our fault, and logged.",
    ),
    _type(
        "deadline",
        503,
        "Frågan tog för lång tid",
        "The query took too long",
        "Frågan stoppades vid tidsgränsen och inget av svaret skickades. Gör mönstren mer bestämda, fråga efter mindre "
        "åt gången, eller ladda ner utgåvan och kör frågan hos dig.",
        "The query was stopped at its deadline and nothing of the answer was sent. Make its patterns more specific, "
        "ask for less at a time, or download the release and run it yourself.",
    ),
    _type(
        "memory-limit",
        503,
        "Frågan behövde för mycket minne",
        "The query needed too much memory",
        "Frågan stoppades vid minnesgränsen. Undvik kartesiska produkter och sortering av stora mellanresultat.",
        "The query was stopped at its memory limit. Avoid Cartesian products and sorting large intermediate results.",
    ),
    _type(
        "busy",
        503,
        "Tjänsten är upptagen",
        "The service is busy",
        "Alla arbetsprocesser används och kön är full. Försök igen efter så många sekunder som Retry-After anger.",
        "Every worker is taken and the queue is full. Try again after the number of seconds in Retry-After.",
    ),
    _type(
        "stopping",
        503,
        "Tjänsten håller på att stoppas",
        "The service is stopping",
        "Den här processen tar snart inte emot fler begäranden. Försök igen efter så många sekunder som Retry-After "
        "anger.",
        "This process will soon take no more requests. Try again after the number of seconds in Retry-After.",
    ),
    _type(
        "unavailable",
        503,
        "Tjänsten kan inte svara just nu",
        "The service cannot answer right now",
        "Databasen bakom tjänsten svarar inte. Försök igen om en stund.",
        "The database behind the service does not answer. Try again in a while.",
    ),
)

PROBLEM_TYPES: dict[str, ProblemType] = {kind.name: kind for kind in _ALL}
"""Every kind of problem, by name."""

BY_STATUS: dict[int, str] = {
    400: "bad-request",
    403: "query-refused",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "request-timeout",
    412: "precondition-failed",
    413: "content-too-large",
    414: "uri-too-long",
    415: "unsupported-media-type",
    416: "range-not-satisfiable",
    429: "too-many-requests",
    431: "headers-too-large",
    500: "internal-error",
    502: "engine-fault",
    503: "unavailable",
}
"""The kind of problem that stands for a bare status code."""
