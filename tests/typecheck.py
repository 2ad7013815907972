"""Type-check the package with mypy --strict: ``python -m tests.typecheck``.

The rooms become one package only when installed, so the checker is shown a directory of links with that layout.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("ontology", "graph", "queries", "shapes", "service")


def main() -> int:
    """Return mypy's exit status."""
    with tempfile.TemporaryDirectory() as directory:
        package = Path(directory) / "evidensgraf"
        package.mkdir()
        for room in ROOMS:
            (package / room).symlink_to(ROOT / room)
        command = [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            str(ROOT / "pyproject.toml"),
            "--namespace-packages",
            "--explicit-package-bases",
            "--cache-dir",
            str(ROOT / ".mypy_cache"),
            "-p",
            "evidensgraf",
        ]
        return subprocess.run(command, check=False, env={**os.environ, "MYPYPATH": directory}, cwd=directory).returncode


if __name__ == "__main__":
    sys.exit(main())
