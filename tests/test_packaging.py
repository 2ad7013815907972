"""The package: what is declared is what is there, and what every module says of itself is true."""

import doctest
import importlib
import inspect
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = [p.removeprefix("evidensgraf.") for p in PROJECT["tool"]["setuptools"]["packages"]]
MODULES = sorted(
    f"evidensgraf.{room}.{f.stem}" for room in ROOMS for f in (ROOT / room).glob("*.py") if f.stem != "__init__"
)


def test_the_declared_packages_are_the_directories_with_an_init():
    found = sorted(
        str(f.parent.relative_to(ROOT)).replace("/", ".") for room in ROOMS for f in (ROOT / room).rglob("__init__.py")
    )
    assert found == sorted(ROOMS)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_has_a_docstring_and_every_module_opens_with_its_sentence(name):
    module = importlib.import_module(name)
    assert module.__doc__ and module.__doc__.strip()
    for public, thing in vars(module).items():
        own = getattr(thing, "__module__", None) == name and not public.startswith("_")
        if own and (inspect.isclass(thing) or inspect.isfunction(thing)):
            assert inspect.getdoc(thing), f"{name}.{public}"


def test_no_module_is_longer_than_400_lines_and_no_function_than_60():
    for room in ROOMS:
        for file in (ROOT / room).glob("*.py"):
            text = file.read_text(encoding="utf-8")
            assert text.count("\n") <= 400, file
    for name in MODULES:
        for thing in vars(importlib.import_module(name)).values():
            if inspect.isfunction(thing) and thing.__module__ == name:
                assert len(inspect.getsource(thing).splitlines()) <= 60, thing


def test_the_rooms_are_only_imported_by_their_full_names():
    assert not {room for room in ROOMS if room in sys.modules}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of the project, built from the files as they are."""
    directory = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "-w", str(directory)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(ROOT)], check=True)
    (wheel,) = directory.glob("*.whl")
    return wheel


def test_an_installed_wheel_works_in_an_empty_folder(wheel, release, tmp_path):
    site, folder = tmp_path / "site", tmp_path / "empty"
    folder.mkdir()
    options = ["--quiet", "--no-deps", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True)

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(site), "EVIDENSGRAF_RELEASES": str(folder / "releases")}
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout

    where = run("-c", "import evidensgraf.graph, evidensgraf.service; print(evidensgraf.graph.__file__)")
    assert where.startswith(str(site))
    assert release.digest in run("-m", "evidensgraf.service.cli", "build")
    assert "hasky" in run("-m", "evidensgraf.service.cli", "query", "interventions", "-f", "csv")


def test_the_wheel_carries_the_program_and_the_data(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for room, patterns in (
        ("graph", ["data/*.trig"]),
        ("ontology", ["*.ttl"]),
        ("shapes", ["*.ttl"]),
        ("queries", ["*.rq", "rules/*.rq"]),
        ("service", ["templates/*", "static/*.css", "static/*.svg"]),
    ):
        for pattern in ("*.py", "py.typed", *patterns):
            files = [f for f in (ROOT / room).glob(pattern) if f.is_file()]
            assert files, f"{room}/{pattern}"
            for file in files:
                assert f"evidensgraf/{file.relative_to(ROOT)}" in names, file
    assert all(n.startswith(("evidensgraf/", "evidensgraf-")) for n in names)


def test_every_dependency_is_pinned_and_no_host_is_named():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    pinned = {re.split(r"==", line)[0].lower() for line in text.splitlines() if line and not line.startswith("#")}
    declared = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["test"]
    assert {re.split(r"[<>=;\s]", d)[0].lower() for d in declared} <= pinned


def test_one_version_of_the_package_and_one_of_the_data(release):
    version = PROJECT["project"]["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = re.findall(
        r"^## (\d+\.\d+\.\d+) .*data (\d{4}-\d\d-\d\d)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M
    )
    ontology = (ROOT / "ontology" / "evidensgraf.ttl").read_text(encoding="utf-8")
    assert re.search(r"^version: (\S+)", citation, re.M)[1] == version
    assert re.search(r"^date-released: (\S+)", citation, re.M)[1] == release.id
    assert changelog[0] == (version, release.id)
    assert f'owl:versionInfo "{version}"' in ontology
    assert f"<https://w3id.org/evidensgraf/def/{version}/>" in ontology
    assert importlib.metadata.version("evidensgraf") == version
