"""Settings: what the environment decides about a running service, each from one ``EVIDENSGRAF_*`` variable."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from typing import Any

from evidensgraf.graph.confine import can_refuse_sockets
from evidensgraf.graph.engine import Limits
from evidensgraf.graph.foreign import MAX_BYTES
from evidensgraf.graph.stores import DISK, MEMORY
from evidensgraf.ontology.namespaces import BASE
from evidensgraf.service.clients import Network

PREFIX = "EVIDENSGRAF_"
"""What the name of every variable starts with."""


PUBLISHER_TYPES = (
    "Academia-ScientificOrganisation",
    "Company",
    "IndustryConsortium",
    "LocalAuthority",
    "NationalAuthority",
    "NonGovernmentalOrganisation",
    "NonProfitOrganisation",
    "PrivateIndividual(s)",
    "RegionalAuthority",
    "StandardisationBody",
    "SupraNationalAuthority",
)
"""Kinds of publisher (ADMS, http://purl.org/adms/publishertype/)."""


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
    - ``wait``: seconds that a query may wait for a worker before the service says that it is busy, above 0.
    - ``seconds``: wall-clock seconds that one query may take, above 0.
    - ``memory_mb``: mebibytes that one query may use beyond the loaded release, at least 64.
    - ``rows``: solutions or triples in one answer, at least 1.
    - ``size_mb``: mebibytes of one answer, at least 1.
    - ``check_workers``: drafts that may be checked at once, each in a process of its own; 0 to check none.
    - ``check_queue``: drafts that may be uploaded or wait beside those, at least 0.
    - ``check_seconds``: wall-clock seconds that one check may take, above 0.
    - ``check_memory_mb``: mebibytes that one check may use beyond the loaded release, at least 256.
    - ``check_mb``: size of the largest draft that is taken, in megabytes, 1–10.
    - ``store``: where the release is kept: ``memory``, ``disk``, or ``auto`` for disk when it is large.
    - ``memory_quads``: quads of the largest release that ``auto`` keeps in memory, at least 0.
    - ``watch``: seconds between two looks for a newer release to serve; 0 to look only when asked (SIGHUP).
    - ``root_path``: path that a proxy serves the service under, such as ``/evidensgraf``; empty for none.
    - ``log``: form of the log: ``json``, ``text``, or ``off`` for none of requests.
    - ``log_file``: file that requests are logged in; empty for standard error.
    - ``log_clients``: ``network`` writes the network of each client (IPv4 /24, IPv6 /48), ``off`` nothing of it.
    - ``metrics``: who may read ``/metrics``: ``internal`` (this machine and private networks, and not through a proxy),
      ``public`` or ``off``.
    - ``proxies``: networks of the proxies whose ``X-Forwarded-For`` is believed.
    - ``rate``: requests that a client may make each second in the long run; 0 for no bound.
    - ``burst``: requests that a client may make at once, where there is a rate, at least 1.
    - ``connections``: connections that may be open at once, at least 1.
    - ``stop_seconds``: seconds that requests in flight have when the service is asked to stop, at least 0.
    - ``drain_seconds``: seconds that the service goes on taking requests after it was asked to stop, while ``/ready``
      says no, at least 0.
    - ``hsts_seconds``: ``max-age`` of ``Strict-Transport-Security`` (RFC 6797); 0 for none.
    - ``publisher``: who publishes the data catalogue and runs the service, by name; empty for the project itself.
    - ``publisher_type``: what kind of publisher that is, by a name of the ADMS vocabulary.
    - ``contact``: e-mail address for questions on the dataset and the services; empty where there is none.
    - ``endpoint``: SPARQL 1.1 endpoint to answer from, instead of a release on this machine; empty for none.
    - ``endpoint_user``: name that it is called with, where it asks for one (Basic or Digest).
    - ``endpoint_password``: password that it is called with.
    - ``endpoint_token``: bearer token that it is called with; empty for none.
    - ``endpoint_poll``: seconds between two looks at which release is at the endpoint, above 0.
    """

    public_base: str = BASE
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 3
    queue: int = 128
    wait: float = 30.0
    seconds: float = 10.0
    memory_mb: int = 1024
    rows: int = 250_000
    size_mb: int = 64
    check_workers: int = 1
    check_queue: int = 8
    check_seconds: float = 60.0
    check_memory_mb: int = 1024
    check_mb: int = 5
    store: str = "auto"
    memory_quads: int = 2_000_000
    watch: float = 0.0
    root_path: str = ""
    log: str = "json"
    log_file: str = ""
    log_clients: str = "off"
    metrics: str = "internal"
    proxies: tuple[Network, ...] = ()
    rate: float = 0.0
    burst: int = 40
    connections: int = 1000
    stop_seconds: int = 15
    drain_seconds: int = 0
    hsts_seconds: int = 0
    publisher: str = ""
    publisher_type: str = "NonProfitOrganisation"
    contact: str = ""
    endpoint: str = ""
    endpoint_user: str = ""
    endpoint_password: str = field(default="", repr=False)
    endpoint_token: str = field(default="", repr=False)
    endpoint_poll: float = 10.0

    @property
    def limits(self) -> Limits:
        """What one query may use."""
        return Limits(self.seconds, self.memory_mb, self.rows, self.size_mb)

    @property
    def check_limits(self) -> Limits:
        """What one check of a draft may use."""
        return Limits(self.check_seconds, self.check_memory_mb, size_mb=min(self.size_mb, 16))

    def store_for(self, quads: int) -> str:
        """Return where a release of so many quads is kept: ``memory`` or ``disk``."""
        if self.store == "auto":
            return DISK if quads > self.memory_quads and can_refuse_sockets() else MEMORY
        return self.store

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


def _text(value: str) -> str:
    if not re.fullmatch(r"[^\x00-\x1f\x7f]{0,200}", value):
        raise ValueError("a name on one line, of at most 200 characters")
    return value


def _email(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value):
        raise ValueError("an e-mail address, or nothing")
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


def _rate(value: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value):
        raise ValueError("a number from 0")
    return float(value)


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return read


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part) for part in re.split(r"[\s,]+", value) if part)
    except ValueError as error:
        raise ValueError("networks such as 10.0.0.0/8, fd00::/8, with commas between") from error


def _endpoint(value: str) -> str:
    if not re.fullmatch(r"(https?://[^\s<>\"{}|^`\\?#@/]+(/[^\s<>\"{}|^`\\#]*)?)?", value):
        raise ValueError("the http or https address of a SPARQL endpoint, without user and password, or nothing")
    return value


def _token(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]*=*", value):
        raise ValueError("a bearer token (RFC 6750)")
    return value


_READERS: dict[str, Callable[[str], Any]] = {
    "public_base": _iri,
    "host": _host,
    "port": _whole(0, 65535),
    "workers": _whole(1),
    "queue": _whole(0),
    "wait": _seconds,
    "seconds": _seconds,
    "memory_mb": _whole(64),
    "rows": _whole(1),
    "size_mb": _whole(1),
    "check_workers": _whole(0),
    "check_queue": _whole(0),
    "check_seconds": _seconds,
    "check_memory_mb": _whole(256),
    "check_mb": _whole(1, MAX_BYTES // 1_000_000),
    "store": _one_of(MEMORY, DISK, "auto"),
    "memory_quads": _whole(0),
    "watch": _rate,
    "root_path": _path,
    "log": _one_of("json", "text", "off"),
    "log_file": str,
    "log_clients": _one_of("off", "network"),
    "metrics": _one_of("internal", "public", "off"),
    "proxies": _networks,
    "rate": _rate,
    "burst": _whole(1),
    "connections": _whole(1),
    "stop_seconds": _whole(0),
    "drain_seconds": _whole(0),
    "hsts_seconds": _whole(0),
    "publisher": _text,
    "publisher_type": _one_of(*PUBLISHER_TYPES),
    "contact": _email,
    "endpoint": _endpoint,
    "endpoint_user": str,
    "endpoint_password": str,
    "endpoint_token": _token,
    "endpoint_poll": _seconds,
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
    for setting in fields(Settings):
        name = PREFIX + setting.name.upper()
        if name not in environment:
            continue
        value = environment[name].strip()
        try:
            values[setting.name] = _READERS[setting.name](value)
        except ValueError as error:
            shown = "" if setting.name.startswith("endpoint") else f" is '{value}'; it"  # it may hold a secret
            raise SettingsError(f"{name}{shown} takes {error}.") from error
    return Settings(**values)
