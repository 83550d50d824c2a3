"""The definitions of the metrics, and docs/reference/metrics.md, which is made from them."""

import re
from pathlib import Path
from runpy import run_path

from tableadmin_server.metrics.definitions import METRICS
from tableadmin_server.metrics.recorders import go_name

ROOT = Path(__file__).parents[3]
# Labels whose values the configuration or the contract bounds.
BOUNDED = {
    *("grpc_type", "grpc_service", "grpc_method", "grpc_code", "code"),
    *(
        "endpoint",
        "operation",
        "kind",
        "outcome",
        "reason",
        "state",
        "limit",
        "listener",
        "loop",
        "authenticator",
    ),
    *("version", "python_version", "grpc_version", "botocore_version"),
}


def test_documentation_is_current() -> None:
    """docs/reference/metrics.md is what `make metrics` writes, byte for byte."""
    page = run_path(str(ROOT / "server/generate_metrics.py"))["page"]
    assert page() == (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8"), "run make metrics"


def test_each_metric_is_described() -> None:
    """Each metric has a name of its own, sentences that describe it, and labels with bounded values."""
    assert len({each.name for each in METRICS}) == len(METRICS)
    for each in METRICS:
        assert re.fullmatch("(grpc_server|tableadmin)_[a-z_]+", each.name)
        assert each.meaning.endswith("."), each.name
        assert each.advice.endswith("."), each.name
        assert set(each.labels) <= BOUNDED, each.name
        assert (each.kind == "counter") == each.name.endswith("_total"), each.name
        assert (each.kind == "histogram") == bool(each.buckets), each.name


def test_names_of_codes() -> None:
    """Codes are spelled as in Go, which go-grpc-prometheus uses."""
    assert [
        "OK",
        "Canceled",
        "Unknown",
        "InvalidArgument",
        "DeadlineExceeded",
        "NotFound",
        "AlreadyExists",
        "PermissionDenied",
        "ResourceExhausted",
        "FailedPrecondition",
        "Aborted",
        "OutOfRange",
        "Unimplemented",
        "Internal",
        "Unavailable",
        "DataLoss",
        "Unauthenticated",
    ] == list(map(go_name, range(17)))
