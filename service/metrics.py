"""What Prometheus reads: requests, queries, workers and stores of recent answers, counted since the service started.

Counting is plain Python, for it is done at every request; only ``/metrics`` makes metric families of the numbers.
Text format 0.0.4, or OpenMetrics 1.0.0 for a client that prefers it.
"""

from __future__ import annotations

import importlib.metadata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from evidensgraf.graph.activity import BOUNDS, OUTCOMES, Activity, Durations, Uses
from evidensgraf.service.access import Record, route_of
from evidensgraf.service.serving import Serving

METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
"""Methods that are counted by name."""


class Requests:
    """Counts requests by route, method and status, the time they take by route, and the use of recent answers.

    A route is the template of a path, such as ``/doc/{kind}/{slug}``, so that there are only so many.
    """

    def __init__(self) -> None:
        self.count: Counter[tuple[str, str, int]] = Counter()
        self.seconds: defaultdict[str, Durations] = defaultdict(Durations)
        self.answers = Uses()

    def __call__(self, record: Record) -> None:
        """Count a request that is over."""
        method = record.scope["method"]
        route = record.route or route_of(record.scope)
        self.count[route, method if method in METHODS else "other", record.status] += 1
        self.seconds[route].add(record.seconds)
        if record.cache:
            self.answers.hits += record.cache == "hit"
            self.answers.misses += record.cache == "miss"


@dataclass(frozen=True, eq=False)
class Sources:
    """Where the numbers are read: what was counted, and what is served now."""

    requests: Requests
    serving: Serving
    stopping: bool

    def collect(self) -> Iterator[Metric]:
        """Yield every metric family (the interface of a collector)."""
        yield from _requests(self.requests)
        serving = self.serving
        activity: Activity | None = getattr(serving.engine, "activity", None)
        if activity is not None:
            yield from _queries(activity)
            yield from _workers(activity, serving.engine)
            yield _uses({"engine": activity.answers, "http": self.requests.answers})
        checked = CounterMetricFamily("evidensgraf_checks", "Checks of drafts, by outcome.", labels=["outcome"])
        for name, count in sorted(serving.checks.activity.outcomes.items()):
            checked.add_metric([name], count)
        yield checked
        waiting = GaugeMetricFamily("evidensgraf_queue_length", "Queries that wait.", labels=["queue"])
        for name, queue in (("adhoc", serving.adhoc), ("worker", serving.engine)):
            waiting.add_metric([name], getattr(queue, "waiting", 0))
        yield waiting
        said = {"release": serving.release.id, "sha256": serving.release.digest, "version": _VERSION}
        yield InfoMetricFamily("evidensgraf_release", "The release that is served, and the software.", value=said)
        yield GaugeMetricFamily("evidensgraf_stopping", "1 while the service stops.", value=int(self.stopping))


_VERSION = importlib.metadata.version("evidensgraf")


def exposition(sources: Sources, accept: str) -> tuple[bytes, str]:
    """Return the metrics, and their media type: the one that ``accept`` asks for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(sources)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


def _requests(requests: Requests) -> Iterator[Metric]:
    counted = CounterMetricFamily(
        "evidensgraf_requests", "Requests, by route, method and status (0: the client left).",
        labels=["route", "method", "status"],
    )  # fmt: skip
    for (route, method, status), count in requests.count.items():
        counted.add_metric([route, method, str(status)], count)
    yield counted
    taken = HistogramMetricFamily("evidensgraf_request_seconds", "Time to answer a request.", labels=["route"])
    for route, durations in requests.seconds.items():
        taken.add_metric([route], *_classes(durations))
    yield taken


def _queries(activity: Activity) -> Iterator[Metric]:
    ended = CounterMetricFamily("evidensgraf_queries", "Queries, by what became of them.", labels=["outcome"])
    for name in OUTCOMES:
        ended.add_metric([name], activity.outcomes[name])
    yield ended
    for name, text, durations in (
        ("evaluation", "Time that a worker took for a query.", activity.evaluating),
        ("waiting", "Time that a query waited for a worker.", activity.waiting),
    ):
        taken = HistogramMetricFamily(f"evidensgraf_query_{name}_seconds", text)
        taken.add_metric([], *_classes(durations))
        yield taken


def _workers(activity: Activity, engine: Any) -> Iterator[Metric]:
    now = GaugeMetricFamily("evidensgraf_workers", "Worker processes, by what they do now.", labels=["state"])
    idle = getattr(engine, "idle", 0)
    now.add_metric(["idle"], idle)
    now.add_metric(["busy"], max(0, activity.started - activity.ended - idle))
    yield now
    for name, text, count in (
        ("started", "Worker processes that were started, the first ones and replacements.", activity.started),
        ("killed", "Worker processes that were killed: past a limit, or left by their client.", activity.killed),
        ("ended", "Worker processes that ended, for any reason.", activity.ended),
    ):
        yield CounterMetricFamily(f"evidensgraf_workers_{name}", text, value=count)


def _uses(stores: dict[str, Uses]) -> Metric:
    asked = CounterMetricFamily(
        "evidensgraf_recent_answers", "Answers looked for among the recent ones.", labels=["store", "result"]
    )
    for name, uses in stores.items():
        asked.add_metric([name, "hit"], uses.hits)
        asked.add_metric([name, "miss"], uses.misses)
    return asked


def _classes(durations: Durations) -> tuple[list[tuple[str, float]], float]:
    """Return the cumulative classes of a histogram, the last one without bound, and the sum in seconds."""
    names = [str(bound) for bound in BOUNDS] + ["+Inf"]
    total, classes = 0, []
    for name, count in zip(names, durations.counts, strict=True):
        total += count
        classes.append((name, float(total)))
    return classes, durations.total
