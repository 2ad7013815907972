"""The files of a release: dumps that say the same, digests, what changed, the crate, and builds that were killed."""

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys

import pyoxigraph as ox
import pytest
from rocrate.rocrate import ROCrate

from evidensgraf.graph.build import canonical
from evidensgraf.graph.changes import compare
from evidensgraf.graph.publish import publish
from evidensgraf.graph.release import find_releases, open_release, read_release

FORMATS = {
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
    "ttl": ox.RdfFormat.TURTLE,
}
THING = "https://w3id.org/evidensgraf/id/finding/"
GRAPH = "https://w3id.org/evidensgraf/graph/"
TITLE = "http://purl.org/dc/terms/title"


def lines(*statements):
    """Sorted N-Quads of (slug, title, graph) statements, each thing a finding."""
    made = []
    for slug, title, graph in statements:
        made.append(f'<{THING}{slug}> <{TITLE}> "{title}"@sv <{GRAPH}{graph}> .\n'.encode())
        kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/evidensgraf/def/Finding>"
        made.append(f"<{THING}{slug.partition('#')[0]}> {kind} <{GRAPH}{graph}> .\n".encode())
    return sorted(set(made))


FIRST = lines(("kept", "kvar", "a"), ("gone", "bort", "a"), ("told", "före", "a"), ("part#x", "del", "a"))
SECOND = lines(("kept", "kvar", "a"), ("new", "ny", "b"), ("told", "efter", "a"), ("part#x", "annan", "a"))


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A directory with two small releases, the second made after the first."""
    directory = tmp_path_factory.mktemp("two")
    return publish(directory, "2026-01-01", FIRST), publish(directory, "2026-02-01", SECOND)


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_dump_says_what_the_release_says(release, suffix):
    said = ox.parse(path=str(release.path / f"evidensgraf.{suffix}"), format=FORMATS[suffix])
    whole = ox.parse(path=str(release.quads), format=ox.RdfFormat.N_QUADS)
    if suffix == "ttl":
        whole = {ox.Quad(q.subject, q.predicate, q.object) for q in whole}
    assert canonical(said) == canonical(whole)


@pytest.mark.parametrize("suffix", ["nq", *FORMATS])
def test_a_compressed_dump_is_the_dump(release, suffix):
    plain = release.path / f"evidensgraf.{suffix}"
    packed = (release.path / f"evidensgraf.{suffix}.gz").read_bytes()
    assert gzip.decompress(packed) == plain.read_bytes()
    assert packed[4:8] == bytes(4), "no time in it, so that the same release is the same file"


def test_a_dump_in_json_ld_needs_no_context(release):
    assert b'"@context"' not in (release.path / "evidensgraf.jsonld").read_bytes()


def test_every_file_is_in_the_manifest_with_its_size_and_digest(release):
    there = {path.name for path in release.path.iterdir() if path.is_file()}
    assert set(release.files) == there - {"manifest.json"}
    for file in release.files.values():
        content = (release.path / file.name).read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    checked = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=release.path, check=False)
    assert checked.returncode == 0


def test_the_same_release_has_the_same_files(two, tmp_path):
    again = publish(tmp_path, "2026-01-01", FIRST)
    assert again.files == two[0].files
    assert (again.path / "manifest.json").read_bytes() == (two[0].path / "manifest.json").read_bytes()


def test_what_changed_is_exact(two):
    first, second = two
    assert first.manifest["prior"] is None
    assert "changes.json" not in first.files
    assert second.manifest["prior"] == {"id": first.id, "sha256": first.digest}
    added, removed = (
        gzip.decompress((second.path / f"{n}.nq.gz").read_bytes()).splitlines(True) for n in ("added", "removed")
    )
    before, after = (r.quads.read_bytes().splitlines(True) for r in two)
    assert sorted([line for line in before if line not in removed] + added) == after
    assert set(removed) <= set(before)


def test_what_changed_is_told_by_resource(two):
    changes = json.loads((two[1].path / "changes.json").read_bytes())
    told = {entry["id"].removeprefix(THING): entry for entry in changes["resources"]}
    assert {slug: entry["change"] for slug, entry in told.items()} == {
        "new": "added",
        "gone": "removed",
        "told": "changed",
        "part": "changed",
    }
    assert told["gone"]["label"] == {"sv": "bort"}
    assert told["told"] | {"id": ""} == {
        "id": "",
        "change": "changed",
        "type": "ev:Finding",
        "label": {"sv": "efter"},
        "added": 1,
        "removed": 1,
    }
    assert changes["quads"] == {"added": len(set(SECOND) - set(FIRST)), "removed": len(set(FIRST) - set(SECOND))}
    assert two[1].manifest["changes"] == {**changes["quads"], "resources": {"added": 1, "removed": 1, "changed": 2}}


def test_what_is_derived_or_nameless_does_not_make_a_resource_changed(tmp_path):
    publish(tmp_path, "2026-01-01", FIRST)
    node = f"<{THING}kept> <http://purl.org/dc/terms/relation> _:c14n0 <{GRAPH}a> .\n".encode()
    made = lines(("kept", "härlett", "derived"))
    release = publish(tmp_path, "2026-02-01", sorted({*FIRST, *made, node}))
    assert json.loads((release.path / "changes.json").read_bytes())["resources"] == []
    assert release.manifest["changes"]["added"] == len({*made, node})


def test_two_sorted_files_are_compared_line_by_line(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_bytes(b"a\nb\nd\n")
    after.write_bytes(b"b\nc\nd\ne\n")
    assert list(compare(before, after)) == [(-1, b"a\n"), (0, b"b\n"), (1, b"c\n"), (0, b"d\n"), (1, b"e\n")]


def test_the_newest_release_is_first_and_what_is_no_release_is_passed_over(two, tmp_path):
    assert [r.id for r in find_releases(two[0].path.parent)] == ["2026-02-01", "2026-01-01"]
    (tmp_path / "2026-01-01-0123456789ab").mkdir()
    (tmp_path / ".building-x").mkdir()
    (tmp_path / ".building-x" / "manifest.json").write_text('{"id": "2026-01-01", "sha256": ""}')
    assert find_releases(tmp_path) == []
    assert find_releases(tmp_path / "nowhere") == []


def test_a_damaged_release_is_not_compared_with(tmp_path):
    first = publish(tmp_path, "2026-01-01", FIRST)
    first.quads.write_bytes(b"")
    said = []
    release = publish(tmp_path, "2026-02-01", SECOND, progress=said.append)
    assert release.manifest["prior"] is None
    assert any("SHA-256" in line for line in said)


def test_a_release_with_another_content_for_the_same_date_is_pointed_out(two, tmp_path):
    publish(tmp_path, "2026-01-01", FIRST)
    said = []
    publish(tmp_path, "2026-01-01", SECOND, progress=said.append)
    assert any("dcat:version" in line for line in said)


def test_a_release_that_an_earlier_version_made_gets_its_dumps(tmp_path):
    first = publish(tmp_path, "2026-01-01", FIRST)
    bare = {key: value for key, value in first.manifest.items() if key != "files"}
    (first.path / "manifest.json").write_text(json.dumps(bare))
    assert open_release(first.path).files == {}
    assert publish(tmp_path, "2026-01-01", FIRST).files == first.files


def test_a_large_release_is_hashed_once(monkeypatch, tmp_path):
    monkeypatch.setattr("evidensgraf.graph.release.ALWAYS_HASHED", 10)
    release = publish(tmp_path, "2026-01-01", FIRST)
    hashed = []
    monkeypatch.setattr("evidensgraf.graph.release.sha256", lambda path: hashed.append(path) or "")
    assert open_release(release.path).digest == release.digest
    assert hashed == []
    os.utime(release.quads, ns=(0, 0))
    with pytest.raises(Exception, match="SHA-256"):
        open_release(release.path)


def test_a_manifest_that_is_not_one_is_refused(tmp_path):
    for text in ("[]", "{}", "{"):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(Exception, match="not a manifest"):
            read_release(tmp_path)


def test_the_release_is_a_research_object_crate(release):
    crate = ROCrate(str(release.path))
    assert crate.root_dataset["datePublished"] == release.id or str(crate.datePublished).startswith(release.id)
    assert crate.root_dataset["license"]["@id"].startswith("https://creativecommons.org/licenses/by/4.0")
    assert crate.root_dataset["publisher"]["name"] == "Evidensgraf"
    described = {file.id: file for file in crate.get_by_type("File")}
    assert set(described) == set(release.files) - {"ro-crate-metadata.json", "SHA256SUMS"}
    for name, file in described.items():
        assert file["sha256"] == release.files[name].sha256
        assert (release.path / name).stat().st_size == int(file["contentSize"])


BUILD = """
import sys, time
from pathlib import Path
from evidensgraf.graph.publish import publish
def lines():
    yield b'<http://a.test/> <http://a.test/> <http://a.test/> <http://a.test/> .\\n'
    print("building", flush=True)
    sys.stdin.readline()
publish(Path(sys.argv[1]), "2026-01-01", lines())
"""


def test_a_killed_build_leaves_nothing_that_looks_like_a_release_and_the_next_one_clears_it(tmp_path):
    def start():
        command = [sys.executable, "-c", BUILD, str(tmp_path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "building\n"
        return process

    with start() as dead, start() as alive:
        assert len(list(tmp_path.iterdir())) == 2
        os.kill(dead.pid, signal.SIGKILL)
        dead.wait()
        assert find_releases(tmp_path) == []
        made = publish(tmp_path, "2026-02-01", SECOND)
        left = [path for path in tmp_path.iterdir() if path != made.path]
        assert len(left) == 1, "what is being built stays"
        alive.communicate("\n")
    assert sorted(r.id for r in find_releases(tmp_path)) == ["2026-01-01", "2026-02-01"]
    assert len(list(tmp_path.iterdir())) == 2
