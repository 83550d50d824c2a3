"""The Grafana dashboard as data: rows of panels, and the queries of each.

deploy/grafana/tableadmin.json is made from ROWS.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, TypeAlias

Json: TypeAlias = dict[str, Any]

# Grafana divides a row into 24 columns.
_COLUMNS = 24
_HEIGHTS = {"stat": 4, "timeseries": 8}
_WIDTHS = {"stat": 4, "timeseries": 8}
# What people choose at the top of the dashboard.
_SERVER = 'instance=~"$instance"'
_ENDPOINT = f'{_SERVER},endpoint=~"$endpoint"'
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True)
class Query:
    """A query in Prometheus's language, and the name of its series with labels in double braces."""

    expression: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """A panel with QUERIES. UNIT is one of Grafana's. A value of ALARMING or more is red."""

    title: str
    description: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: Literal["stat", "timeseries"] = "timeseries"
    alarming: float | None = None


def _quantiles(metric: str, selector: str, by: str = "") -> tuple[Query, ...]:
    """The median and the 99th percentile of the histogram METRIC, by the labels BY."""
    legend = f" {{{{{by}}}}}" if by else ""
    labels = f"le, {by}" if by else "le"
    return tuple(
        Query(
            f"histogram_quantile({quantile}, sum by ({labels}) "
            f"(rate({metric}_bucket{{{selector}}}[$__rate_interval])))",
            f"p{round(quantile * 100)}{legend}",
        )
        for quantile in (0.5, 0.99)
    )


def _rate(metric: str, selector: str, by: str) -> Query:
    """The rate of the counter METRIC a second, by the labels BY."""
    legend = " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(","))
    return Query(f"sum by ({by}) (rate({metric}{{{selector}}}[$__rate_interval]))", legend)


def _sum(metric: str, selector: str, by: str) -> Query:
    """The sum of the gauge METRIC, by the labels BY."""
    legend = " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(","))
    return Query(f"sum by ({by}) ({metric}{{{selector}}})", legend)


ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "Overview",
        (
            Panel(
                "Servers that serve",
                "Servers whose health checks report SERVING.",
                (Query(f"sum(tableadmin_healthy{{{_SERVER}}})"),),
                kind="stat",
            ),
            Panel(
                "Servers that do not",
                "Servers that report NOT_SERVING.",
                (Query(f"count(tableadmin_healthy{{{_SERVER}}} == 0) or vector(0)"),),
                kind="stat",
                alarming=1,
            ),
            Panel(
                "Endpoints not reached",
                "Pairs of a server and an endpoint that the server does not reach.",
                (Query(f"count(tableadmin_endpoint_up{{{_ENDPOINT}}} == 0) or vector(0)"),),
                kind="stat",
                alarming=1,
            ),
            Panel(
                "Alerts",
                "Alerts of tableadmin that fire.",
                (Query('count(ALERTS{alertname=~"TableAdmin.*",alertstate="firing"}) or vector(0)'),),
                kind="stat",
                alarming=1,
            ),
            Panel(
                "Calls",
                "Calls per second that have ended, of all servers.",
                (Query(f"sum(rate(grpc_server_handled_total{{{_SERVER}}}[$__rate_interval]))"),),
                unit="reqps",
                kind="stat",
            ),
            Panel(
                "Versions",
                "Versions that run.",
                (Query(f"count by (version) (tableadmin_build_info{{{_SERVER}}})", "{{version}}"),),
                kind="stat",
            ),
        ),
    ),
    (
        "Calls",
        (
            Panel(
                "Calls begun, by method",
                "Calls per second.",
                (_rate("grpc_server_started_total", _SERVER, "grpc_method"),),
                unit="reqps",
            ),
            Panel(
                "Calls that failed, by code",
                "Calls per second that have ended with another code than OK.",
                (_rate("grpc_server_handled_total", f'{_SERVER},grpc_code!="OK"', "grpc_code"),),
                unit="reqps",
            ),
            Panel(
                "Latency of unary calls",
                "Time from the begin of a call to its end.",
                _quantiles("grpc_server_handling_seconds", f'{_SERVER},grpc_type="unary"'),
                unit="s",
            ),
            Panel(
                "p99 of unary calls, by method",
                "Time from the begin of a call to its end.",
                _quantiles("grpc_server_handling_seconds", f'{_SERVER},grpc_type="unary"', "grpc_method")[1:],
                unit="s",
            ),
            Panel(
                "Calls in progress",
                "Calls that have begun and not ended, with open streams.",
                (_sum("tableadmin_calls_in_progress", _SERVER, "grpc_type, grpc_method"),),
            ),
            Panel(
                "Messages received, by method",
                "Messages per second that callers have sent.",
                (_rate("grpc_server_msg_received_total", _SERVER, "grpc_method"),),
                unit="reqps",
            ),
            Panel(
                "Messages sent, by method",
                "Messages per second that were sent to callers.",
                (_rate("grpc_server_msg_sent_total", _SERVER, "grpc_method"),),
                unit="reqps",
            ),
            Panel(
                "Callers that share a read",
                "Reads asked for, divided by the calls to endpoints that were made for them.",
                (
                    Query(
                        f"sum by (grpc_method) (rate(tableadmin_shared_reads_asked_total{{{_SERVER}}}"
                        "[$__rate_interval])) / sum by (grpc_method) "
                        f"(rate(tableadmin_shared_reads_called_total{{{_SERVER}}}[$__rate_interval]))",
                        "{{grpc_method}}",
                    ),
                ),
            ),
        ),
    ),
    (
        "Endpoints",
        (
            Panel(
                "Endpoint reached",
                "1: the server reaches the endpoint. 0: the server does not.",
                (Query(f"tableadmin_endpoint_up{{{_ENDPOINT}}}", "{{endpoint}} {{instance}}"),),
            ),
            Panel(
                "Circuit breaker",
                "1 for the state of the circuit breaker of an endpoint. Calls are made while it is closed.",
                (
                    Query(
                        f"max by (endpoint, state) (tableadmin_endpoint_circuit_state{{{_ENDPOINT}}})",
                        "{{endpoint}} {{state}}",
                    ),
                ),
            ),
            Panel(
                "Calls to endpoints, by operation",
                "Calls per second.",
                (_rate("tableadmin_endpoint_calls_total", _ENDPOINT, "endpoint, operation"),),
                unit="reqps",
            ),
            Panel(
                "Calls to endpoints that failed, by code",
                "Calls per second that have ended with another code than OK.",
                (_rate("tableadmin_endpoint_calls_total", f'{_ENDPOINT},code!="OK"', "endpoint, code"),),
                unit="reqps",
            ),
            Panel(
                "Latency of endpoints",
                "Time of a call to an endpoint, retries and the wait for a thread included.",
                _quantiles("tableadmin_endpoint_call_seconds", _ENDPOINT, "endpoint"),
                unit="s",
            ),
            Panel(
                "Requests for each call",
                "More than 1: calls were tried again.",
                (
                    Query(
                        f"sum by (endpoint) (rate(tableadmin_endpoint_requests_total{{{_ENDPOINT}}}"
                        "[$__rate_interval])) / sum by (endpoint) "
                        f"(rate(tableadmin_endpoint_calls_total{{{_ENDPOINT}}}[$__rate_interval]))",
                        "{{endpoint}}",
                    ),
                ),
            ),
            Panel(
                "Calls throttled and refused",
                "Calls per second that the endpoint has throttled, and that the server has refused itself.",
                (
                    _rate("tableadmin_endpoint_throttled_total", _ENDPOINT, "endpoint, operation"),
                    _rate("tableadmin_endpoint_refused_total", _ENDPOINT, "endpoint, reason"),
                ),
                unit="reqps",
            ),
            Panel(
                "Pool and queue",
                "The used part of the calls that pool and queue of the endpoint hold.",
                (
                    Query(
                        f"tableadmin_endpoint_calls_held{{{_ENDPOINT}}}"
                        f" / tableadmin_endpoint_calls_limit{{{_ENDPOINT}}}",
                        "{{endpoint}} {{instance}}",
                    ),
                ),
                unit="percentunit",
            ),
            Panel(
                "Budget of background calls",
                "The used part of `background_calls_per_second`.",
                (
                    Query(
                        f"tableadmin_background_budget_used_ratio{{{_ENDPOINT}}}", "{{endpoint}} {{instance}}"
                    ),
                ),
                unit="percentunit",
            ),
            Panel(
                "Background calls that wait",
                "Background calls that wait for their budget.",
                (_sum("tableadmin_background_calls_waiting", _ENDPOINT, "endpoint, instance"),),
            ),
        ),
    ),
    (
        "Polls and watches",
        (
            Panel(
                "Watches and waits",
                "Open streams.",
                (_sum("tableadmin_watchers", _ENDPOINT, "endpoint, instance"),),
            ),
            Panel(
                "Poll loops",
                "Poll loops by what they read.",
                (_sum("tableadmin_poll_loops", _ENDPOINT, "endpoint, kind"),),
            ),
            Panel(
                "Polls",
                "Polls per second, by outcome.",
                (_rate("tableadmin_polls_total", _ENDPOINT, "endpoint, outcome"),),
                unit="reqps",
            ),
            Panel(
                "Lag of events",
                "Time from the poll that has seen a change until the event is made.",
                _quantiles("tableadmin_watch_event_lag_seconds", _ENDPOINT, "endpoint"),
                unit="s",
            ),
        ),
    ),
    (
        "Operations",
        (
            Panel(
                "Operations held",
                "Operations that servers hold, by state.",
                (_sum("tableadmin_operations", _ENDPOINT, "endpoint, state"),),
            ),
            Panel(
                "Servers",
                "Servers that share the operations table, as each server knows them.",
                (Query(f"tableadmin_live_servers{{{_ENDPOINT}}}", "{{instance}} {{endpoint}}"),),
            ),
            Panel(
                "Age of the oldest",
                "Age of the oldest operation that a server holds.",
                (
                    Query(
                        f"max by (endpoint) (tableadmin_operation_oldest_age_seconds{{{_ENDPOINT}}})",
                        "{{endpoint}}",
                    ),
                ),
                unit="s",
            ),
            Panel(
                "Waiting for approval",
                "Operations that wait for approval.",
                (Query(f"max by (endpoint) (tableadmin_approvals_waiting{{{_ENDPOINT}}})", "{{endpoint}}"),),
            ),
            Panel(
                "Operations ended",
                "Operations that have ended in an hour, by state.",
                (
                    Query(
                        "sum by (endpoint, state) "
                        f"(increase(tableadmin_operations_ended_total{{{_ENDPOINT}}}[1h]))",
                        "{{endpoint}} {{state}}",
                    ),
                ),
            ),
            Panel(
                "Time of operations",
                "Time from the request to the end, the wait for approval included.",
                _quantiles("tableadmin_operation_seconds", _ENDPOINT, "state"),
                unit="s",
            ),
            Panel(
                "Time of steps, p99",
                "Time of a call of an operation and of the wait for the table, by AWS operation.",
                _quantiles("tableadmin_operation_step_seconds", _ENDPOINT, "operation")[1:],
                unit="s",
            ),
            Panel(
                "Takeovers",
                "Operations per second that a server has taken over from another one.",
                (_rate("tableadmin_operation_takeovers_total", _ENDPOINT, "endpoint, instance"),),
            ),
            Panel(
                "Heartbeats",
                "Heartbeats per second, by outcome.",
                (_rate("tableadmin_lease_renewals_total", _ENDPOINT, "endpoint, outcome"),),
            ),
        ),
    ),
    (
        "Security",
        (
            Panel(
                "Decisions by policies",
                "Decisions per second, by outcome.",
                (_rate("tableadmin_policy_decisions_total", _SERVER, "outcome"),),
            ),
            Panel(
                "Failed logins",
                "Calls per second with wrong credentials, by outcome.",
                (_rate("tableadmin_failed_logins_total", _SERVER, "outcome"),),
            ),
            Panel(
                "Calls past a limit",
                "Calls per second that were refused, by limit.",
                (_rate("tableadmin_limit_refusals_total", _SERVER, "limit"),),
            ),
            Panel(
                "Audit records",
                "Records per second, by outcome.",
                (_rate("tableadmin_audit_records_total", _SERVER, "outcome"),),
            ),
            Panel(
                "Audit records that wait",
                "Records that are not written yet.",
                (_sum("tableadmin_audit_records_waiting", _SERVER, "instance"),),
            ),
            Panel(
                "Audit lag",
                "Age of the oldest record that is not written yet.",
                (Query(f"tableadmin_audit_lag_seconds{{{_SERVER}}}", "{{instance}}"),),
                unit="s",
            ),
            Panel(
                "Certificates",
                "Time until the certificate of a listener expires.",
                (
                    Query(
                        f"tableadmin_certificate_expiry_timestamp_seconds{{{_SERVER}}} - time()",
                        "{{listener}} {{instance}}",
                    ),
                ),
                unit="s",
            ),
            Panel(
                "Loads of policies, certificates and keys",
                "Loads in an hour, by outcome.",
                (
                    Query(
                        f"sum by (outcome) (increase(tableadmin_policy_loads_total{{{_SERVER}}}[1h]))",
                        "policies {{outcome}}",
                    ),
                    Query(
                        "sum by (listener, outcome) "
                        f"(increase(tableadmin_certificate_loads_total{{{_SERVER}}}[1h]))",
                        "{{listener}} {{outcome}}",
                    ),
                    Query(
                        "sum by (authenticator, outcome) "
                        f"(increase(tableadmin_authenticator_loads_total{{{_SERVER}}}[1h]))",
                        "{{authenticator}} {{outcome}}",
                    ),
                ),
            ),
            Panel(
                "Age of policies",
                "Time since the policies that decide now were loaded.",
                (
                    Query(
                        f"time() - tableadmin_policies_loaded_timestamp_seconds{{{_SERVER}}}", "{{instance}}"
                    ),
                ),
                unit="s",
            ),
        ),
    ),
    (
        "Processes",
        (
            Panel(
                "CPU",
                "Cores in use.",
                (
                    Query(
                        f'rate(process_cpu_seconds_total{{job="tableadmin",{_SERVER}}}[$__rate_interval])',
                        "{{instance}}",
                    ),
                ),
            ),
            Panel(
                "Memory",
                "Resident memory.",
                (Query(f'process_resident_memory_bytes{{job="tableadmin",{_SERVER}}}', "{{instance}}"),),
                unit="bytes",
            ),
            Panel(
                "File descriptors",
                "Open file descriptors.",
                (Query(f'process_open_fds{{job="tableadmin",{_SERVER}}}', "{{instance}}"),),
            ),
            Panel(
                "Delay of the event loop",
                "Time that the event loop took to run a callback, at most 1 second.",
                (Query(f"tableadmin_event_loop_delay_seconds{{{_SERVER}}}", "{{instance}}"),),
                unit="s",
            ),
            Panel(
                "Tasks of the event loop",
                "Tasks of calls in progress, open streams and background loops.",
                (Query(f"tableadmin_event_loop_tasks{{{_SERVER}}}", "{{instance}}"),),
            ),
            Panel(
                "Errors in background loops",
                "Errors in an hour, by loop.",
                (
                    Query(
                        "sum by (loop) "
                        f"(increase(tableadmin_background_loop_failures_total{{{_SERVER}}}[1h]))",
                        "{{loop}}",
                    ),
                ),
            ),
        ),
    ),
)


def dashboard() -> Json:
    """The dashboard as Grafana reads it from a file."""
    return {
        "uid": "tableadmin",
        "title": "tableadmin",
        "description": "Generated from deploy/generate/dashboard.py by `make deploy-files`: do not edit.",
        "tags": ["tableadmin"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "links": [],
        "templating": {"list": _variables()},
        "panels": list(_panels()),
    }


def _variables() -> list[Json]:
    source: Json = {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "hide": 0,
        "current": {},
    }
    return [
        source,
        _variable("instance", "Server", "label_values(tableadmin_healthy, instance)"),
        _variable("endpoint", "Endpoint", "label_values(tableadmin_endpoint_up, endpoint)"),
    ]


def _variable(name: str, label: str, query: str) -> Json:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
        "hide": 0,
    }


def _panels() -> Iterator[Json]:
    """A heading for each row, and its panels from left to right."""
    ids = count(1)
    top = 0
    for title, panels in ROWS:
        heading = {"h": 1, "w": _COLUMNS, "x": 0, "y": top}
        yield {
            "id": next(ids),
            "type": "row",
            "title": title,
            "collapsed": False,
            "panels": [],
            "gridPos": heading,
        }
        top += 1
        left = 0
        for panel in panels:
            width, height = _WIDTHS[panel.kind], _HEIGHTS[panel.kind]
            if left + width > _COLUMNS:
                left, top = 0, top + height
            place = {"h": height, "w": width, "x": left, "y": top}
            yield {"id": next(ids), "gridPos": place, **_panel(panel)}
            left += width
        top += _HEIGHTS[panels[-1].kind]


def _panel(panel: Panel) -> Json:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "targets": list(_targets(panel.queries)),
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0, **_thresholds(panel)}, "overrides": []},
        "options": _OPTIONS[panel.kind],
    }


# What Grafana needs for each kind of panel.
_OPTIONS: dict[str, Json] = {
    "stat": {
        "colorMode": "value",
        "graphMode": "none",
        "textMode": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    },
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
}


def _thresholds(panel: Panel) -> Json:
    steps: list[Json] = [{"color": "green", "value": None}]
    if panel.alarming is not None:
        steps.append({"color": "red", "value": panel.alarming})
    return {"thresholds": {"mode": "absolute", "steps": steps}}


def _targets(queries: Iterable[Query]) -> Iterator[Json]:
    for name, query in zip("ABCDEFGH", queries, strict=False):
        yield {
            "refId": name,
            "datasource": _SOURCE,
            "expr": query.expression,
            "legendFormat": query.legend or "__auto",
            "range": True,
        }
