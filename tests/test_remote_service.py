"""The whole service over an endpoint: the same pages, API, chains and queries, and problems that say what is wrong."""

import json

import pytest

from evidensgraf.graph.endpoint import Endpoint
from evidensgraf.graph.remote import RemoteEngine, open_remote
from evidensgraf.graph.upload import upload
from evidensgraf.graph.writing import writer
from evidensgraf.service import backend, cli
from evidensgraf.service.app import create_app
from evidensgraf.service.settings import Settings, SettingsError, read_settings
from tests.conftest import Client
from tests.remote import Stalling, answering, oxigraph, reply, serving


@pytest.fixture(scope="module")
def there(runner, remote):
    """A client of the service over the remote engine."""
    return Client(runner, create_app(remote, remote.release, Settings()))


PATHS = [
    "/",
    "/quality",
    "/interventions",
    "/recommendations",
    "/sources",
    "/doc/intervention/bostad-forst.html",
    "/doc/appraisal/hasky-bedomning.html?lang=en",
    "/api/v1/interventions?limit=5",
    "/api/v1/appraisals/hasky-bedomning",
    "/api/v1/appraisals/hasky-bedomning/evidence-chain",
    "/api/v1/appraisals/stockholmsjobb-bedomning/evidence-chain",
    "/queries/findings-of-intervention?intervention=hasky&format=csv",
    "/health",
    "/.well-known/void?format=ttl",
    "/sparql?query=SELECT+*+%7B+%3Fs+a+ev%3AAppraisal+%7D+ORDER+BY+%3Fs&format=json",
    "/sparql?query=SELECT+*+%7B+%3Fs+a+ev%3AAppraisal+%7D+ORDER+BY+%3Fs&format=tsv",
    "/sparql?query=SELECT+*+%7B+%3Fs+a+ev%3AAppraisal+%7D+ORDER+BY+%3Fs&format=html",
    "/sparql?query=SELECT+*+%7B+%3Fs+%3Fp",
    "/id/intervention/bostad-forst",
    "/id/intervention/no-such-thing",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_door_answers_as_it_does_over_a_release_here(client, there, path):
    here, found = client.get(path, "*/*"), there.get(path, "*/*")
    assert found.status_code == here.status_code
    if here.status_code < 400:
        assert found.content == here.content
        assert found.headers.get("etag") == here.headers.get("etag")
    else:
        assert found.json()["type"] == here.json()["type"]
        assert found.json()["detail"] == here.json()["detail"]


def test_the_dumps_of_a_release_are_not_at_the_endpoint(there, release):
    answer = there.get(f"/releases/{release.id}/evidensgraf.nq")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


def problem(runner, release, url, seconds=10.0):
    """Return the problem that /sparql answers with over an endpoint."""
    settings = Settings(seconds=seconds)
    engine = RemoteEngine(Endpoint(url), release, settings.limits)
    runner.run(engine.start())
    try:
        client = Client(runner, create_app(engine, release, settings))
        answer = client.get("/sparql?query=ASK+%7B+%3Fs+a+ev%3AFinding+%7D", Accept_Language="sv")
        return answer.status_code, answer.json()
    finally:
        runner.run(engine.close())


def test_an_endpoint_that_is_down_is_a_problem(runner, release):
    with Stalling() as closed:
        url = closed.url
    status, document = problem(runner, release, url)
    assert (status, document["type"].rsplit("/", 1)[-1]) == (503, "unavailable")
    assert url not in json.dumps(document)


def test_an_endpoint_that_is_slow_is_a_problem(runner, release):
    with serving(Stalling()) as stalling:
        status, document = problem(runner, release, stalling.url, seconds=0.5)
    assert (status, document["type"].rsplit("/", 1)[-1]) == (503, "deadline")


def test_an_endpoint_that_is_none_is_a_problem(runner, release):
    with answering(lambda handler: reply(handler, 200, "text/html", b"<html></html>")) as base:
        status, document = problem(runner, release, base)
    assert (status, document["type"].rsplit("/", 1)[-1]) == (502, "engine-fault")
    assert document["detail"] == "Databasen svarade med text/html, inte med ett SPARQL-svar."


def test_a_release_that_is_published_is_served_from_then_on(runner, release, other_release):
    with oxigraph() as base:
        endpoint = Endpoint(f"{base}/query")
        to = writer(endpoint)
        upload(endpoint, to, other_release)
        settings = Settings(endpoint=endpoint.query)
        engine = runner.run(open_remote(endpoint, settings.limits))
        app = create_app(engine, engine.release, settings)
        client, served = Client(runner, app), app.state.served
        following = backend.Following(served, settings)
        query = "/sparql?query=SELECT+(COUNT(*)+AS+%3Fn)+%7B+%3Fs+%3Fp+%3Fo+%7D&format=csv"
        before = client.get(query)
        assert before.text.split() == ["n", "3"]
        to.delete("https://w3id.org/evidensgraf/graph/announcement")
        runner.run(following.look())
        suspended = client.get("/sparql?query=ASK+%7B%7D")
        assert suspended.status_code == 503
        upload(endpoint, to, release)
        runner.run(following.look())
        after = client.get(query)
        assert after.text.split() == ["n", str(release.manifest["quads"])]
        assert after.headers["etag"] != before.headers["etag"]
        assert after.headers["evidensgraf-release"] == release.id
        runner.run(following.close())
        runner.run(served.serving.engine.close())


@pytest.fixture
def command(monkeypatch, capsys):
    """Run a command with an endpoint in the environment; return its status, output and errors."""

    def run(*arguments, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(f"EVIDENSGRAF_{name.upper()}", value)
        status = cli.main(arguments)
        return status, *capsys.readouterr()

    return run


def test_commands_ask_the_endpoint(command, published, release, tmp_path):
    empty = ("--releases", str(tmp_path / "never"))
    status, chain, _ = command("chain", "appraisal/hasky-bedomning", *empty, endpoint=published.query)
    assert (status, chain.splitlines()[0]) == (
        0,
        "HASKY is promising but needs an evaluation with more caseworkers and a comparison group",
    )
    status, rows, _ = command("query", "actors", "-f", "csv", *empty)
    assert status == 0 and rows.count("\n") > 5
    assert not (tmp_path / "never").exists()


def test_an_endpoint_without_a_release_says_what_to_do(command):
    with oxigraph() as base:
        status, _, said = command("query", "actors", endpoint=f"{base}/query")
    assert status == 1
    assert said == (
        f"evidensgraf: {base}/query has no release of this graph. "
        f"Publish one there with: evidensgraf publish --endpoint {base}/query\n"
    )


def test_publish_is_a_command(command, other_release):
    with oxigraph() as base:
        url, named = f"{base}/query", ("--release", str(other_release.path))
        status, printed, progress = command("publish", "--endpoint", url, *named)
        assert status == 0 and printed.startswith(url) and "announced release" in progress
        status, _, said = command("publish", "--endpoint", f"{base}/nowhere/query", *named)
        assert status == 1 and "status 404" in said
    assert command("publish", *named)[0::2] == (
        1,
        "evidensgraf: name the endpoint with --endpoint, or in EVIDENSGRAF_ENDPOINT\n",
    )


def test_credentials_never_show():
    secret = {"USER": "u", "PASSWORD": "se-cret", "TOKEN": "to-ken"}
    environment = {f"EVIDENSGRAF_ENDPOINT_{name}": value for name, value in secret.items()}
    settings = read_settings(environment | {"EVIDENSGRAF_ENDPOINT": "https://store.test/sparql"})
    for shown in (repr(settings), repr(backend.endpoint_of(settings))):
        assert "se-cret" not in shown and "to-ken" not in shown
    with pytest.raises(SettingsError) as error:
        read_settings({"EVIDENSGRAF_ENDPOINT": "https://u:se-cret@store.test/sparql"})
    assert "se-cret" not in str(error.value)
