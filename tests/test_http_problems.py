"""Problems (RFC 9457) and what surrounds every answer: languages, pages, headers, CORS, failures."""

import re

import pytest

from evidensgraf.graph.engine import (
    EngineBusy,
    EngineError,
    EngineUnavailable,
    LimitExceeded,
    NotAcceptable,
    QueryFailed,
    QueryRefused,
    QuerySyntaxError,
)
from evidensgraf.service.problem_types import BY_STATUS, PROBLEM_TYPES
from evidensgraf.service.settings import Settings, SettingsError, read_settings

MEMBERS = {"type", "title", "status", "detail", "instance", "errors"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Failing:
    """An engine that answers every query with one exception."""

    def __init__(self, error):
        self.error = error

    async def query(self, text, media_type="", **more):
        raise self.error

    async def close(self):
        pass


@pytest.mark.parametrize(
    ("error", "status", "name", "members"),
    [
        (QuerySyntaxError("unexpected 'x'", 3, 7), 400, "query-syntax", {"line": 3, "column": 7}),
        (QueryFailed("The query could not be evaluated: …."), 400, "query-failed", {}),
        (QueryRefused("SERVICE is refused: …"), 403, "query-refused", {}),
        (NotAcceptable("ASK", ["text/csv"]), 406, "not-acceptable", {"available": ["text/csv"]}),
        (LimitExceeded("seconds", 10.0, "…"), 503, "deadline", {"limit": "seconds", "value": 10.0}),
        (LimitExceeded("memory_mb", 1024.0, "…"), 503, "memory-limit", {"limit": "memory_mb"}),
        (LimitExceeded("rows", 100.0, "…"), 413, "answer-too-large", {"limit": "rows", "value": 100.0}),
        (LimitExceeded("size_mb", 64.0, "…"), 413, "answer-too-large", {"limit": "size_mb"}),
        (EngineBusy(7), 503, "busy", {}),
        (EngineUnavailable("connection refused"), 503, "unavailable", {}),
        (EngineError("something else"), 400, "bad-request", {}),
        (ZeroDivisionError("secret"), 500, "internal-error", {}),
    ],
)
@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D", "/doc/finding/x.ttl", "/api/v1/findings"])
def test_every_failure_of_the_engine_is_a_problem(client_of, error, status, name, members, lang, path):
    response = client_of(Failing(error)).get(path, accept_language=lang)
    problem = response.json()
    assert response.status_code == problem["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["content-language"] == lang
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept, Accept-Language"
    assert set(problem) >= MEMBERS
    assert problem["type"] == f"https://w3id.org/evidensgraf/problems/{name}"
    assert problem["title"] == PROBLEM_TYPES[name].title[lang]
    assert members.items() <= problem.items()
    assert "secret" not in response.text
    assert response.headers.get("retry-after") == ("7" if name == "busy" else None)
    assert problem["instance"].endswith("#" + response.headers["x-request-id"])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/sparql?query=ASK+{+SERVICE+<http://x/>+{}+}", "anropar inga andra tjänster"),
        ("/sparql?query=ASK+FROM+<http://x/>+{}", "FROM <http://x/> utförs inte"),
        ("/sparql?query=DROP+ALL", "DROP utförs inte: tjänsten är skrivskyddad"),
        ("/sparql?query=ASK+{}&default-graph-uri=http://x/", "ingen graf <http://x/>"),
        ("/sparql?query=ASK+{", "rad 1, kolumn 5: denna { är inte stängd"),
        ("/sparql?query=ASK+{+?s+?p+'x+}", "texten som börjar med ' här är inte avslutad"),
        ("/sparql?query=ASK+{+?s+nope:x+?o+}", "prefixet nope: är inte deklarerat"),
        ("/sparql?query=FIND+{}", "en fråga börjar med SELECT, ASK, CONSTRUCT eller DESCRIBE, inte med FIND"),
        ("/sparql?query=ASK+{}+ASK+{}", "en fråga i taget: en andra börjar med detta ASK"),
        ("/sparql?query=ASK+{+?s+5+?o+}", "oväntat eller ofullständigt vid '"),
        ("/sparql?query=ASK+{(}", "( före denna } är inte stängd"),
        ("/sparql?query=ASK+{}}", "det finns ingen { till denna }"),
        ("/sparql?query=SELECT+*+" + "{" * 501 + "}" * 501, "nästlad djupare än 500 nivåer"),
        (
            "/sparql?query=SELECT+(<http://x/>(1)+AS+?x)+{}",
            "Frågan kunde inte utföras: funktionen <http://x/> finns inte.",
        ),
        ("/queries/labels?x=y", "labels har ingen parameter 'x', och inga andra"),
        ("/queries/record?x=y", "record har ingen parameter 'x'. Dess parametrar: resource"),
        ("/queries/record", "record behöver ett värde för 'resource'"),
        ("/queries/record?resource=A+B", "'A B' är inte en IRI"),
    ],
)
def test_what_the_engine_and_the_catalogue_say_is_said_in_swedish(client, path, words):
    detail = client.get(path, accept_language="sv").json()["detail"]
    assert words in detail
    for english in ("Tjänsten svarade", "unexpected", "possible", "missing", " is ", "refused"):
        assert english not in detail


def test_an_unexpected_failure_is_logged_under_its_request(client_of, caplog):
    response = client_of(Failing(ZeroDivisionError("the reason"))).get("/doc/finding/x", x_request_id="request-1234")
    assert response.headers["x-request-id"] == "request-1234"
    assert "request-1234" in caplog.text
    assert "the reason" in caplog.text


def test_a_request_id_that_could_break_a_log_is_replaced(client):
    assert re.fullmatch(
        r"[0-9a-f]{16}-[0-9a-f]+", client.get("/health", x_request_id="x y\tz<script>").headers["x-request-id"]
    )


@pytest.mark.parametrize("name", PROBLEM_TYPES)
def test_every_type_leads_to_an_explanation(client, name):
    document = client.get(f"/problems/{name}").json()
    assert document["type"].endswith(f"/problems/{name}")
    assert set(document["title"]) == set(document["explanation"]) == {"sv", "en"}
    assert document["title"]["sv"] != document["title"]["en"]
    for lang in ("sv", "en"):
        page = client.get(f"/problems/{name}?lang={lang}", BROWSER)
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert document["title"][lang] in page.text


def test_the_types_are_listed_and_every_status_has_one(client):
    assert {p["type"].rsplit("/", 1)[-1] for p in client.get("/problems").json()["problems"]} == set(PROBLEM_TYPES)
    for status, name in BY_STATUS.items():
        assert PROBLEM_TYPES[name].status == status


@pytest.mark.parametrize("path", ["/no/such/page", "/doc/finding/no-such", "/queries/no-such"])
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_a_browser_gets_a_problem_as_a_page(client, path, lang):
    page = client.get(path, BROWSER, accept_language=lang)
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-language"] == lang
    assert PROBLEM_TYPES["not-found"].title[lang] in page.text


def test_a_problem_is_json_when_nothing_is_preferred(client):
    for accept in (None, "*/*", "application/json", "image/png"):
        assert client.get("/no/such/page", accept).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/sparql", "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/doc/finding/x", "GET, HEAD, OPTIONS"),
        ("POST", "/graph/concepts", "GET, HEAD, OPTIONS"),
        ("PATCH", "/api/v1/findings", "GET, HEAD, OPTIONS"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("POST", "/health", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_is_not_there_is_405_with_what_is(client, method, path, allow):
    response = client.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allow
    assert response.json()["type"].endswith("/method-not-allowed")
    assert client.request("OPTIONS", path).headers["allow"] == allow


EVERYWHERE = [
    ("/", BROWSER),
    ("/interventions", BROWSER),
    ("/findings", BROWSER),
    ("/recommendations", BROWSER),
    ("/sources", BROWSER),
    ("/about", BROWSER),
    ("/accessibility", BROWSER),
    ("/sparql", BROWSER),
    ("/sparql", "text/turtle"),
    ("/sparql?query=ASK%7B%7D", "*/*"),
    ("/sparql?query=ASK%7B", "*/*"),
    ("/queries", "*/*"),
    ("/health", "*/*"),
    ("/doc/intervention/hasky", BROWSER),
    ("/doc/intervention/hasky", "text/turtle"),
    ("/doc/intervention/hasky", "image/png"),
    ("/id/intervention/hasky", "*/*"),
    ("/id/intervention/nobody", "*/*"),
    ("/def/", "text/turtle"),
    ("/graph/concepts", "*/*"),
    ("/context/v1.jsonld", "*/*"),
    ("/api/v1/findings", "*/*"),
    ("/api/v1/findings?limit=x", "*/*"),
    ("/api/v1/openapi.json", "*/*"),
    ("/problems/busy", "*/*"),
    ("/catalog", "text/turtle"),
    ("/nowhere", "*/*"),
    ("/static/style.css", "*/*"),
    ("/static/x", "*/*"),
]


@pytest.mark.parametrize(("path", "accept"), EVERYWHERE)
def test_every_answer_has_its_headers(client, release, path, accept):
    response = client.get(path, accept, origin="https://example.org")
    assert response.status_code < 500, response.text
    headers = response.headers
    assert headers["vary"] == "Accept, Accept-Language"
    assert headers["evidensgraf-release"] == release.id
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["access-control-allow-origin"] == "*"
    assert {"Link", "ETag", "Location", "Content-Language"} <= set(headers["access-control-expose-headers"].split(", "))
    assert "access-control-allow-credentials" not in headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'")
    assert "unsafe" not in policy
    assert headers["x-request-id"]
    if response.status_code == 200 and path not in ("/health",):
        tag = headers["etag"]
        assert client.get(path, accept, if_none_match=tag).status_code == 304


def test_a_preflight_is_answered(client):
    response = client.request(
        "OPTIONS", "/sparql", headers={"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    )
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-allow-methods"] == "GET, HEAD, POST"
    assert "Content-Type" in response.headers["access-control-allow-headers"]


@pytest.mark.parametrize("root_path", ["", "/evidensgraf"])
def test_options_of_the_whole_service(client_of, engine, runner, root_path):
    app, sent = client_of(engine, root_path=root_path).app, []
    scope = {"type": "http", "method": "OPTIONS", "path": "*", "raw_path": b"*", "query_string": b"", "headers": []}

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    runner.run(app(scope, receive, send))
    assert sent[0]["status"] == 204
    assert (b"allow", b"GET, HEAD, OPTIONS, POST") in sent[0]["headers"]


@pytest.mark.parametrize(
    ("path", "reference"),
    [
        ("/no/%C3%A5%20%22%3C%3E%25%23?x=1", "/no/%C3%A5%20%22%3C%3E%25%23"),
        ("/" + "å" * 400, "/" + "%C3%A5" * 83),
        ("/" + "x" * 5000, "/" + "x" * 499),
        ("http://service.test//example.org/x", "/.//example.org/x"),
    ],
)
def test_the_instance_is_a_uri_reference_of_bounded_length(client, path, reference):
    instance = client.get(path).json()["instance"]
    assert re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+", instance.partition("#")[0])
    assert len(instance.partition("#")[0]) <= 500
    assert instance.partition("#")[0].startswith(reference)


def test_lines_of_one_header_are_one_list(client):
    def get(path, *lines):
        return client.request("GET", path, headers=list(lines))

    accept = [("Accept", "image/png"), ("Accept", "text/turtle;q=0.5"), ("Accept", "application/n-triples")]
    assert get("/doc/intervention/hasky", *accept).headers["content-type"] == "application/n-triples"
    languages = [("Accept-Language", "de"), ("Accept-Language", "en")]
    assert get("/about", *languages).headers["content-language"] == "en"
    problem = get("/nowhere", *languages, ("Accept", "image/png"), ("Accept", "text/html"))
    assert problem.headers["content-language"] == "en"
    assert problem.headers["content-type"].startswith("text/html")
    tag = client.get("/api/v1/findings").headers["etag"]
    assert get("/api/v1/findings", ("If-None-Match", '"x"'), ("If-None-Match", tag)).status_code == 304


def test_health_asks_nothing_of_the_engine(client_of, release):
    response = client_of(Failing(EngineUnavailable("gone"))).get("/health")
    assert response.json() == {"status": "ok", "release": release.id, "sha256": release.digest}
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "70000", "from 0 to 65535"),
        ("PORT", "x", "whole number"),
        ("WORKERS", "0", "from 1"),
        ("QUEUE", "-1", "from 0"),
        ("SECONDS", "0", "above 0"),
        ("SECONDS", "nan", "above 0"),
        ("MEMORY_MB", "1", "from 64"),
        ("ROWS", "1e3", "whole number"),
        ("SIZE_MB", "", "from 1"),
        ("PUBLIC_BASE", "w3id.org", "http"),
        ("ROOT_PATH", "e", "a path"),
        ("HOST", "a b", "host name"),
        ("CONTACT", "nobody", "e-mail address"),
        ("PUBLISHER_TYPE", "Authority", "NationalAuthority"),
    ],
)
def test_a_bad_setting_is_one_clear_sentence(name, value, words):
    with pytest.raises(SettingsError) as error:
        read_settings({f"EVIDENSGRAF_{name}": value})
    assert str(error.value).startswith(f"EVIDENSGRAF_{name} is '{value}'; it takes ")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_settings_are_read_from_the_environment():
    settings = read_settings(
        {
            "EVIDENSGRAF_PUBLIC_BASE": "https://example.org/e",
            "EVIDENSGRAF_ROOT_PATH": "/e/",
            "EVIDENSGRAF_SECONDS": "2.5",
            "EVIDENSGRAF_ROWS": "10",
            "PORT": "1",
        }
    )
    assert settings == Settings(public_base="https://example.org/e/", root_path="/e", seconds=2.5, rows=10)
    assert (settings.limits.seconds, settings.limits.rows) == (2.5, 10)
    assert read_settings({}) == Settings()


def test_every_setting_is_documented():
    for name in Settings.__dataclass_fields__:
        assert f"- ``{name}``: " in Settings.__doc__
