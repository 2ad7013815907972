"""The README is true: every ``console`` block is run and its output compared; ``…`` stands for anything."""

import doctest
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
STEPS = [
    re.match(r"\$ (.*?(?<!\\))\n(.*)", step, re.DOTALL).groups()
    for block in BLOCKS
    for step in re.split(r"^(?=\$ )", block, flags=re.MULTILINE)
    if step
]
SERVER = "make serve"


def same(expected, found):
    """Compare as doctest does, with ``…`` for any text."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(expected.replace("…", "..."), found.replace("…", "..."), flags)


@pytest.fixture(scope="module")
def server(release):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    environment = {**os.environ, "EVIDENSGRAF_RELEASES": str(release.path.parent)}
    with subprocess.Popen(
        ["make", "--silent", "serve", f"PORT={port}"],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        lines = [process.stdout.readline(), process.stdout.readline()]
        yield port, "".join(lines)
        os.killpg(process.pid, signal.SIGINT)


def test_the_readme_has_the_two_commands_and_more():
    commands = [command for command, _ in STEPS]
    assert SERVER in commands
    assert "make test" in README
    assert len(commands) >= 6


@pytest.mark.parametrize(("command", "expected"), STEPS, ids=[c[:50] for c, _ in STEPS])
def test_a_command_of_the_readme_gives_the_output_shown(server, release, command, expected):
    port, greeting = server
    if command == SERVER:
        found = greeting
    else:
        if command.startswith("curl") and not shutil.which("curl"):
            pytest.skip("there is no curl on this machine")
        environment = {**os.environ, "EVIDENSGRAF_RELEASES": str(release.path.parent)}
        done = subprocess.run(
            command.replace(":8000", f":{port}"),
            shell=True,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        found = done.stdout
    assert same(expected, found.replace(f":{port}", ":8000")), found
