"""What is counted, in the form that Prometheus collects. Labels are closed sets: nothing that a client sends is one."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
_PREFIX = "latentloom"
_REQUEST_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 1, 5, 30)
_WAIT_SECONDS = (0.05, 0.2, 1, 5, 15, 60, 300, 1800, 7200)
_RUN_SECONDS = (0.05, 0.2, 1, 5, 15, 60, 300, 1800)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Everything that a server counts. Each has a registry of its own, so that two in one process do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.jobs = self._gauge("jobs", "Jobs in the database, by state.", "state")
        self.queue_wait = self._histogram("queue_wait_seconds", "From submission to the first start.", _WAIT_SECONDS)
        self.run_seconds = self._histogram(
            "job_run_seconds", "How long attempts at jobs took, by how they ended.", _RUN_SECONDS, "outcome"
        )
        self.nodes = self._counter("nodes", "Nodes of jobs that ran, or were taken from a cache or not needed.", "how")
        self.node_runs = self._counter("node_runs", "Nodes that ran, by type.", "type")
        self.node_seconds = self._counter("node_run_seconds", "Time that nodes ran, by type.", "type")
        self.cache_hits = self._counter("cache_hits", "Results found in a cache and used, by tier.", "tier")
        self.cache_bytes = self._gauge("cache_bytes", "What results take, in memory as of the latest job.", "tier")
        self.worker_bytes = self._gauge("worker_bytes", "What the worker holds, as of the latest job.", "what")
        self.device_bytes = self._gauge(
            "device_memory_bytes", "The memory of each graphics card, as its driver tells it.", "device", "what"
        )
        self.restarts = self._gauge("worker_restarts", "Workers that ended unasked since the start, by cause.", "cause")
        self.is_ready = self._gauge("ready", "1 if jobs run.")
        self.requests = self._counter("http_requests", "Requests, by route and answer.", "method", "route", "status")
        self.request_seconds = self._histogram(
            "http_request_seconds", "How long answers took, streams and websockets left out.", _REQUEST_SECONDS, "route"
        )
        self.sockets = self._gauge("websocket_clients", "Open websockets.")
        self.socket_bytes = self._gauge("websocket_waiting_bytes", "What waits for clients that have not read it yet.")
        self.streams = self._gauge("event_streams", "Open streams of server-sent events.")
        self.refused = self._gauge(
            "connections_refused", "Connections refused since the start: too many of one address."
        )
        self.events = self._counter("events", "Events of jobs that went to the log, by kind.", "kind")
        self.event_log = self._gauge("event_log_events", "Events in the log.")
        self.database_bytes = self._gauge("database_bytes", "The database file and its journal.")
        self.free_bytes = self._gauge("disk_free_bytes", "Free space of the data folder.")
        self.collected_files = self._counter(
            "collected_files", "Files deleted by retention, by what they were.", "what"
        )
        self.collected_bytes = self._counter("collected_bytes", "Bytes freed by retention, by what they were.", "what")
        self._info = self._gauge("info", "The version, as a label.", "version")

    def answered(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count a request; `seconds` is None where it says nothing, as for streams."""
        self.requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        if seconds is not None:
            self.request_seconds.labels(route).observe(seconds)

    def set_all(self, gauge: Gauge, values: Mapping[str, float]) -> None:
        """Let a gauge with one label hold these values."""
        for label, value in values.items():
            gauge.labels(label).set(value)

    def set_version(self, version: str) -> None:
        """Say which version this is."""
        self._info.labels(version).set(1)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"{_PREFIX}_{name}", what, labels, registry=self._registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"{_PREFIX}_{name}", what, labels, registry=self._registry)

    def _histogram(self, name: str, what: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"{_PREFIX}_{name}", what, labels, registry=self._registry, buckets=buckets)
