"""Publishing at an endpoint: by graph store or by update, again and again, with credentials, whole or not at all."""

import base64
import hashlib
import re

import pytest

from evidensgraf.graph.announcement import ANNOUNCEMENT, UNION, announced, open_published, select
from evidensgraf.graph.endpoint import Endpoint
from evidensgraf.graph.engine import EngineFault
from evidensgraf.graph.release import ReleaseError
from evidensgraf.graph.upload import batches, upload
from evidensgraf.graph.writing import GraphStore, Update, writer
from tests.remote import answering, forward, oxigraph, reply


@pytest.fixture(scope="module")
def empty():
    """The address of an Oxigraph server that this module has for itself."""
    with oxigraph() as base:
        yield base


def graphs(endpoint):
    return {g for (g,) in select(endpoint, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", 20, {})}


@pytest.mark.parametrize(("how", "kind"), [("graph-store", GraphStore), ("update", Update), ("auto", GraphStore)])
def test_a_release_is_published_either_way_again_and_again(empty, other_release, release, how, kind, tmp_path):
    endpoint, lines = Endpoint(f"{empty}/query"), []
    to = writer(endpoint, how=how)
    assert isinstance(to, kind)
    upload(endpoint, to, release if how == "update" else other_release)
    upload(endpoint, to, other_release, progress=lines.append)
    found, _ = open_published(endpoint, tmp_path, 1000)
    assert (found.id, found.digest, found.graphs) == (other_release.id, other_release.digest, other_release.graphs)
    assert graphs(endpoint) == {*other_release.graphs, UNION, ANNOUNCEMENT}
    joined = select(endpoint, "SELECT ?g { ?s ?p ?b . GRAPH ?g { ?b ?q ?o } FILTER(isBlank(?b)) }", 20, {
        "default-graph-uri": [UNION], "named-graph-uri": found.graphs
    })  # fmt: skip
    assert joined == [(other_release.graphs[0],)], "a blank node is one in its graph and in the union"
    assert lines[-1].startswith(f"announced release {other_release.id}")


def test_what_was_interrupted_is_not_announced(empty, other_release, tmp_path):
    endpoint = Endpoint(f"{empty}/query")
    to = writer(endpoint)

    class Breaks:
        batch, replace, delete = to.batch, staticmethod(to.replace), staticmethod(to.delete)

        def unite(self, union, files):
            raise EngineFault("broken")

    upload(endpoint, to, other_release)
    with pytest.raises(EngineFault, match="broken"):
        upload(endpoint, Breaks(), other_release)
    assert announced(endpoint) is None
    with pytest.raises(ReleaseError, match="evidensgraf publish"):
        open_published(endpoint, tmp_path, 1000)


def test_a_release_that_lost_triples_is_not_announced_and_not_served(empty, other_release, tmp_path):
    endpoint = Endpoint(f"{empty}/query")
    to = writer(endpoint)

    class Loses:
        batch, delete, unite = to.batch, staticmethod(to.delete), staticmethod(to.unite)

        def replace(self, graph, parts):
            to.replace(graph, [b"".join(b"".join(parts).splitlines(keepends=True)[1:])])

    with pytest.raises(EngineFault, match="nothing is announced"):
        upload(endpoint, Loses(), other_release)
    upload(endpoint, to, other_release)
    to.replace(other_release.graphs[0], [b""])
    with pytest.raises(ReleaseError, match="has 0 triples, not 3"):
        open_published(endpoint, tmp_path, 1000)


def test_nothing_is_found_where_nothing_can_be_written(empty):
    with pytest.raises(EngineFault, match="cannot be written to"):
        writer(Endpoint(f"{empty}/query"), store=f"{empty}/nowhere", update=f"{empty}/nowhere")


def test_lines_with_a_blank_node_stay_together(tmp_path):
    lines = [b"<urn:%d> <urn:p> <urn:o> .\n" % i for i in range(10)]
    blank = [b"_:b <urn:p> <urn:o> .\n", b"<urn:s> <urn:p> _:b .\n", b'<urn:s> <urn:p> " _:b" .\n']
    file = tmp_path / "some.nt"
    file.write_bytes(b"".join([*lines[:5], blank[0], *lines[5:], *blank[1:]]))
    parts = list(batches(file, 100))
    assert len(parts) > 2 and parts[0].startswith(blank[0] + blank[1])
    assert sorted(b"".join(parts).splitlines(keepends=True)) == sorted([*lines, *blank])


def digest_answer(challenge, user, password, method, uri, nc, cnonce):
    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()

    first, second = md5(f"{user}:store:{password}"), md5(f"{method}:{uri}")
    return md5(f"{first}:{challenge}:{nc}:{cnonce}:auth:{second}")


def allowed(handler, scheme):
    said = handler.headers.get("Authorization", "")
    if scheme == "Basic":
        return said == "Basic " + base64.b64encode(b"u:se-cret").decode()
    if scheme == "Bearer":
        return said == "Bearer to-ken"
    fields = dict(re.findall(r'(\w+)="?([^",]+)"?', said))
    return bool(fields) and fields["response"] == digest_answer(
        "n1", "u", "se-cret", handler.command, handler.path, fields["nc"], fields["cnonce"]
    )


@pytest.mark.parametrize("scheme", ["Basic", "Digest", "Bearer"])
def test_credentials_are_sent_as_the_endpoint_asks(empty, other_release, tmp_path, scheme):
    challenge, refused = 'realm="store", nonce="n1", qop="auth"', []

    def guard(handler):
        if allowed(handler, scheme):
            reply(handler, *forward(handler, empty))
        else:
            refused.append(handler.headers.get("Authorization", ""))
            reply(handler, 401, "text/plain", b"", WWW_Authenticate=f"{scheme} {challenge}")

    with answering(guard) as base:
        given = {"token": "to-ken"} if scheme == "Bearer" else {"user": "u", "password": "se-cret"}
        endpoint = Endpoint(f"{base}/query", **given)
        upload(endpoint, writer(endpoint), other_release)
        assert open_published(endpoint, tmp_path, 1000)[0].digest == other_release.digest
        assert not any(refused), "a password is sent only where it is asked for, in the way it is asked for"
        with pytest.raises(EngineFault, match="EVIDENSGRAF_ENDPOINT_USER"):
            announced(Endpoint(f"{base}/query", **dict.fromkeys(given, "wrong")))
