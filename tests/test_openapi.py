"""The description of the REST API fits its answers, and its page shows all of it."""

import json
import re

import jsonschema_rs
import pytest

from evidensgraf.service.api_docs import rules
from tests.rest_api import API, content, parameters, resolved


def test_every_answer_is_as_it_is_described(document, operations, client):
    """Live answers, whole and with chosen fields, fit their schemas, which are closed."""
    for path, operation in operations.items():
        if "{slug}" in path:
            continue
        schema = {**content(document, operation)["schema"], "components": document["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema)
        listed = client.get(f"{API}{path}?limit=500" if path != "/api-info" else f"{API}{path}").json()
        validator.validate(listed)
        if "fields" in {p["name"] for p in parameters(document, operation)}:
            validator.validate(client.get(f"{API}{path}?fields=id&limit=2").json())
        for item in listed.get("items", [])[:12]:
            for more in (path + "/{slug}", path + "/{slug}/evidence-chain", path + "/{slug}/impact"):
                if more in operations:
                    one = {**content(document, operations[more])["schema"], "components": document["components"]}
                    answer = client.get(f"{API}{more.replace('{slug}', item['slug'])}").json()
                    jsonschema_rs.Draft202012Validator(one).validate(answer)


def test_every_name_that_a_filter_lists_can_be_used(document, operations, client):
    tried = 0
    for path, operation in operations.items():
        for parameter in parameters(document, operation):
            names = resolved(document, parameter["schema"]).get("enum", [])
            if parameter["in"] == "query" and parameter["name"] not in ("format", "lang", "standing"):
                for name in names[:: max(1, len(names) // 2)]:
                    tried += 1
                    response = client.request("GET", API + path, params={parameter["name"]: name, "limit": 1})
                    assert response.status_code == 200, (path, parameter["name"], name)
    assert tried > 200


def test_every_reference_leads_somewhere_and_every_component_is_used(document):
    text = json.dumps(document)
    used = set(re.findall(r"#/components/(\w+)/([\w-]+)", text))
    there = {(part, name) for part, found in document["components"].items() for name in found}
    assert used == there


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_page_describes_every_operation_and_rule(client, document, operations, lang):
    for path in (API, f"{API}/", f"{API}/docs"):
        response = client.get(f"{path}?lang={lang}", "text/html")
        assert response.status_code == 200
    text = response.text
    assert "<script" not in text
    assert all(f"{API}{path}" in text for path in operations)
    assert all(rule["id"] in text and rule[lang][:20] in text for rule in rules())
    assert document["info"]["x-limitations"][lang][:60] in text
