"""What Prometheus scrapes and OpenTelemetry collects is what `metrics()` tells."""

import urllib.request
from pathlib import Path
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ValidationError
from proteusdb.metrics import instrument, prometheus_collector, serve


def scraped(registry: Any) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Samples by name and labels, the database's left out."""
    return {
        (sample.name, tuple(sorted((k, v) for k, v in sample.labels.items() if k != "database"))): sample.value
        for family in registry.collect()
        for sample in family.samples
    }


def test_prometheus(path: Path) -> None:
    client = pytest.importorskip("prometheus_client", reason="prometheus_client is not installed")
    registry = client.CollectorRegistry()
    with DatabaseManager(database_path=path) as db:
        registry.register(prometheus_collector(db))
        db.store_prediction("MKT", None, job="x", prediction_id="a")
        first = scraped(registry)
        for _ in range(3):
            db.query_ids(job="x")
            db.get_prediction("a")
        told = scraped(registry)
        assert told[("proteusdb_records", (("kind", "predictions"),))] == 1
        assert told[("proteusdb_calls_total", (("kind", "read"), ("plan", "direct")))] == 3
        queries = [dict(labels) for _, labels in told if ("kind", "query") in labels]
        plan = next(labels["plan"] for labels in queries if "plan" in labels)
        key = (("kind", "query"), ("plan", plan))
        assert told[("proteusdb_calls_total", key)] == 3
        assert told[("proteusdb_call_seconds_count", key)] == 3
        assert told[("proteusdb_call_seconds_sum", key)] == told[("proteusdb_calls_seconds_total", key)] > 0
        buckets = [v for (name, labels), v in told.items() if name.endswith("_bucket") and {*key} <= {*labels}]
        assert buckets == sorted(buckets)
        assert buckets[-1] == 3
        counters = {name for name, _ in told if name.endswith("_total")}
        assert all(told[k] >= v for k, v in first.items() if k[0] in counters)
        assert f'database="{db.url}"' in client.generate_latest(registry).decode()
    assert scraped(registry) == {("proteusdb_up", ()): 0}


def test_served_over_http(db: DatabaseManager) -> None:
    pytest.importorskip("prometheus_client", reason="prometheus_client is not installed")
    server = serve(db, 0)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
    assert "proteusdb_up" in text
    assert "proteusdb_storage_bytes" in text
    for wrong in (-1, 70_000, "9100", True):
        with pytest.raises(ValidationError, match="port"):
            serve(db, wrong)  # type: ignore[arg-type]


def test_opentelemetry(path: Path) -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.metrics", reason="opentelemetry-sdk is not installed")
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    reader = InMemoryMetricReader()
    provider = sdk.MeterProvider([reader])
    with DatabaseManager(database_path=path) as db:
        instruments = instrument(db, provider.get_meter("test"))
        assert len(instruments) > 15
        db.store_prediction("MKT", None, model="m", prediction_id="a")
        assert db.get_prediction("a").model == "m"
        told = collected(reader)
        assert told[("proteusdb.records", "predictions")] == 1
        assert told[("proteusdb.calls", "read")] == 1
        assert told[("proteusdb.cache_lookups", "models")] == 1
        assert told[("proteusdb.residue_bytes", "metadata")] > 0
    assert collected(reader) == {}
    provider.shutdown()


def collected(reader: Any) -> dict[tuple[str, str], float]:
    """Sums by name and first attribute beside the database."""
    data = reader.get_metrics_data()
    found: dict[tuple[str, str], float] = {}
    for resource in () if data is None else data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    labels = [str(v) for k, v in point.attributes.items() if k != "database"]
                    key = (metric.name, labels[0] if labels else "")
                    found[key] = found.get(key, 0) + point.value
    return found
