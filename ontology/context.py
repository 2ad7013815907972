"""The JSON-LD context of the project: short names for its terms, never fetched from anywhere."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from evidensgraf.ontology.namespaces import BASE

CONTEXT_IRI = BASE + "context/v1.jsonld"
"""The IRI of the context."""


@cache
def context_bytes() -> bytes:
    """Return the context document, ``ontology/context.jsonld``, as it is served at ``/context/v1.jsonld``."""
    return (files("evidensgraf.ontology") / "context.jsonld").read_bytes()


@cache
def context() -> dict[str, Any]:
    """Return the context: term → IRI or term definition."""
    found: dict[str, Any] = json.loads(context_bytes())["@context"]
    return found
