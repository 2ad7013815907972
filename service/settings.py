"""Settings: what the environment decides about a running service, each from one ``EVIDENSGRAF_*`` variable."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from evidensgraf.graph.engine import Limits
from evidensgraf.ontology.namespaces import BASE

PREFIX = "EVIDENSGRAF_"
"""What the name of every variable starts with."""


class SettingsError(Exception):
    """A variable with a value that cannot be used; ``str()`` is one sentence that names it and says what it takes."""


@dataclass(frozen=True)
class Settings:
    """How the service runs. Field ``x`` is read from ``EVIDENSGRAF_X``.

    - ``public_base``: IRI that the service is published under, ending in ``/``; base of problem types and API links.
    - ``host``: address to listen on.
    - ``port``: TCP port to listen on, 0–65535; 0 takes any free one.
    - ``workers``: worker processes that evaluate queries, at least 1; from 2 on, one of them is never taken by queries
      that users write.
    - ``queue``: queries that may wait for a worker before the service says that it is busy, at least 0.
    - ``seconds``: wall-clock seconds that one query may take, above 0.
    - ``memory_mb``: mebibytes that one query may use beyond the loaded release, at least 64.
    - ``rows``: solutions or triples in one answer, at least 1.
    - ``size_mb``: mebibytes of one answer, at least 1.
    - ``root_path``: path that a proxy serves the service under, such as ``/evidensgraf``; empty for none.
    """

    public_base: str = BASE
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 3
    queue: int = 32
    seconds: float = 10.0
    memory_mb: int = 1024
    rows: int = 100_000
    size_mb: int = 64
    root_path: str = ""

    @property
    def limits(self) -> Limits:
        """What one query may use."""
        return Limits(self.seconds, self.memory_mb, self.rows, self.size_mb)

    @property
    def adhoc(self) -> int:
        """How many queries that users write may run at once."""
        return max(1, self.workers - 1)


def _iri(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>\"{}|^`\\?#]+", value):
        raise ValueError("an http or https IRI without query and fragment")
    return value.rstrip("/") + "/"


def _path(value: str) -> str:
    path = value.rstrip("/")
    if path and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", path):
        raise ValueError("a path such as /evidensgraf, or nothing")
    return path


def _host(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", value):
        raise ValueError("a host name or an IP address")
    return value


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value) if re.fullmatch(r"\d{1,9}", value) else -1
        if number < least or (most is not None and number > most):
            raise ValueError(f"a whole number from {least}" + (f" to {most}" if most is not None else ""))
        return number

    return read


def _seconds(value: str) -> float:
    number = float(value) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value) else 0.0
    if number <= 0:
        raise ValueError("a number of seconds above 0")
    return number


_READERS: dict[str, Callable[[str], Any]] = {
    "public_base": _iri,
    "host": _host,
    "port": _whole(0, 65535),
    "workers": _whole(1),
    "queue": _whole(0),
    "seconds": _seconds,
    "memory_mb": _whole(64),
    "rows": _whole(1),
    "size_mb": _whole(1),
    "root_path": _path,
}


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in the environment (or in a mapping of variable names to values).

    Raises ``SettingsError`` for the first variable whose value cannot be used.

    >>> read_settings({"EVIDENSGRAF_PORT": "8080"}).port
    8080
    >>> read_settings({"EVIDENSGRAF_PORT": "many"})
    Traceback (most recent call last):
    evidensgraf.service.settings.SettingsError: EVIDENSGRAF_PORT is 'many'; it takes a whole number from 0 to 65535.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for field in fields(Settings):
        name = PREFIX + field.name.upper()
        if name not in environment:
            continue
        value = environment[name].strip()
        try:
            values[field.name] = _READERS[field.name](value)
        except ValueError as error:
            raise SettingsError(f"{name} is '{value}'; it takes {error}.") from error
    return Settings(**values)
