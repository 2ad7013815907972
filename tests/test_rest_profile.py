"""Digg's REST API profile 1.2, rule by rule, over the description of the API and over live answers.

Every rule of ``service/api_profile.yaml`` that is kept, wholly or partly, has a test named by its id.
"""

import json
import re
from urllib.parse import urlsplit

import jsonschema_rs

from evidensgraf.service.api_docs import rules
from evidensgraf.service.app import create_app
from evidensgraf.service.settings import Settings
from tests.rest_api import API, content, parameters, responses

CAMEL = re.compile(r"[a-z][A-Za-z0-9]*")


def example(document, operation):
    return content(document, operation)["examples"]["release"]["value"]


def problems(client):
    return [
        client.get(f"{API}/{path}", **headers)
        for path, headers in (
            ("findings?limit=0", {}),
            ("findings/no-such-finding", {}),
            ("findings", {"accept": "image/png"}),
            ("findings", {"if_match": '"other"'}),
            ("nothing", {}),
        )
    ]


def whole(schema):
    """Every object schema in a schema, itself included."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for value in schema.values():
            yield from whole(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from whole(value)


def members(document):
    return {
        name for schema in document["components"]["schemas"].values() for s in whole(schema) for name in s["properties"]
    }


def test_every_rule_that_is_kept_has_a_test_here():
    names = {name.removeprefix("test_") for name in globals() if re.fullmatch(r"test_[a-z]{3}_\d\d", name)}
    kept = {rule["id"].lower().replace(".", "_") for rule in rules() if rule["status"] in ("met", "partly")}
    assert names == kept
    for rule in rules():
        assert rule["level"] in ("SKALL", "BÖR")
        assert {"sv", "en"} <= set(rule)
        assert (rule["status"] == "met") == ("note" not in rule), rule["id"]


def test_dok_01(document, client):
    assert {"description", "url"} <= set(document["externalDocs"])
    path = urlsplit(document["externalDocs"]["url"]).path.removeprefix("/evidensgraf")
    assert client.get(path, "text/html").status_code == 200


def test_dok_03(document):
    info = document["info"]
    assert all(info[key] for key in ("version", "title", "description", "termsOfService"))
    assert set(info["contact"]) == {"name", "url"}  # no e-mail address is invented: see the note of the rule
    assert set(info["license"]) == {"name", "url"}


def test_dok_06(document, operations):
    swedish, english = document["info"]["description"].strip().split("\n\n")
    assert swedish.startswith("**Svenska.**")
    assert english.startswith("**English.**")
    texts = [op[key] for op in operations.values() for key in ("summary", "description")]
    texts += [p["description"] for op in operations.values() for p in parameters(document, op)]
    texts += [r["description"] for op in operations.values() for r in responses(document, op).values()]
    texts += [tag["description"] for tag in document["tags"]]
    for text in texts:
        assert text.count(" / ") == 1, text


def test_dok_07(document):
    assert "socialt arbete" in document["info"]["description"]


def test_dok_08(document):
    assert set(document["info"]["x-sla"]) == {"availability", "responseTime", "support"}


def test_dok_09(document, release, engine):
    assert set(document["info"]["x-limitations"]) == {"sv", "en"}
    assert "begränsning" in document["info"]["description"]
    other = create_app(engine, release, Settings(rows=7)).openapi()
    assert "7 rows" in other["info"]["x-limitations"]["en"]


def test_dok_11(document):
    assert len(document["info"]["description"].strip()) > 500


def test_dok_15(document, operations):
    for path, operation in operations.items():
        schema = {**content(document, operation)["schema"], "components": document["components"]}
        jsonschema_rs.Draft202012Validator(schema).validate(example(document, operation))
        for status, said in responses(document, operation).items():
            if status >= "400":
                ((_, shown),) = said["content"]["application/problem+json"]["examples"].items()
                schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
                jsonschema_rs.Draft202012Validator(schema).validate(shown["value"]), path


def test_dok_17(document):
    assert document["openapi"].startswith("3.1")


def test_dok_19(operations):
    assert all(operation["description"].strip() and operation["summary"].strip() for operation in operations.values())
    assert len({operation["operationId"] for operation in operations.values()}) == len(operations)


def test_dok_20(document, operations):
    for path, operation in operations.items():
        said = responses(document, operation)
        assert {"200", "304", "400", "406", "412", "413", "500", "503"} <= set(said)
        assert ("404" in said) == ("{slug}" in path)
        assert all(response["description"] for response in said.values())
        assert "422" not in said


def test_dot_01(operations, document):
    def dates(value, key=""):
        if isinstance(value, dict):
            for name, item in value.items():
                yield from dates(item, name)
        elif isinstance(value, list):
            for item in value:
                yield from dates(item, key)
        elif isinstance(value, str) and key in ("issued", "periodStart", "periodEnd", "date", "apiReleased"):
            yield value

    found = [date for operation in operations.values() for date in dates(example(document, operation))]
    assert found
    assert all(re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", date) for date in found)


def test_dot_04(document):
    schemas = document["components"]["schemas"]
    assert schemas["ApiInfo"]["properties"]["apiReleased"]["format"] == "date"
    patterns = [
        s["properties"][n] for v in schemas.values() for s in whole(v) for n in s["properties"] if n == "issued"
    ]
    assert patterns
    assert all("RFC 3339" in json.dumps(schema) for schema in patterns)


def test_res_02(document, operations):
    personal = {"pnr", "personalidentitynumber", "personnummer", "personnr", "ssn", "socialsecuritynumber"}
    assert not personal & {p["name"].lower() for op in operations.values() for p in parameters(document, op)}


def test_res_06(operations):
    for path in operations:
        assert re.fullmatch(r"(/([a-z0-9]+(-[a-z0-9]+)*|\{[a-z][A-Za-z]*\}))+", path), path


def test_ufn_01(document, operations):
    (server,) = document["servers"]
    assert re.fullmatch(r"https://[a-z0-9.-]+(/[a-z0-9-]+)*/api/v1", server["url"])
    assert all(re.fullmatch(r"/[a-z0-9-]+(/\{slug\}(/[a-z-]+)?)?", path) for path in operations)


def test_ufn_05(document, operations, client):
    longest = max(len(document["servers"][0]["url"] + path) for path in operations) + 200
    assert longest < 2048
    page = client.get(f"{API}/findings?limit=500").json()["items"]
    assert max(len(record["id"]) for record in page) < 2048


def test_ufn_07(document, operations):
    for path in [document["servers"][0]["url"].partition("://")[2], *operations]:
        assert re.fullmatch(r"[a-z0-9.~/-]+", path.replace("{slug}", "")), path


def test_ufn_08(operations):
    assert any("-" in path for path in operations)
    assert not any(mark in path for path in operations for mark in "_.~+,;")


def test_ufn_09(document, operations):
    names = [p["name"] for op in operations.values() for p in parameters(document, op) if p["in"] == "path"]
    assert names
    assert not any("_" in text or " " in text for text in [document["servers"][0]["url"], *operations, *names])


def test_ame_01(document, operations, client):
    for path, operation in operations.items():
        assert "application/json" in responses(document, operation)["200"]["content"], path
    body = client.get(f"{API}/findings").content
    assert json.loads(body.decode("utf-8"))  # RFC 8259: UTF-8
    assert not body.startswith(b"\xef\xbb\xbf")


def test_ame_02(client, operations):
    for accept in (None, "*/*", "text/html,*/*;q=0.8"):
        for path in ("findings", "api-info", "search?q=arbete"):
            assert client.get(f"{API}/{path}", accept).headers["content-type"] == "application/json"
    assert not any("requestBody" in operation for operation in operations.values())


def test_ame_04(document):
    assert all(CAMEL.fullmatch(name) for name in members(document) - {"@context", "@graph"})  # JSON-LD's own keywords


def test_ame_05(document, operations):
    def keys(value):
        if isinstance(value, dict):
            for key, item in value.items():
                yield key
                yield from keys(item)
        elif isinstance(value, list):
            for item in value:
                yield from keys(item)

    for path, operation in operations.items():
        shown = example(document, operation)
        counted = set(shown.pop("types", {})) if path == "/search" else set()  # classes, not members
        assert all(CAMEL.fullmatch(key) for key in keys(shown)), path
        assert all(re.fullmatch("[A-Z][A-Za-z]+", name) for name in counted)


def test_ame_07(document):
    assert all(name.isalnum() for name in members(document) - {"@context", "@graph"})


def test_arq_01(client):
    response = client.request("GET", f"{API}/search", params={"q": "försörjningsstöd"})
    assert response.json()["q"] == "försörjningsstöd"
    assert "charset=utf-8" in client.get(f"{API}/findings?format=csv").headers["content-type"]


def test_arq_03(client):
    response = client.get(f"{API}/findings", "application/json")
    assert response.headers["cache-control"]
    assert "Accept" in response.headers["vary"]
    again = client.get(f"{API}/findings", "application/json", if_none_match=response.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"{API}/findings", cookie="a=b", connection="close", cache_control="no-cache").status_code == 200


def test_arq_05(document, operations):
    assert not [p for op in operations.values() for p in parameters(document, op) if p["in"] in ("header", "cookie")]


def test_fel_01(document, client):
    schema = document["components"]["schemas"]["Problem"]
    assert {"type", "title", "status", "detail", "instance"} <= set(schema["required"])
    wanted = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    for response in problems(client):
        jsonschema_rs.Draft202012Validator(wanted).validate(response.json())
        assert response.json()["status"] == response.status_code


def test_fel_02(document, operations, client):
    for operation in operations.values():
        for status, said in responses(document, operation).items():
            if status >= "400":
                assert list(said["content"]) == ["application/problem+json"]
    found = problems(client)
    assert [response.status_code for response in found] == [400, 404, 406, 412, 404]
    assert {response.headers["content-type"] for response in found} == {"application/problem+json"}


def test_ver_05(document):
    assert re.search(r"/v\d+$", document["servers"][0]["url"])
    assert document["info"]["version"].startswith("1.")


def test_ver_06(document, client, release):
    info = client.get(f"{API}/api-info").json()
    assert {"apiName", "apiVersion", "apiReleased", "apiDocumentation", "apiStatus"} <= set(info)
    assert info["apiVersion"] == document["info"]["version"]
    assert info["release"] == release.id
    path = urlsplit(info["apiDocumentation"]).path.removeprefix("/evidensgraf")
    assert client.get(path, "text/html").status_code == 200


def queries(document, operations):
    return [p for op in operations.values() for p in parameters(document, op) if p["in"] == "query"]


def test_fns_01(document, operations):
    assert all(CAMEL.fullmatch(p["name"]) for p in queries(document, operations))


def test_fns_03(document, operations):
    assert all(p["name"][0].isalpha() for p in queries(document, operations))


def test_fns_05(document, operations, client):
    assert not any(p["required"] for p in queries(document, operations))
    for path in operations:
        if "{" not in path:
            assert client.get(f"{API}{path}").status_code == 200, path


def test_fns_06(document, operations):
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]+", p["name"]) for p in queries(document, operations))


def paged(document, operations):
    for path, operation in operations.items():
        names = {p["name"]: p["schema"] for p in parameters(document, operation)}
        if names.keys() & {"limit", "page", "offset"}:
            yield path, names


def test_fns_07(document, operations):
    found = dict(paged(document, operations))
    assert {"/findings", "/sources", "/search"} <= set(found)
    assert all({"limit", "page"} <= set(names) for names in found.values())


def test_fns_08(document, operations, client):
    for path, names in paged(document, operations):
        assert (names["page"]["minimum"], names["page"]["default"]) == (1, 1), path
    assert client.get(f"{API}/findings?page=0").status_code == 400


def test_fns_09(document, operations, client):
    for path, names in paged(document, operations):
        assert (names["limit"]["default"], names["limit"]["minimum"], names["limit"]["maximum"]) == (20, 1, 500), path
    assert len(client.get(f"{API}/findings").json()["items"]) == 20


def test_sak_09(document, client):
    assert "securitySchemes" not in document["components"]
    assert "www-authenticate" not in client.get(f"{API}/findings", authorization="Basic eDp5").headers


def test_sak_10(document, operations):
    assert "security" not in document
    assert not any("security" in operation for operation in operations.values())


def test_sak_15(document, operations, client):
    secret = {"key", "apikey", "token", "accesstoken", "password", "secret"}
    assert not secret & {p["name"].lower() for p in queries(document, operations)}
    assert client.get(f"{API}/findings?token=x").status_code == 400


def test_sak_16(operations, client):
    for path in ("findings", "findings/x", "api-info"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert client.request(method, f"{API}/{path}").status_code == 405


def test_for_02(operations):
    assert not any("requestBody" in operation for operation in operations.values())
