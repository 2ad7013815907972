"""The W3C test suite of the SPARQL 1.1 Graph Store HTTP Protocol, every entry of its manifests, over the application.

The service only reads. So each writing request of an entry must be refused with 405, and each reading one is sent to a
service over the store as the writing ones before it would have left it.
"""

from email import message_from_bytes, policy
from urllib.parse import parse_qsl, quote, urljoin

import pytest
from rdflib import RDF, Graph

from evidensgraf.graph.pool import LocalEngine
from evidensgraf.ontology.namespaces import graph_iri, slugify
from evidensgraf.service.app import create_app
from evidensgraf.service.settings import Settings
from tests.conftest import Client
from tests.w3c import MF, entries, local, manifest, messages, release_of

MANIFESTS = {how: manifest(f"graph-store-protocol/manifest-{how}.ttl") for how in ("direct", "indirect")}
ENTRIES = [
    (how, entry) for how, found in MANIFESTS.items() for entry in sorted(found[: RDF.type : MF.GraphStoreProtocolTest])
]
"""Every test that is described; one of them (head_non_existing_direct) is in no list of entries."""
READING = ("GET", "HEAD")
DEFAULT = graph_iri("default")
"""The graph that a test's triples of the default graph are put in: the default graph is the union of all graphs."""
MADE = "http://www.example/gsp/made"
"""The graph that a POST to the store itself would have made; the manifest leaves its name to the service."""


def placed(message):
    """Return the address at the service of what a request names, and the IRI of that graph."""
    path, _, query = message.path.replace("$LOCATION$", quote(MADE)).partition("?")  # its percent-encoding is kept
    pairs = parse_qsl(query, keep_blank_values=True)
    if path != "/gsp":
        slug = slugify(path.removeprefix("/gsp/"))
        return f"/graph/{slug}", graph_iri(slug)
    if dict(pairs).get("graph"):
        return f"/graphs?{query}", urljoin("http://www.example/gsp", dict(pairs)["graph"])
    return ("/graphs?default", DEFAULT) if pairs else ("/graphs", MADE)


def parts(message):
    """Return the Turtle documents in the body of a request."""
    kind = message.headers.get("content-type", "text/turtle")
    if not kind.startswith("multipart/"):
        return [message.body.decode()]
    whole = f"Content-Type: {kind}\r\n\r\n".encode() + message.body
    return [part.get_content() for part in message_from_bytes(whole, policy=policy.HTTP).iter_parts()]


def written(state, message, iri):
    """Return the graphs of the store after a writing request."""
    state = {name: graph for name, graph in state.items() if name != iri or message.method == "POST"}
    if message.method in ("PUT", "POST"):
        state[iri] = sum(
            (Graph().parse(data=text, format="turtle", publicID=iri) for text in parts(message)),
            start=state.get(iri, Graph()),
        )
    return state


@pytest.fixture
def read(tmp_path, runner):
    """Send a reading request to a service over given graphs."""

    async def started(state):
        release = release_of(tmp_path, {iri: g.serialize(format="nt").encode() for iri, g in state.items()})
        engine = LocalEngine(release, workers=1)
        await engine.start()
        return release, engine

    def send(state, method, address, headers):
        release, engine = runner.run(started(state))
        try:
            return Client(runner, create_app(engine, release, Settings())).request(method, address, headers=headers)
        finally:
            runner.run(engine.close())

    return send


def test_the_manifests_are_whole():
    assert [len(entries(found)) for found in MANIFESTS.values()] == [4, 9]
    assert len(ENTRIES) == 14


@pytest.mark.parametrize(("how", "entry"), ENTRIES, ids=[local(entry) for _, entry in ENTRIES])
def test_an_entry_of_the_manifest(client, read, how, entry):
    state = {}
    for message in messages(MANIFESTS[how], entry):
        address, iri = placed(message)
        if message.method not in READING:
            refused = client.request(message.method, address, content=message.body, headers=message.headers)
            assert refused.status_code == 405
            assert refused.headers["allow"] == "GET, HEAD, OPTIONS"
            assert refused.json()["type"].endswith("/problems/method-not-allowed")
            state = written(state, message, iri)
            continue
        answer = read(state, message.method, address, message.headers)
        assert answer.status_code in message.status, (address, answer.text)
        for name, value in message.expected_headers.items():
            assert answer.headers[name] == value
        if message.method == "GET" and answer.status_code == 200:
            expected = Graph().parse(data=message.expected_body, format="turtle", publicID=iri)
            assert len(expected) > 0
            assert Graph().parse(data=answer.text, format="turtle").isomorphic(expected)
        if message.method == "HEAD":
            assert answer.content == b""
