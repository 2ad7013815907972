"""Every IRI that the graph mints is dereferenced: each leads to a document that describes it."""

import asyncio
from collections import defaultdict

import httpx
import pyoxigraph as ox
import pytest

from evidensgraf.ontology.namespaces import BASE, EV, GRAPH, ID

AT_ONCE = 8
NOT_RDF = {BASE + "static/logo.svg": "image/svg+xml"}
"""IRIs of the graph that name a thing which is no RDF, and what it is."""


@pytest.fixture(scope="module")
def minted(release):
    """The IRIs under the project's own that occur in the release, and those of them that something is said of."""
    terms, subjects = set(), set()
    for quad in ox.parse(release.quads.read_bytes(), format=ox.RdfFormat.N_QUADS):
        subjects.add(quad.subject)
        terms |= {quad.subject, quad.predicate, quad.object, quad.graph_name}
    own = {t.value for t in terms if isinstance(t, ox.NamedNode) and t.value.startswith(BASE)}
    assert len(own) > 15_000
    return own, own & {s.value for s in subjects if isinstance(s, ox.NamedNode)}


@pytest.fixture(scope="module")
def fetch(client):
    """Get many addresses of the service, some at once: address → answer."""

    async def all_of(addresses, accept):
        transport = httpx.ASGITransport(app=client.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.test", timeout=60) as http:
            waiting, found = iter(addresses), {}

            async def work():
                for address in waiting:
                    found[address] = await http.get(address, headers={"Accept": accept})
                    for _ in range(3):  # a busy service says so, and a client asks again (RFC 9110 §15.6.4)
                        if found[address].status_code == 503:
                            await asyncio.sleep(int(found[address].headers.get("Retry-After", "1")))
                            found[address] = await http.get(address, headers={"Accept": accept})

            await asyncio.gather(*(work() for _ in range(AT_ONCE)))
            return found

    return lambda addresses, accept: client.runner.run(all_of(addresses, accept))


def path(iri):
    """Return the address of an IRI at the service, without its fragment."""
    return "/" + iri.removeprefix(BASE).partition("#")[0]


def kind(iri):
    """Return what sort of thing a document is about, by the form of its address."""
    parts = path(iri).split("/")
    return "/".join(parts[:3]) if iri.startswith(ID) or len(parts) > 3 else parts[1]


def described(answer):
    """Return the subjects and the objects of a Turtle document."""
    quads = list(ox.parse(answer.content, format=ox.RdfFormat.TURTLE, base_iri=BASE))
    return {getattr(q.subject, "value", "") for q in quads}, {getattr(q.object, "value", "") for q in quads}


@pytest.fixture(scope="module")
def answers(minted, fetch):
    """The Turtle that each document of the graph's IRIs leads to, things by way of a redirect."""
    documents = {path(iri) for iri in minted[0] - NOT_RDF.keys()}
    first = fetch(sorted(documents), "text/turtle")
    moved = {p: a.headers["location"] for p, a in first.items() if a.status_code == 303}
    assert set(moved) == {p for p in documents if p.startswith("/id/")}
    second = fetch(sorted(moved.values()), "text/turtle")
    return {p: second[moved[p]] if p in moved else a for p, a in first.items()}


def test_every_iri_leads_to_turtle(answers):
    failed = {p: a.status_code for p, a in answers.items() if a.status_code != 200}
    assert not failed
    assert {a.headers["content-type"] for a in answers.values()} == {"text/turtle; charset=utf-8"}


def test_every_iri_is_described_by_its_document_and_so_is_every_part_of_it(minted, answers):
    _, subjects = minted
    by_document = defaultdict(set)
    for iri in subjects:
        by_document[path(iri)].add(iri)
    missing = {}
    for address, iris in by_document.items():
        if address.startswith("/graph/"):
            continue  # the answer is the graph itself
        found, _ = described(answers[address])
        if lacking := iris - found:
            missing[address] = sorted(lacking)[:3]
    assert not missing, (len(missing), list(missing.items())[:5])


def test_a_graph_is_itself_and_says_where_it_is_described(minted, answers, fetch):
    graphs = {iri for iri in minted[0] if iri.startswith(GRAPH)}
    for iri in graphs:
        assert '</graph/provenance.ttl>; rel="describedby"; type="text/turtle"' in answers[path(iri)].headers["link"]
    (description,) = fetch(["/graph/provenance.ttl"], "text/turtle").values()
    assert graphs <= described(description)[0]


def test_what_nothing_is_said_of_is_spoken_of_in_its_document(minted, answers):
    every, subjects = minted
    for iri in every - subjects - NOT_RDF.keys():
        found, objects = described(answers[path(iri)])
        assert iri in found | objects, iri


def test_what_is_not_rdf_is_what_it_says_it_is(fetch, minted):
    assert minted[0] >= NOT_RDF.keys()
    for iri, media_type in NOT_RDF.items():
        (answer,) = fetch([path(iri)], "*/*").values()
        assert answer.headers["content-type"].partition(";")[0] == media_type


def test_a_thing_of_every_kind_has_a_page_that_names_it(minted, fetch):
    samples = {}
    for iri in sorted(minted[1]):
        samples.setdefault(kind(iri), iri.partition("#")[0])
    assert len(samples) > 40
    pages = {path(iri).replace("/id/", "/doc/"): iri for iri in samples.values()}
    (current,) = fetch(["/def/9.9.9/"], "application/json").popitem()[1].json()["suggestions"]
    for address, answer in fetch(sorted(pages), "text/html").items():
        assert answer.status_code == 200, address
        assert answer.headers["content-type"] == "text/html; charset=utf-8", address
        thing = EV if address == current else pages[address]  # the current version is the ontology
        assert f'<{thing}>; rel="cite-as"' in answer.headers["link"], address


def test_a_page_about_a_thing_says_what_refers_to_it(fetch):
    shape, rule, metric = (
        EV + "shape/Statement-about",
        ID + "derivation-rule/rests-on",
        ID + "quality-metric/m05-favourable",
    )
    pages = fetch([path(i).replace("/id/", "/doc/") + "?lang=en" for i in (shape, rule, metric)], "text/html")
    for answer in pages.values():
        assert answer.status_code == 200
        assert '<h2 id="incoming">Links here</h2>' in answer.text


def test_long_lists_of_what_refers_to_a_thing_are_paged(fetch):
    first, second, far = "/doc/domain/ekonomiskt-bistand", "?links=2", "?links=999"
    pages = fetch([first, first + second, first + far, first + "?links=x"], "text/html")
    assert f'rel="next" href="{first}?links=2#incoming"' in pages[first].text
    assert f'rel="prev" href="{first}?links=1#incoming"' in pages[first + second].text
    assert 'rel="next"' not in pages[first + far].text
    assert 'rel="prev"' not in pages[first + "?links=x"].text
    assert {a.status_code for a in pages.values()} == {200}
