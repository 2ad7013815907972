"""The command line as its user meets it: answers, exit status, one-line errors, and one real server."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from itertools import product
from pathlib import Path

import pytest
from SPARQLWrapper import GET, JSON, POST, XML, SPARQLWrapper

from evidensgraf.graph.load import data_files
from evidensgraf.service.cli import main

COMMANDS = ("build", "serve", "validate", "query", "chain", "verify", "format", "diff", "template", "import", "export")


@pytest.fixture(autouse=True)
def releases(release, monkeypatch):
    """Every command finds the release that the tests share."""
    monkeypatch.setenv("EVIDENSGRAF_RELEASES", str(release.path.parent))


def run(capsys, *arguments):
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(capsys, command):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert "usage: evidensgraf" in capsys.readouterr().out


def test_a_wrong_call_exits_with_2(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["chian", "x"])
    assert stop.value.code == 2


def test_build_prints_the_release(capsys, release):
    status, out, err = run(capsys, "build")
    assert status == 0
    assert out.startswith(f"release {release.id}  sha256 {release.digest}")
    assert "validating" in err


def test_a_query_of_the_catalogue_runs_by_name_in_every_format(capsys):
    status, out, _ = run(capsys, "query", "findings-of-intervention", "-p", "intervention=hasky")
    assert status == 0
    assert "finding/hasky" in out
    _, out, _ = run(capsys, "query", "findings-of-intervention", "-p", "intervention=hasky", "-f", "json")
    assert json.loads(out)["results"]["bindings"]
    _, out, _ = run(capsys, "query", "findings-of-intervention", "-p", "intervention=hasky", "-f", "csv")
    assert out.splitlines()[0].startswith("intervention,finding,")


def test_a_query_from_a_file(capsys, tmp_path):
    (tmp_path / "q.rq").write_text("SELECT (COUNT(*) AS ?n) { ?i a ev:Intervention }")
    status, out, _ = run(capsys, "query", str(tmp_path / "q.rq"), "-f", "csv")
    assert (status, out.split()[0]) == (0, "n")
    assert int(out.split()[1]) > 100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["query", "no-such-query"], "query --list"),
        (["query", "evidence-chain"], "needs a value for 'claim'"),
        (["query", "findings-of-intervention", "-p", "hasky"], "NAME=VALUE"),
        (["query", "nowhere.rq"], "no such file"),
        (["chain", "hasky"], "is not appraisal/SLUG"),
        (["chain", "appraisal/no-such"], "has no appraisal/no-such"),
        (["verify", "--sources", "nowhere"], "not a directory"),
        (["validate", "nowhere.ttl"], "no such file"),
        (["build", "--data", "/"], "no .trig files"),
        (["query", "labels", "--release", "/"], "is not a release"),
        (["format", "nowhere.trig"], "No such file"),
        (["build", "--data", "nowhere"], "nowhere: not a directory"),
        (["build", "--releases", "/dev/null"], "cannot write releases in /dev/null"),
        (["build", "--releases", "/proc/nowhere"], "cannot write releases"),
        (["validate", "/"], "no such file"),
        (["serve", "--host", "999.1.1.1", "--port", "0"], "cannot listen on 999.1.1.1"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(capsys, arguments, words):
    status, out, err = run(capsys, *arguments)
    assert status == 1
    (line,) = [line for line in err.splitlines() if line.startswith("evidensgraf: ")]
    assert words in line
    assert "Traceback" not in err


def test_malformed_sparql_has_line_and_column(capsys, tmp_path):
    (tmp_path / "q.rq").write_text("SELECT *\nWHERE { ?s ?p }")
    status, _, err = run(capsys, "query", str(tmp_path / "q.rq"))
    assert status == 1
    assert "line 2, column 15" in err


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_a_chain_reads_from_claim_to_primary_source(capsys, lang):
    status, out, _ = run(capsys, "chain", "appraisal/offentligt-skyddad-anstallning-bedomning", "--lang", lang)
    assert status == 0
    assert "Angelov" in out
    assert "Utvärderad insats 6" in out
    assert re.search("stöder|supports", out)
    status, out, _ = run(capsys, "chain", "appraisal/offentligt-skyddad-anstallning-bedomning", "--json")
    assert json.loads(out)["lines"]


def test_validate_names_the_problem_of_a_draft(capsys, tmp_path):
    draft = tmp_path / "draft.ttl"
    draft.write_text(
        "@prefix ev: <https://w3id.org/evidensgraf/def/> . "
        "<https://w3id.org/evidensgraf/id/finding/utkast> a ev:Finding ."
    )
    for engine in ("fast", "reference"):
        status, out, err = run(capsys, "validate", str(draft), "--engine", engine, "--lang", "sv")
        assert status == 1
        assert "Violation: draft.ttl:1: " in out
        assert re.search(r"^[1-9]\d* violation", out, re.MULTILINE)
    status, out, err = run(capsys, "validate")
    assert status == 0


def test_validate_says_where_the_syntax_of_a_draft_is_wrong(capsys, tmp_path):
    draft = tmp_path / "draft.ttl"
    draft.write_text('@prefix ev: <https://w3id.org/evidensgraf/def/> .\n\n<x:a> a ev:Finding ;; .\n<x:b> a "')
    status, _, err = run(capsys, "validate", str(draft))
    assert status == 1
    assert "draft.ttl:4: column" in err


def test_verify_prints_a_table_and_fails_on_what_is_missing(capsys, tmp_path):
    status, out, err = run(capsys, "verify", "--sources", str(tmp_path))
    assert status == 1
    assert "no text" in out.splitlines()[0]
    assert "rapport-2-ekonomiskt-bistand" in out
    assert "passage(s): no text" in err


def test_format_check_finds_what_is_not_in_normal_form(capsys, tmp_path):
    source = next(f for f in data_files() if f.name == "organisations.trig")
    file = tmp_path / "organisations.trig"
    file.write_text(
        source.read_text(encoding="utf-8").replace("  a ev:Organisation ;\n", " a ev:Organisation;\n"), encoding="utf-8"
    )
    assert run(capsys, "format", "--check", str(file))[0] == 1
    assert run(capsys, "format", str(file))[0] == 0
    assert run(capsys, "format", "--check", str(file))[0] == 0
    assert file.read_text(encoding="utf-8") == source.read_text(encoding="utf-8")


def test_a_server_starts_in_an_empty_folder_answers_and_stops(tmp_path, release):
    environment = {**os.environ, "EVIDENSGRAF_RELEASES": str(release.path.parent)}
    command = [str(Path(sys.executable).parent / "evidensgraf"), "serve", "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            first, second = server.stdout.readline(), server.stdout.readline().strip()
            assert release.id in first
            assert second.startswith("http://127.0.0.1:")
            with urllib.request.urlopen(f"{second}health", timeout=10) as answer:
                assert json.load(answer)["release"] == release.id
            query = "sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"
            with urllib.request.urlopen(second + query, timeout=10) as answer:
                assert json.load(answer)["boolean"] is True
            client = SPARQLWrapper(f"{second}sparql")
            client.setQuery("SELECT (COUNT(?i) AS ?n) { ?i a <https://w3id.org/evidensgraf/def/Intervention> }")
            for method, answer_format in product((GET, POST), (JSON, XML)):
                client.setMethod(method)
                client.setReturnFormat(answer_format)
                found = client.query().convert()
                text = json.dumps(found) if answer_format == JSON else found.toxml()
                assert re.search(r'(?:"value": "|integer">)[0-9]{3}', text), text
        finally:
            server.send_signal(signal.SIGINT)
            _, err = server.communicate(timeout=20)
        assert "Traceback" not in err


def test_a_port_that_is_taken_is_said(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, _, err = run(capsys, "serve", "--port", str(taken.getsockname()[1]))
    assert status == 1
    assert "is taken. Choose another with --port." in err.splitlines()[-1]


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_is_none_is_a_wrong_call(capsys, port):
    with pytest.raises(SystemExit) as stop:
        main(["serve", f"--port={port}"])
    assert stop.value.code == 2
    assert "whole number from 0 to 65535" in capsys.readouterr().err
