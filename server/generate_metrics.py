"""Writes docs/reference/metrics.md from the definitions of the metrics; `make metrics` runs it.

python server/generate_metrics.py
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tableadmin_server.metrics.definitions import TOPICS, Metric

_HEAD = """# Metrics of the server

Generated from `server/tableadmin_server/metrics/definitions.py` by `make metrics`: do not edit.

The server answers Prometheus at `/metrics` of the address that `--metrics-address` or `[metrics]` gives.
Without an address the server measures nothing. The answers are not encrypted and need no credentials: let
only Prometheus reach the address.

No label has a table, a principal or a request id. Values of labels come from the configuration and from the
contract, so callers cannot add series. `prometheus_client` adds its own metrics of the process (`process_*`)
and of Python (`python_*`).
"""


def page() -> str:
    """Return the text of docs/reference/metrics.md."""
    return "\n".join([_HEAD, *(line for topic, metrics in TOPICS for line in _topic(topic, metrics))])


def _topic(title: str, metrics: Iterable[Metric]) -> Iterator[str]:
    yield from (f"## {title}", "")
    yield "| metric | type | labels | unit | meaning | what to look at |"
    yield "|---|---|---|---|---|---|"
    for each in metrics:
        labels = ", ".join(f"`{label}`" for label in each.labels)
        yield f"| `{each.name}` | {each.kind} | {labels} | {each.unit} | {each.meaning} | {each.advice} |"
    yield ""


if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "reference" / "metrics.md").write_text(page(), encoding="utf-8")
