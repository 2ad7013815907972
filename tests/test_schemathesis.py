"""The OpenAPI document and the service say the same: schemathesis calls every operation with what the document allows,
and with what it does not.

One of its checks does not hold here, ``positive_data_acceptance``: a filter by something that the release does not have
is 400, with what it has instead, and what it has is not in the document.
"""

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

OPTIONS = hypothesis.settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture(scope="module")
def api(server):
    """The document, with the server under test as its server."""
    base = f"http://127.0.0.1:{server.port}/api/v1"
    config = schemathesis.Config.from_dict(
        {"base-url": base, "request-timeout": 120}
    )  # the first check starts its processes
    return schemathesis.openapi.from_url(f"{base}/openapi.json", config=config)


def unread(query, name):
    """Whether the choice of a representation is given without a value, or several times, of which the first counts.

    Clients do both (SPARQLWrapper), so neither is refused.
    """
    return name in query and not (isinstance(query[name], str) and query[name])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_the_service_does_what_its_description_says(api, mode):
    operations = [result.ok() for result in api.get_all_operations()]
    assert len(operations) > 8
    for operation in operations:
        if mode == GenerationMode.NEGATIVE and not operation.query:
            continue

        @OPTIONS
        @hypothesis.given(operation.as_strategy(generation_mode=mode))
        def call(case):
            hypothesis.assume(not any(unread(case.query or {}, name) for name in ("format", "lang")))
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        call()
