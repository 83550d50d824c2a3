"""What a query in Prometheus's language names: metrics with their labels, and labels to group by."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tableadmin_server.metrics.definitions import METRICS

# What Prometheus itself and prometheus_client add, with the labels.
OTHERS = {
    "up": (),
    "ALERTS": ("alertname", "alertstate", "severity"),
    "process_cpu_seconds_total": (),
    "process_max_fds": (),
    "process_open_fds": (),
    "process_resident_memory_bytes": (),
    "process_start_time_seconds": (),
}
# Each series has these from the configuration of Prometheus.
_TARGET = {"job", "instance"}
_WORDS = {
    *("absent", "changes", "count", "histogram_quantile", "increase", "max", "min", "rate", "sum"),
    *("time", "vector", "and", "by", "or"),
}


@dataclass(frozen=True)
class Selector:
    """Series of METRIC with matchers of LABELS, by name; a matcher has the operator and the text."""

    metric: str
    labels: dict[str, tuple[str, str]]


def known() -> dict[str, Collection[str]]:
    """The labels of each series that a server or Prometheus has, by the name of the series."""
    found: dict[str, Collection[str]] = {name: {*labels, *_TARGET} for name, labels in OTHERS.items()}
    for metric in METRICS:
        labels = {*metric.labels, *_TARGET}
        if metric.kind == "histogram":
            found[f"{metric.name}_bucket"] = {*labels, "le"}
        else:
            found[metric.name] = labels
    return found


def selectors(expression: str) -> Iterator[Selector]:
    """The selectors of EXPRESSION."""
    for name, matchers in re.findall(r"([a-zA-Z_]\w*)(?:\{([^}]*)\})?", _without_groups(expression)):
        if name not in _WORDS:
            labels = re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', matchers)
            yield Selector(name, {label: (operator, text) for label, operator, text in labels})


def grouped(expression: str) -> set[str]:
    """The labels by which EXPRESSION groups."""
    return {
        label.strip() for group in re.findall(r"\bby \(([^)]*)\)", expression) for label in group.split(",")
    }


def problems(expression: str) -> list[str]:
    """What EXPRESSION names that no server has."""
    series = known()
    found = list(selectors(expression))
    unknown = [each.metric for each in found if each.metric not in series]
    if unknown:
        return [f"no metric {name}" for name in unknown]
    return [
        *(
            f"{each.metric} has no label {label}"
            for each in found
            for label in each.labels
            if label not in series[each.metric]
        ),
        *(
            f"{each.metric} cannot be grouped by {label}"
            for each in found
            for label in grouped(expression)
            if label not in series[each.metric] and not (label == "le" and len(found) > 1)
        ),
    ]


def _without_groups(expression: str) -> str:
    """EXPRESSION without labels to group by, ranges and numbers, which are no selectors."""
    return re.sub(r"\bby \([^)]*\)|\[[^]]*\]", "", expression)
