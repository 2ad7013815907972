"""What the fuzzers share: a generator of requests that people, programs and attackers might send, from a seed."""

import asyncio
import re
from urllib.parse import quote, unquote

from evidensgraf.queries import catalogue

WORDS = (
    *(
        "",
        "0",
        "1",
        "-1",
        "99999999999999999999",
        "NaN",
        "null",
        "true",
        "sv",
        "en",
        "xx",
        "..",
        ".",
        "/",
        "//",
        "\\",
        "*",
    ),
    *(
        "a" * 300,
        "å ä ö",
        "%",
        "%2e%2e%2f",
        "%00",
        "\x00",
        "\x1b[31m",
        "\r\nX-Evil: 1",
        "'",
        '"',
        "a" * 5000,
        "{{7*7}}",
    ),
    *("<script>alert(1)</script>", "${7*7}", "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "file:///etc/passwd"),
    *("http://127.0.0.1:9/", "\ud7ff", "\U0001f600", "\u202e", "ttl", "jsonld", "html", "json", "csv", "ev:Finding"),
    *("https://w3id.org/evidensgraf/graph/bibliography", "id,title", "-title", "_:b"),
)
PAIRS = ("intervention/bostad-forst", "appraisal/stockholmsjobb-bedomning", "class/Finding", "x/bostad-forst")
REAL = (
    *("bostad-forst", "stockholmsjobb-bedomning", "Finding", "evidence-chain", "not-found", "bibliography", "site.css"),
    *("interventions", "Intervention"),
)
METHODS = (
    *("GET",) * 30,
    *("HEAD",) * 4,
    *("POST",) * 4,
    *("OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"),
    "get",
)
MEDIA = (
    *("*/*", "text/html", "application/json", "text/turtle", "application/ld+json", "application/rdf+xml", "text/csv"),
    *("application/sparql-results+json", "application/sparql-results+xml;q=0.5", "application/trig", "image/png", "*"),
    *("application/problem+json", "text/turtle;q=2", ";;;", 'text/html;a="', "a/b/c", "/", "text/html;q=", "\xff\xfe"),
    *("text/*", "application/n-quads", "application/linkset+json", "application/openmetrics-text"),
)
CONTENT = (
    *("application/sparql-query", "application/x-www-form-urlencoded", "application/sparql-update", "application/json"),
    *(
        "application/sparql-query; charset=utf-16",
        'application/sparql-query;charset="',
        "multipart/form-data",
        "x",
        ";",
    ),
    *("multipart/form-data; boundary=x", "text/plain; charset=nope", "application/sparql-query; charset*=utf-8''x"),
    *("\xff", ""),
)
HEADERS = {
    "accept": MEDIA,
    "accept-language": ("sv", "en;q=0.1, sv;q=0", "xx", "*", "en-GB,en;q=0.9", ",,,", "sv;q=nine", "\xe5"),
    "accept-encoding": ("gzip", "identity;q=0", "*;q=0", "br, \x00"),
    "content-type": CONTENT,
    "if-none-match": ("*", '"x"', 'W/"x"', "x", '"' * 50, ","),
    "if-match": ("*", '"x"', ""),
    "if-modified-since": ("Thu, 01 Jan 1970 00:00:00 GMT", "yesterday", "Fri, 99 Foo 9999 99:99:99 GMT"),
    "if-unmodified-since": ("Thu, 01 Jan 1970 00:00:00 GMT", "0"),
    "if-range": ('"x"', "0"),
    "range": ("bytes=0-0", "bytes=5-1", "bytes=-1", "bytes=0-,0-,0-", "lines=1", "bytes=" + "9" * 50),
    "host": ("evil.example", "", "a b", "[::1", "x:99999"),
    "x-request-id": ("abcdefgh", "x" * 100, "\xff" * 10),
    "x-forwarded-for": ("1.2.3.4", "x, y", "::1, " * 50),
    "expect": ("100-continue", "x"),
    "origin": ("null", "https://evil.example"),
    "access-control-request-method": ("PUT", ""),
    "cookie": ("a=b", "=" * 100),
    "authorization": ("Basic Og==", "Bearer x"),
}
PARAMETERS = (
    *("query", "update", "format", "lang", "default-graph-uri", "named-graph-uri", "page", "limit", "sort", "fields"),
    *("q", "type", "graph", "default", "intervention", "verdict", "resource", "source", "offset", "x", ""),
)
QUERIES = (
    *(query.text for query in catalogue.load().values()),
    *("ASK {}", "SELECT * { ?s ?p ?o } LIMIT 3", "DESCRIBE <http://e/>", "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 3"),
)
TOKENS = (
    *("{", "}", "(", ")", "[", "]", "<", ">", "'", '"', "'''", ".", ";", ",", "?x", "$x", "*", "+", "^", "/", "|", "!"),
    *("\\", "SELECT", "SERVICE", "FROM", "GRAPH", "UNION", "FILTER", "OPTIONAL", "VALUES", "UNDEF", "BIND", "MINUS"),
    *("LOAD", "INSERT", "\\u0053", "\\uD800", "\\U00110000", "<http://e/>", "ev:", "_:", "@sv", "1e999", "# ", "\x00"),
    *("\ufeff", "LIMIT -1"),
)


class Requests:
    """An endless source of requests, the same for the same seed."""

    def __init__(self, random, templates):
        self.random, self.templates = random, templates

    def request(self):
        """Return a method, a raw target, headers, and a body, all in bytes but the method."""
        one = self.random
        method = one.choice(METHODS)
        path = self.path()
        pairs = [(one.choice(PARAMETERS), self.value()) for _ in range(one.choice((0, 0, 1, 1, 2, 5)))]
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs).encode()
        if one.random() < 0.05:
            query = self.garbage(60)
        headers = [(name.encode(), self.header(name)) for name in one.sample(sorted(HEADERS), one.randrange(5))]
        body = b""
        if method in ("POST", "PUT", "PATCH") or one.random() < 0.03:
            body = one.choice((self.sparql().encode(errors="replace"), b"query=" + query, self.garbage(200), b""))
        return method, path, re.sub(rb"[\x00-\x20\x7f-\xff#]", b"+", query), headers, body

    def path(self):
        """Return a raw path: that of a route with values in it, or anything."""
        one = self.random
        if one.random() < 0.1:
            return b"/" + re.sub(rb"[\x00-\x20\x7f-\xff?#]", b"%ff", self.garbage(30))
        template = one.choice(self.templates)
        words, pairs = (REAL, PAIRS) if one.random() < 0.7 else (WORDS, ("{x}/{x}",))
        template = template.replace("{kind}/{name}", one.choice(pairs))
        path = re.sub(r"\{[^}]*\}", lambda _: quote(one.choice(words), safe="%./\\"), template)
        if one.random() < 0.6:
            return path.encode()
        path += one.choice((".ttl", ".html", ".json", "/", "//", "/..", "%00", ";x", ".%74tl", "%2f..%2f"))
        return quote(path, safe="/%.;,:@!$&'()*+=~\\{}|^`<>\"").encode()

    def value(self):
        """Return the value of a parameter."""
        one = self.random
        return self.sparql() if one.random() < 0.4 else one.choice(WORDS + MEDIA)

    def header(self, name):
        """Return the value of a header, at times a damaged one."""
        value = self.random.choice(HEADERS[name])
        if self.random.random() < 0.1:
            value = ", ".join([value] * self.random.choice((2, 30)))
        return re.sub(rb"[\r\n\x00]", b"", value.encode("latin-1", "replace"))

    def sparql(self):
        """Return a query with some of its tokens dropped, doubled, swapped or replaced."""
        one = self.random
        pieces = re.findall(r"\s+|\w+|[^\w\s]", one.choice(QUERIES))
        for _ in range(one.choice((0, 1, 1, 2, 5, 20))):
            at = one.randrange(len(pieces))
            match one.randrange(5):
                case 0:
                    pieces[at] = ""
                case 1:
                    pieces[at] *= one.choice((2, 50))
                case 2:
                    other = one.randrange(len(pieces))
                    pieces[at], pieces[other] = pieces[other], pieces[at]
                case 3:
                    pieces[at] = one.choice(TOKENS + WORDS)
                case 4:
                    pieces.insert(at, f" {one.choice(TOKENS)} ")
        return "".join(pieces)[:20_000]

    def garbage(self, most):
        """Return any bytes."""
        return self.random.randbytes(self.random.randrange(1, most))


async def call(app, method, path, query, headers, body, client="192.0.2.1"):
    """Call an application as a server would, and return the status, the headers and the body of its answer."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": (client, 1),
        "server": ("service.test", 80),
    }
    sent = []
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive():
        message = next(messages, None)
        if message is None:
            await asyncio.Event().wait()
        return message

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], sent[0]["headers"], b"".join(m.get("body", b"") for m in sent[1:])
