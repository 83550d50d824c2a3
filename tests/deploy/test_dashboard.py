"""The dashboard of Grafana: its queries name what servers have, and it shows all of that."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.generate.dashboard import ROWS, Panel, dashboard
from tableadmin_server.metrics.definitions import METRICS
from tests.deploy import promql

_PANELS = [panel for _, panels in ROWS for panel in panels]


def _drawn() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = dashboard()["panels"]
    return panels


@pytest.mark.parametrize("panel", _PANELS, ids=lambda panel: panel.title)
def test_queries(panel: Panel) -> None:
    """Each query names metrics and labels of servers alone, and its legend labels that its series have."""
    for query in panel.queries:
        assert [] == promql.problems(query.expression), query.expression
        legend = {word.partition("}}")[0] for word in query.legend.split("{{")[1:]}
        available = promql.grouped(query.expression) or {
            label for each in promql.selectors(query.expression) for label in promql.known()[each.metric]
        }
        assert legend <= available, query


def test_wrong_queries_are_found() -> None:
    """A metric, a label or a group that no server has is a problem."""
    wrong = {
        "sum(tableadmin_gone)": ["no metric tableadmin_gone"],
        'tableadmin_healthy{endpoint="a"}': ["tableadmin_healthy has no label endpoint"],
        "sum by (state) (tableadmin_watchers)": ["tableadmin_watchers cannot be grouped by state"],
        "rate(grpc_server_handling_seconds[5m])": ["no metric grpc_server_handling_seconds"],
    }
    assert wrong == {expression: promql.problems(expression) for expression in wrong}


def test_all_metrics_are_shown() -> None:
    """Each metric of the server is in a panel."""
    shown = {
        each.metric.removesuffix("_bucket")
        for panel in _PANELS
        for query in panel.queries
        for each in promql.selectors(query.expression)
    }
    assert set() == {each.name for each in METRICS} - shown


def test_schema() -> None:
    """Grafana's own types read the dashboard, and write the same: they know each of its members."""
    plugins.register_default_plugins()
    written = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard())))
    assert [] == list(_differences(dashboard(), written, "dashboard"))


def _differences(ours: object, theirs: object, path: str) -> Iterator[str]:
    """Where THEIRS lacks a member of OURS, or has another value; defaults that THEIRS adds do not count."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in ours.items():
            yield from _differences(value, theirs.get(name, "no such member"), f"{path}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from _differences(*pair, f"{path}[{number}]")
    elif ours != theirs:
        yield f"{path}: {ours!r} is {theirs!r}"


def test_places() -> None:
    """Panels have ids of their own, titles of their own, fit into 24 columns and do not overlap."""
    drawn = _drawn()
    assert len({each["id"] for each in drawn}) == len(drawn)
    titles = [each["title"] for each in drawn if each["type"] != "row"]
    assert len(set(titles)) == len(titles)
    places = [each["gridPos"] for each in drawn]
    assert all(each["x"] + each["w"] <= 24 for each in places)
    for before, after in pairwise(places):
        same_line = before["y"] == after["y"] and before["x"] + before["w"] <= after["x"]
        assert same_line or before["y"] + before["h"] <= after["y"]


def test_variables() -> None:
    """The variables that queries use are those that people choose."""
    listed = dashboard()["templating"]["list"]
    assert ["datasource", "instance", "endpoint"] == [each["name"] for each in listed]
    for each in listed[1:]:
        assert [] == promql.problems(each["query"]["query"].removeprefix("label_values(").rpartition(",")[0])
