"""A release: what is in it, what keeps it from being published, and that nothing is ever half published."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import Graph

from evidensgraf.graph.build import BuildError, assemble, build, canonical
from evidensgraf.graph.derive import DERIVED, derive
from evidensgraf.graph.load import LoadError, data_files
from evidensgraf.graph.release import ReleaseError, open_release
from evidensgraf.ontology.namespaces import EV, graph_iri


@pytest.fixture
def data(tmp_path):
    """A copy of the curated data that a test may break."""
    directory = tmp_path / "data"
    directory.mkdir()
    for file in data_files():
        (directory / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    return directory


def ask(store, query):
    prefixes = {"ev": EV, "id": "https://w3id.org/evidensgraf/id/", "prov": "http://www.w3.org/ns/prov#"}
    return store.query(query, prefixes=prefixes, use_default_graph_as_union=True)


@pytest.fixture(scope="module")
def store(release):
    store = ox.Store()
    store.load(path=str(release.quads), format=ox.RdfFormat.N_QUADS)
    return store


def test_a_release_is_canonical_described_and_has_its_digest(release, tmp_path):
    quads = release.quads.read_bytes()
    assert hashlib.sha256(quads).hexdigest() == release.digest
    lines = quads.splitlines()
    assert lines == sorted(set(lines))
    assert all(line.endswith(b"> .") for line in lines), "every fact has a graph"
    description = Graph().parse(release.path / "description.ttl")
    assert (None, None, None) in description
    assert release.manifest["quads"] == len(lines)
    again = build(tmp_path)
    assert again.digest == release.digest
    assert (again.path / "description.ttl").read_bytes() == (release.path / "description.ttl").read_bytes()


def test_the_data_has_no_blank_nodes(release):
    kept = {graph_iri("ontology"), graph_iri("shapes"), graph_iri("derived")}
    for quad in ox.parse(path=str(release.quads), format=ox.RdfFormat.N_QUADS):
        if quad.graph_name.value not in kept:
            assert not isinstance(quad.subject, ox.BlankNode)
            assert not isinstance(quad.object, ox.BlankNode)


def test_the_shortcuts_are_derived_and_only_derived(store):
    for name in ("restsOn", "citesSource", "strengthens", "reduces", "inTensionWith"):
        graphs = {
            q.graph_name.value
            for q in store.quads_for_pattern(None, ox.NamedNode(EV + name), None, None)
            if isinstance(q.object, ox.NamedNode) and not q.subject.value.startswith(EV)
        }
        assert graphs == {DERIVED.value}, name


def test_rests_on_is_its_property_chain_and_nothing_else(store):
    chain = "{ ?c ev:hasEvidenceLine/ev:hasEvidenceItem ?s }"
    assert not ask(store, f"ASK {{ {chain} FILTER NOT EXISTS {{ ?c ev:restsOn ?s }} }}")
    assert not ask(store, f"ASK {{ ?c ev:restsOn ?s FILTER NOT EXISTS {chain} }}")
    assert ask(store, "ASK { ?c ev:citesSource/ev:genre ev:GenreWorkingPaper }")


def test_deriving_twice_adds_nothing(store):
    copy = ox.Store()
    copy.extend(store)
    assert sum(derive(copy).values()) == 0


def test_every_passage_and_every_claim_is_whole(store):
    assert not ask(store, "ASK { ?x a ev:SourcedAssertion FILTER NOT EXISTS { ?x ev:statedIn ?p } }")
    assert not ask(store, "ASK { ?x a ev:Appraisal FILTER NOT EXISTS { ?x ev:restsOn ?s } }")
    assert not ask(store, "ASK { ?x prov:hadPrimarySource ?s FILTER NOT EXISTS { ?x ev:verification ?v } }")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("ev:effect ev:Harmful", "ev:effect ev:Supports", "effekt"),
        ("ev:statedIn ", "ev:about ", "textställe"),
        ("ev:verdict ev:NotEffective", "ev:verdict ev:Harmful", "omdöme"),
    ],
)
def test_a_violation_stops_the_build_and_says_where(data, tmp_path, before, after, words):
    file = data / "rapport-2-ekonomiskt-bistand.trig"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(BuildError) as error:
        build(tmp_path / "releases", data=data, lang="sv")
    assert any(p.startswith("rapport-2-ekonomiskt-bistand.trig:") and words in p.lower() for p in error.value.problems)
    assert not (tmp_path / "releases").exists()


def test_a_syntax_error_stops_the_build_with_file_and_line_and_nothing_is_loaded(data, tmp_path):
    file = data / "concepts.trig"
    file.write_text(file.read_text(encoding="utf-8").replace("a skos:Concept", "a skos Concept", 1), encoding="utf-8")
    with pytest.raises(LoadError, match=r"^concepts\.trig:\d+: column \d+: "):
        build(tmp_path / "releases", data=data)
    assert not (tmp_path / "releases").exists()


def test_a_release_needs_its_date(data, tmp_path):
    file = data / "provenance.trig"
    text = re.sub(r'dcat:version "[^"]+"', 'dcat:version "today"', file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BuildError, match="dcat:version"):
        build(tmp_path / "releases", data=data)


def test_a_damaged_release_is_not_opened_and_is_built_again(release, tmp_path):
    copy = tmp_path / release.path.name
    shutil.copytree(release.path, copy)
    assert open_release(copy).digest == release.digest
    with (copy / "evidensgraf.nq").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(ReleaseError, match="SHA-256"):
        open_release(copy)
    assert build(tmp_path).digest == release.digest
    (copy / "manifest.json").unlink()
    with pytest.raises(ReleaseError, match="evidensgraf build"):
        open_release(copy)


def test_the_canonical_form_does_not_depend_on_blank_node_names():
    store, _ = assemble()
    renamed, names = ox.Store(), {}

    def rename(term):
        return names.setdefault(term, ox.BlankNode()) if isinstance(term, ox.BlankNode) else term

    renamed.extend(ox.Quad(rename(q.subject), q.predicate, rename(q.object), q.graph_name) for q in store)
    assert canonical(renamed) == canonical(store)


def test_the_manifest_counts_what_the_rules_added(release):
    derived = json.loads((Path(release.path) / "manifest.json").read_text(encoding="utf-8"))["derived"]
    assert derived["40-rests-on"] > 30
    assert derived["60-findings-in-tension"] > 0
