"""What tests of the REST API share: how its lists are followed, and how its description is read."""

import re

from evidensgraf.service.collections import collections

API = "/api/v1"
COLLECTIONS = tuple(collections())


def links(response):
    return {rel: target for target, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', response.headers["link"])}


def follow(client, path):
    """The records of a list from a page on, by its links to the next page."""
    found = []
    while path:
        response = client.get(path)
        found += response.json()["items"]
        path = links(response).get("next")
    return found


def resolved(document, value):
    while "$ref" in value:
        _, part, name = value["$ref"].removeprefix("#/").split("/")
        value = document["components"][part][name]
    return value


def parameters(document, operation):
    return [resolved(document, p) for p in operation["parameters"]]


def responses(document, operation):
    return {status: resolved(document, said) for status, said in operation["responses"].items()}


def content(document, operation, media_type="application/json"):
    return responses(document, operation)["200"]["content"][media_type]
