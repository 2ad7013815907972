"""What the tests share: one release of the curated graph, one engine over it, and a client of the service."""

import asyncio

import httpx
import pytest

from evidensgraf.graph.announcement import open_published
from evidensgraf.graph.build import assemble, build
from evidensgraf.graph.check import Checker
from evidensgraf.graph.endpoint import Endpoint
from evidensgraf.graph.pool import LocalEngine
from evidensgraf.graph.publish import publish
from evidensgraf.graph.remote import RemoteEngine
from evidensgraf.graph.standing import Claim
from evidensgraf.graph.upload import upload
from evidensgraf.graph.writing import writer
from evidensgraf.ontology.namespaces import EV, ID
from evidensgraf.service.app import create_app
from evidensgraf.service.impact import impact_of
from evidensgraf.service.settings import Settings
from tests.remote import oxigraph
from tests.rest_api import API, COLLECTIONS, follow
from tests.serving import Process


class Client:
    """Calls an application over ASGI and waits for the answer; redirects are not followed."""

    def __init__(self, runner, app):
        self.runner, self.app = runner, app

    def request(self, method, path, **options):
        async def call():
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://service.test", timeout=30) as http:
                http.headers.pop("accept")
                return await http.request(method, path, **options)

        return self.runner.run(call())

    def get(self, path, accept=None, **headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("GET", path, headers=given | ({"Accept": accept} if accept else {}))

    def post(self, path, content, content_type=None, **headers):
        given = headers | ({"Content-Type": content_type} if content_type else {})
        return self.request("POST", path, content=content, headers=given)


@pytest.fixture(scope="session")
def release(tmp_path_factory):
    """The release of the curated graph, in a directory of releases of its own."""
    return build(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="session")
def runner():
    """The event loop that the shared engine lives in."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def engine(release, runner):
    """A started engine over the release."""
    engine = LocalEngine(release, workers=Settings().workers)
    runner.run(engine.start())
    yield engine
    runner.run(engine.close())


@pytest.fixture(scope="session")
def checker():
    """What checks drafts with the curated graph: it is made once, and no check changes it."""
    return Checker(assemble()[0], "2026-11-27")


@pytest.fixture
def impact(engine, runner):
    """The impact document of a thing that is given a standing."""
    return lambda thing, standing="withdrawn": runner.run(impact_of(engine, [Claim(ID + thing, "", EV + standing)]))


@pytest.fixture(scope="session")
def client(runner, engine, release):
    """A client of the whole service."""
    app = create_app(engine, release, Settings())
    yield Client(runner, app)
    runner.run(app.state.served.serving.checks.close())


@pytest.fixture
def client_of(runner, release):
    """Make a client of a service over another engine, or with other settings."""
    return lambda engine, **settings: Client(runner, create_app(engine, release, Settings(**settings)))


@pytest.fixture(scope="session")
def server(release, tmp_path_factory):
    """A real server process over the release, with a short deadline, which logs the networks of its clients."""
    log = tmp_path_factory.mktemp("log") / "log.jsonl"
    with Process(release, log, seconds=2, proxies="127.0.0.0/8", log_clients="network") as process:
        yield process


@pytest.fixture(scope="session")
def store_server():
    """The address of an Oxigraph server."""
    with oxigraph() as base:
        yield base


@pytest.fixture(scope="session")
def published(store_server, release):
    """The endpoint that the release was published at."""
    endpoint = Endpoint(f"{store_server}/query")
    upload(endpoint, writer(endpoint), release)
    return endpoint


@pytest.fixture(scope="session")
def remote(published, runner, tmp_path_factory):
    """A remote engine over the published release."""
    found, cap = open_published(published, tmp_path_factory.mktemp("published"), 1000)
    engine = RemoteEngine(published, found, workers=3, cap=cap)
    runner.run(engine.start())
    yield engine
    runner.run(engine.close())


@pytest.fixture(scope="session")
def other_release(tmp_path_factory):
    """A release of one graph with three triples."""
    lines = [
        b"<urn:s> <urn:p> _:c14n0 <https://w3id.org/evidensgraf/graph/other> .\n",
        b'<urn:s> <urn:p> "\xc3\xb6"@sv <https://w3id.org/evidensgraf/graph/other> .\n',
        b"_:c14n0 <urn:p> <urn:o> <https://w3id.org/evidensgraf/graph/other> .\n",
    ]
    return publish(tmp_path_factory.mktemp("other"), "2026-01-01", sorted(lines))


@pytest.fixture(scope="session")
def whole(client):
    """Every list of the REST API, whole: name → records."""
    return {name: follow(client, f"{API}/{name}?limit=500") for name in COLLECTIONS}


@pytest.fixture(scope="session")
def document(client):
    """The description of the REST API."""
    response = client.get(f"{API}/openapi.json")
    assert response.status_code == 200
    return response.json()


@pytest.fixture(scope="session")
def operations(document):
    """The operations of the REST API that read, by path; the only other one checks a draft."""
    others = {path: list(item) for path, item in document["paths"].items() if list(item) != ["get"]}
    assert others == {"/checks": ["post"]}
    return {path: item["get"] for path, item in document["paths"].items() if "get" in item}
