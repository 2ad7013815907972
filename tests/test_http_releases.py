"""Releases and the data catalogue over HTTP: files whole and in part, older releases, and DCAT-AP-SE."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyshacl import validate
from rdflib import DCAT, DCTERMS, Graph, URIRef

from evidensgraf.graph.build import statements
from evidensgraf.graph.publish import publish
from evidensgraf.graph.release import release_iri
from evidensgraf.service.app import create_app
from evidensgraf.service.responses import RDF
from evidensgraf.service.settings import Settings
from tests.conftest import Client
from tests.test_pages import Page

PROFILE = Path(__file__).parent / "profiles" / "dcat-ap-se.ttl"
CONTEXT = Path(__file__).parent.parent / "ontology" / "context.jsonld"
CATALOG = URIRef("https://w3id.org/evidensgraf/catalog")
DATASET = URIRef("https://w3id.org/evidensgraf/id/dataset/evidensgraf")
FINDING = "https://w3id.org/evidensgraf/id/finding/"
VERSION, IS_VERSION_OF, PREVIOUS = (URIRef(f"{DCAT}{name}") for name in ("version", "isVersionOf", "previousVersion"))
OLD = "2026-01-01"
RECORDED = "2026-11-23"


def old_lines():
    graph = "<https://w3id.org/evidensgraf/graph/old>"
    kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/evidensgraf/def/Finding>"
    title = '<http://purl.org/dc/terms/title> "Ett <b>gammalt</b> resultat"@sv'
    return sorted(f"<{FINDING}gammalt> {rest} {graph} .\n".encode() for rest in (kind, title))


@pytest.fixture(scope="module")
def served(release, tmp_path_factory):
    """The release again, in a directory that had an earlier one when it was made; and one that is not served yet."""
    directory, store = tmp_path_factory.mktemp("served"), ox.Store()
    store.bulk_load(path=str(release.quads), format=ox.RdfFormat.N_QUADS)
    publish(directory, OLD, old_lines(), statements=statements(store))
    lines = release.quads.read_bytes().splitlines(keepends=True)
    made = publish(directory, release.id, lines, statements=statements(store))
    publish(directory, "2099-01-01", old_lines())
    assert made.digest == release.digest
    return made


@pytest.fixture(scope="module")
def web(runner, engine, served):
    return Client(runner, create_app(engine, served, Settings()))


def read(client, path, accept="text/turtle"):
    answer = client.get(path, accept)
    assert answer.status_code == 200, answer.text
    return Graph().parse(data=answer.content, format=accept)


@pytest.mark.parametrize("name", ["nq", "trig", "ttl", "jsonld", "nq.gz", "trig.gz", "ttl.gz", "jsonld.gz"])
def test_every_dump_is_served_with_its_digest_and_for_ever(web, served, name):
    path = f"/releases/{served.id}/evidensgraf.{name}"
    answer, head = web.get(path), web.request("HEAD", path)
    content = (served.path / f"evidensgraf.{name}").read_bytes()
    assert answer.content == content
    digest = hashlib.sha256(content)
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert answer.headers["etag"] == f'"{digest.hexdigest()[:32]}"'
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["last-modified"]
    assert "content-encoding" not in answer.headers
    expected = {"nq": "application/n-quads", "trig": "application/trig", "ttl": "text/turtle; charset=utf-8"}
    kind = "application/gzip" if name.endswith(".gz") else expected.get(name, "application/ld+json")
    assert answer.headers["content-type"] == kind
    assert (head.status_code, head.content) == (200, b"")
    for header in ("content-length", "etag", "repr-digest", "content-type", "last-modified"):
        assert head.headers[header] == answer.headers[header]


def test_a_file_is_not_sent_to_who_has_it(web, served):
    path = f"/releases/{served.id}/evidensgraf.ttl.gz"
    tag, date = (web.request("HEAD", path).headers[h] for h in ("etag", "last-modified"))
    assert web.get(path, if_none_match=tag).status_code == 304
    assert web.get(path, if_modified_since=date).status_code == 304
    assert web.get(path, if_match='"another"').status_code == 412


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-99", 0, 100), ("bytes=100-", 100, None), ("bytes=-50", -50, None), ("bytes=5-99999999999", 5, None)],
)
def test_a_part_of_a_file(web, served, asked, start, end):
    path, content = f"/releases/{served.id}/SHA256SUMS", (served.path / "SHA256SUMS").read_bytes()
    answer = web.get(path, range=asked)
    assert answer.status_code == 206
    assert answer.content == content[start:end]
    first = start % len(content)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(content)}"
    assert answer.headers["repr-digest"] == web.get(path).headers["repr-digest"]
    head = web.request("HEAD", path, headers={"Range": asked})
    assert (head.content, head.headers["etag"]) == (b"", answer.headers["etag"])


@pytest.mark.parametrize("asked", ["bytes=9-3", "bytes=0-1,5-6", "lines=1-2", "bytes=", "bytes=-", "bytes=a-b"])
def test_what_is_no_single_range_gives_the_whole(web, served, asked):
    answer = web.get(f"/releases/{served.id}/SHA256SUMS", range=asked)
    assert (answer.status_code, answer.content) == (200, (served.path / "SHA256SUMS").read_bytes())


def test_a_part_of_another_file_gives_the_whole(web, served):
    path = f"/releases/{served.id}/SHA256SUMS"
    whole = web.get(path)
    for condition, status in ((whole.headers["etag"], 206), (whole.headers["last-modified"], 206), ('"old"', 200)):
        assert web.get(path, range="bytes=0-3", if_range=condition).status_code == status


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_part_that_is_not_there_is_a_problem(web, served, asked):
    answer = web.get(f"/releases/{served.id}/SHA256SUMS", "application/json", range=asked)
    assert answer.status_code == 416
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.headers["content-range"] == f"bytes */{(served.path / 'SHA256SUMS').stat().st_size}"


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [(None, "nq"), ("text/turtle", "ttl"), ("application/trig", "trig"), ("application/ld+json", "jsonld")],
)
def test_the_dump_is_negotiated_by_its_name(web, served, accept, suffix):
    answer = web.get(f"/releases/{served.id}/evidensgraf", accept, range="bytes=0-9")
    assert answer.headers["content-location"] == f"/releases/{served.id}/evidensgraf.{suffix}"
    assert "accept" in answer.headers["vary"].lower()
    assert answer.content == (served.path / f"evidensgraf.{suffix}").read_bytes()[:10]
    assert web.get(f"/releases/{served.id}/evidensgraf", "image/png").status_code == 406


def test_older_releases_are_served_and_newer_ones_are_not(web, served):
    dump = web.get(f"/releases/{OLD}/evidensgraf.nq.gz")
    assert gzip.decompress(dump.content) == b"".join(old_lines())
    assert dump.headers["evidensgraf-release"] == served.id
    assert web.get("/releases/2099-01-01").status_code == 404
    assert web.get("/releases/2099-01-01/evidensgraf.nq").status_code == 404


def test_a_release_has_an_address_with_its_digest_too(web, served):
    path = f"/releases/{served.path.name}"
    assert web.get(f"{path}/SHA256SUMS").content == (served.path / "SHA256SUMS").read_bytes()
    assert URIRef(release_iri(served.id)) in set(read(web, path).subjects())


@pytest.mark.parametrize("name", ["evidensgraf.exe", "..%2fmanifest.json", ".verified", "description.ttl%00", "x/y"])
def test_only_the_files_of_a_release_are_served(web, served, name):
    answer = web.get(f"/releases/{served.id}/{name}", "application/json")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_every_file_of_the_list_is_there(web, served):
    listed = web.get("/releases", "application/json").json()["releases"]
    assert [entry["version"] for entry in listed] == [served.id, OLD]
    assert [entry["served"] for entry in listed] == [True, False]
    for entry in listed:
        for file in entry["files"]:
            path = file["url"].removeprefix("https://w3id.org/evidensgraf")
            head = web.request("HEAD", path)
            assert head.status_code == 200
            assert int(head.headers["content-length"]) == file["size"]
            assert (
                head.headers["repr-digest"] == f"sha-256=:{base64.b64encode(bytes.fromhex(file['sha256'])).decode()}:"
            )
    manifest = web.get(f"/releases/{served.id}/manifest.json")
    assert manifest.json()["sha256"] == served.digest


def test_a_release_is_described_with_its_versions_and_files(web, served):
    graph, iri = read(web, f"/releases/{served.id}"), URIRef(release_iri(served.id))
    assert graph.value(iri, VERSION).value == served.id
    assert graph.value(iri, IS_VERSION_OF) == graph.value(iri, DCTERMS.isVersionOf) == DATASET
    assert graph.value(iri, PREVIOUS) == URIRef(release_iri(OLD))
    assert graph.value(iri, DCTERMS.conformsTo) == URIRef(served.manifest["ontology"])
    assert str(graph.value(iri, DCTERMS.identifier)) == f"sha256:{served.digest}"
    assert len(set(graph.objects(iri, DCAT.distribution))) == 8
    notes = {n.language for n in graph.objects(iri, URIRef("http://www.w3.org/ns/adms#versionNotes"))}
    assert notes == {"sv", "en"}
    for distribution in graph.objects(iri, DCAT.distribution):
        name = str(graph.value(distribution, DCAT.downloadURL)).rsplit("/", 1)[-1]
        assert graph.value(distribution, DCAT.byteSize).value == served.files[name].size
        checksum = graph.value(distribution, URIRef("http://spdx.org/rdf/terms#checksum"))
        value = graph.value(checksum, URIRef("http://spdx.org/rdf/terms#checksumValue"))
        assert str(value).lower() == served.files[name].sha256


@pytest.mark.parametrize("name", [OLD, RECORDED])
def test_an_earlier_release_is_described_whether_or_not_it_is_here(web, name):
    graph = read(web, f"/releases/{name}")
    assert graph.value(URIRef(release_iri(name)), VERSION).value == name


def test_a_release_that_is_known_but_not_here_says_so(web):
    page = web.get(f"/releases/{RECORDED}?lang=en", "text/html")
    assert page.status_code == 200
    assert "not on this server" in page.text
    assert web.get(f"/releases/{RECORDED}/evidensgraf.nq").status_code == 404


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_page_of_a_release_has_its_files_its_changes_and_how_to_cite_it(web, served, lang):
    page = web.get(f"/releases/{served.id}?lang={lang}", "text/html").text
    for file in served.files.values():
        assert f'href="/releases/{served.id}/{file.name}"' in page
        assert file.sha256 in page
    Page(page)
    changes = json.loads((served.path / "changes.json").read_bytes())
    assert {"sv": f"Jämfört med utgåva {OLD}", "en": f"Compared with release {OLD}"}[lang] in page
    assert f'/releases/{OLD}"' in page or f"/releases/{OLD}?" in page
    assert "Ett &lt;b&gt;gammalt&lt;/b&gt; resultat" in page
    findings = [e for e in changes["resources"] if e["type"] == "ev:Finding" and e["change"] == "added"]
    assert {"sv": "Resultat", "en": "Finding"}[lang] in page
    assert findings[0]["label"][lang] in page
    assert f"date-released: {served.id}" in page
    assert release_iri(served.id) in page


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_page_of_releases_lists_those_that_are_here_and_those_that_are_known(web, served, lang):
    page = web.get(f"/releases?lang={lang}", "text/html").text
    assert re.findall(r"/releases/(\d{4}-\d\d-\d\d)\?lang", page)[:3] == [served.id, RECORDED, OLD]


def test_the_list_of_releases_in_rdf_has_all_of_them(web, served):
    graph = read(web, "/releases")
    versions = {str(v) for v in graph.objects(None, VERSION)}
    assert versions == {served.id, RECORDED, OLD}


PLACES = ("data.example.org", "w3id.org/evidensgraf")
CONTACT = {"publisher": "Exempelmyndigheten", "publisher_type": "NationalAuthority", "contact": "data@example.org"}


@pytest.mark.parametrize("settings", [{}, CONTACT, *({"public_base": f"https://{place}/graf/"} for place in PLACES)])
def test_the_catalogue_has_what_the_profile_wants(runner, engine, served, settings):
    client = Client(runner, create_app(engine, served, Settings(**settings)))
    graph = read(client, "/catalog")
    conforms, _, report = validate(graph, shacl_graph=str(PROFILE), advanced=True)
    assert conforms, report
    contacts = set(graph.objects(None, DCAT.contactPoint))
    assert len(contacts) == ("contact" in settings)
    base = settings.get("public_base", "https://w3id.org/evidensgraf/")
    for predicate in (DCAT.downloadURL, DCAT.endpointURL, DCAT.accessURL):
        assert all(str(o).startswith(base) for o in graph.objects(None, predicate))
        assert not any(str(o).removeprefix(base).startswith("graf/") for o in graph.objects(None, predicate))
    publisher = graph.value(CATALOG, DCTERMS.publisher)
    name = settings.get("publisher", "Evidensgraf")
    assert name in {str(o) for o in graph.objects(publisher, URIRef("http://xmlns.com/foaf/0.1/name"))}


BROKEN = {
    "no title": f"DELETE {{ ?s <{DCTERMS.title}> ?o }} WHERE {{ ?s a <{DCAT.DataService}> ; <{DCTERMS.title}> ?o }}",
    "no type": f"DELETE {{ ?s <{DCTERMS.type}> ?o }} WHERE {{ ?s <{DCTERMS.type}> ?o }}",
    "no licence": f"DELETE {{ ?s <{DCTERMS.license}> ?o }} WHERE {{ ?s a <{DCAT.Catalog}> ; <{DCTERMS.license}> ?o }}",
    "no place": f"DELETE {{ ?s <{DCAT.accessURL}> ?o }} WHERE {{ ?s <{DCAT.accessURL}> ?o }}",
    "no mail": "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(STRSTARTS(STR(?o), 'mailto:')) }",
    "no dataset": f"DELETE {{ ?s <{DCAT.dataset}> ?o }} WHERE {{ ?s <{DCAT.dataset}> ?o }}",
}


@pytest.mark.parametrize("path", ["/catalog", "/releases", f"/releases/{OLD}", "/.well-known/void"])
@pytest.mark.parametrize("variant", RDF, ids=[v.name for v in RDF])
def test_what_is_described_is_the_same_in_every_syntax(web, path, variant):
    answer = web.get(path, variant.media_type)
    assert answer.headers["content-type"].split(";")[0] == variant.media_type
    if variant.name == "jsonld":
        document = answer.json() | json.loads(CONTEXT.read_bytes())
        quads = ox.parse(json.dumps(document), format=ox.RdfFormat.JSON_LD)
    else:
        quads = ox.parse(answer.content, format=ox.RdfFormat.from_media_type(variant.media_type))
    whole = ox.parse(web.get(path, "application/n-triples").content, format=ox.RdfFormat.N_TRIPLES)
    assert {q.triple for q in quads} == {q.triple for q in whole}
    assert web.get(f"{path}?format={variant.name}").content == answer.content


def test_pages_lead_to_what_they_describe(web, served):
    links = web.get(f"/releases/{served.id}", "text/html").headers["link"]
    assert f'</releases/{served.id}/evidensgraf.nq>; rel="item"; type="application/n-quads"' in links
    assert f'<{release_iri(served.id)}>; rel="cite-as"' in links
    assert '</releases>; rel="collection"' in links
    assert f'</releases/{served.id}?format=ttl>; rel="describedby"; type="text/turtle"' in links
    assert f'<{CATALOG}>; rel="cite-as"' in web.get("/catalog", "text/html").headers["link"]


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_catalogue_has_a_page(web, served, lang):
    page = web.get(f"/catalog?lang={lang}", "text/html").text
    assert {"sv": "Ingen e-postadress än", "en": "No e-mail address yet"}[lang] in page
    assert f"/releases/{served.id}/evidensgraf.nq.gz" in page
    assert "/sparql" in page


def test_the_contact_is_on_the_page_where_there_is_one(runner, engine, served):
    page = Client(runner, create_app(engine, served, Settings(**CONTACT))).get("/catalog?lang=sv", "text/html").text
    assert 'href="mailto:data@example.org"' in page
    assert "Exempelmyndigheten" in page


def test_the_description_of_the_dataset_counts_what_is_there(web, served):
    graph = read(web, "/.well-known/void")
    lines = served.quads.read_bytes().splitlines()
    triples = {line.rsplit(b" ", 2)[0] for line in lines}
    void = "http://rdfs.org/ns/void#"
    assert graph.value(DATASET, URIRef(void + "triples")).value == len(triples)
    assert graph.value(DATASET, URIRef(void + "distinctSubjects")).value == len({t.split(b" ")[0] for t in triples})
    assert graph.value(DATASET, URIRef(void + "properties")).value == len({t.split(b" ")[1] for t in triples})
    dumps = {str(o).rsplit("/", 1)[-1] for o in graph.objects(DATASET, URIRef(void + "dataDump"))}
    assert dumps == {name for name in served.files if name.startswith("evidensgraf.")}
