"""The alerts: promtool tests each with series for which it fires and series for which it does not."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.rpc.code_pb2 import Code

from deploy.generate.alerts import ALERTS, Alert, annotations
from tableadmin_server.metrics.recorders import go_name
from tableadmin_server.operations.storage.record import State
from tests.deploy import promql
from tests.foreign import tools

_ROOT = Path(__file__).parents[2]
_RULES = _ROOT / "deploy" / "prometheus" / "alerts.yml"
_TARGET = {"job": "tableadmin", "instance": "a:9464"}
_ENDPOINT = {**_TARGET, "endpoint": "aws"}
_LISTENER = {**_TARGET, "listener": "listeners[0]"}
_UNARY = 'grpc_type="unary",grpc_service="tableadmin.v1.TableAdmin",grpc_method="DescribeTable"'
_DAY = 86400


@dataclass(frozen=True)
class Case:
    """The values of series, each a minute after the last, for which an alert fires AT that minute.

    The alert has LABELS then, and does not fire for QUIET at any time before or at that minute.
    """

    at: int
    fires: Mapping[str, str]
    quiet: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)


def _endpoint(metric: str, **labels: str) -> str:
    return _series(metric, endpoint="aws", **labels)


def _series(metric: str, **labels: str) -> str:
    pairs = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{metric}{{{pairs}}}"


_HANDLED = "grpc_server_handled_total{" + _UNARY + ',grpc_code="%s"}'
_BUCKETS = "grpc_server_handling_seconds_bucket{" + _UNARY + ',le="%s"}'
_LAG = 'tableadmin_watch_event_lag_seconds_bucket{endpoint="aws",le="%s"}'

CASES: Mapping[str, Case] = {
    "TableAdminDown": Case(3, {"up": "0x3"}, {"up": "1 0 0 1"}, _TARGET),
    "TableAdminAbsent": Case(6, {"up_elsewhere": "1x6"}, {"up": "0x6"}, {"job": "tableadmin"}),
    "TableAdminNotServing": Case(
        3, {"tableadmin_healthy": "0x3"}, {"tableadmin_healthy": "1 0 0 1"}, _TARGET
    ),
    "TableAdminRestarts": Case(
        30,
        {"process_start_time_seconds": "0x5 100x5 200x5 300x20"},
        {"process_start_time_seconds": "0x5 100x5 200x30"},
        _TARGET,
    ),
    "TableAdminVersionsDiffer": Case(
        61,
        {_series("tableadmin_build_info", version=each): "1x61" for each in ("1", "2")},
        {
            _series("tableadmin_build_info", version="1", python_version="3.11"): "1x61",
            _series("tableadmin_build_info", version="1", python_version="3.12"): "1x61",
        },
    ),
    "TableAdminEventLoopBusy": Case(
        6,
        {"tableadmin_event_loop_delay_seconds": "0.2x6"},
        {"tableadmin_event_loop_delay_seconds": "0.05x6"},
        _TARGET,
    ),
    "TableAdminEventLoopStuck": Case(
        2,
        {"tableadmin_event_loop_delay_seconds": "1x2"},
        {"tableadmin_event_loop_delay_seconds": "0.9x2"},
        _TARGET,
    ),
    "TableAdminLoopFailures": Case(
        5,
        {_series("tableadmin_background_loop_failures_total", loop="poll"): "0x3 1x5"},
        {_series("tableadmin_background_loop_failures_total", loop="poll"): "1x5"},
        {**_TARGET, "loop": "poll"},
    ),
    "TableAdminDescriptors": Case(
        6,
        {"process_open_fds": "900x6", "process_max_fds": "1024x6"},
        {"process_open_fds": "700x6", "process_max_fds": "1024x6"},
        _TARGET,
    ),
    "TableAdminErrors": Case(
        16,
        {_HANDLED % "OK": "0+90x16", _HANDLED % "Internal": "0+10x16"},
        {_HANDLED % "OK": "0+98x16", _HANDLED % "Unavailable": "0+2x16", _HANDLED % "NotFound": "0+50x16"},
        {"grpc_service": "tableadmin.v1.TableAdmin"},
    ),
    "TableAdminSlowCalls": Case(
        22,
        {_BUCKETS % "5.0": "0+90x22", _BUCKETS % "10.0": "0+100x22", _BUCKETS % "+Inf": "0+100x22"},
        {_BUCKETS % "5.0": "0+100x22", _BUCKETS % "10.0": "0+100x22", _BUCKETS % "+Inf": "0+100x22"},
        {"grpc_method": "DescribeTable"},
    ),
    "TableAdminEndpointDown": Case(
        3,
        {_endpoint("tableadmin_endpoint_up"): "0x3"},
        {_endpoint("tableadmin_endpoint_up"): "1 0 0 1"},
        _ENDPOINT,
    ),
    "TableAdminCircuitOpen": Case(
        2,
        {_endpoint("tableadmin_endpoint_circuit_state", state="closed"): "0x2"},
        {
            _endpoint("tableadmin_endpoint_circuit_state", state="closed"): "1x2",
            _endpoint("tableadmin_endpoint_circuit_state", state="open"): "0x2",
        },
        {**_ENDPOINT, "state": "closed"},
    ),
    "TableAdminEndpointThrottled": Case(
        14,
        {_endpoint("tableadmin_endpoint_throttled_total", operation="DescribeTable"): "0+1x14"},
        {_endpoint("tableadmin_endpoint_throttled_total", operation="DescribeTable"): "7x14"},
        {"endpoint": "aws", "operation": "DescribeTable"},
    ),
    "TableAdminEndpointFull": Case(
        6,
        {
            _endpoint("tableadmin_endpoint_calls_held"): "900x6",
            _endpoint("tableadmin_endpoint_calls_limit"): "1016x6",
        },
        {
            _endpoint("tableadmin_endpoint_calls_held"): "500x6",
            _endpoint("tableadmin_endpoint_calls_limit"): "1016x6",
        },
        _ENDPOINT,
    ),
    "TableAdminEndpointOverloaded": Case(
        8,
        {_endpoint("tableadmin_endpoint_refused_total", reason="ENDPOINT_OVERLOADED"): "0+1x8"},
        {_endpoint("tableadmin_endpoint_refused_total", reason="ENDPOINT_UNREACHABLE"): "0+1x8"},
        {"endpoint": "aws"},
    ),
    "TableAdminRetries": Case(
        18,
        {
            _endpoint("tableadmin_endpoint_requests_total"): "0+20x18",
            _endpoint("tableadmin_endpoint_calls_total", code="OK"): "0+10x18",
        },
        {
            _endpoint("tableadmin_endpoint_requests_total"): "0+10x18",
            _endpoint("tableadmin_endpoint_calls_total", code="OK"): "0+10x18",
            _endpoint("tableadmin_endpoint_calls_total", code="Canceled"): "0+10x18",
        },
        {"endpoint": "aws"},
    ),
    "TableAdminBackgroundBudget": Case(
        16,
        {
            _endpoint("tableadmin_background_budget_used_ratio"): "1x16",
            _endpoint("tableadmin_background_calls_waiting"): "5x16",
        },
        {
            _endpoint("tableadmin_background_budget_used_ratio"): "1x16",
            _endpoint("tableadmin_background_calls_waiting"): "0x16",
        },
        _ENDPOINT,
    ),
    "TableAdminPollsFailing": Case(
        14,
        {
            _endpoint("tableadmin_polls_total", outcome="failed"): "0+20x14",
            _endpoint("tableadmin_polls_total", outcome="answered"): "0+80x14",
        },
        {
            _endpoint("tableadmin_polls_total", outcome="failed"): "0+5x14",
            _endpoint("tableadmin_polls_total", outcome="answered"): "0+95x14",
        },
        {"endpoint": "aws"},
    ),
    "TableAdminEventLag": Case(
        16,
        {_LAG % "1.0": "0+90x16", _LAG % "2.5": "0+100x16", _LAG % "+Inf": "0+100x16"},
        {_LAG % "1.0": "0+100x16", _LAG % "2.5": "0+100x16", _LAG % "+Inf": "0+100x16"},
        {"instance": "a:9464"},
    ),
    "TableAdminOperationsFailing": Case(
        20,
        {
            _endpoint("tableadmin_operations_ended_total", state="FAILED"): "0 1 2x18",
            _endpoint("tableadmin_operations_ended_total", state="ABORTED"): "0 1x19",
        },
        {
            _endpoint("tableadmin_operations_ended_total", state="FAILED"): "0 1x20",
            _endpoint("tableadmin_operations_ended_total", state="SUCCEEDED"): "0+5x20",
        },
        {"endpoint": "aws"},
    ),
    "TableAdminOperationsPending": Case(
        16,
        {_endpoint("tableadmin_operations", state="PENDING"): "3x16"},
        {_endpoint("tableadmin_operations", state="RUNNING"): "3x16"},
        {**_ENDPOINT, "state": "PENDING"},
    ),
    "TableAdminOperationOld": Case(
        11,
        {_endpoint("tableadmin_operation_oldest_age_seconds"): f"{_DAY + 1}+60x11"},
        {_endpoint("tableadmin_operation_oldest_age_seconds"): "3600+60x11"},
        _ENDPOINT,
    ),
    "TableAdminApprovalsWaiting": Case(
        241,
        {_endpoint("tableadmin_approvals_waiting"): "1x241"},
        {_endpoint("tableadmin_approvals_waiting"): "1x200 0 1x60"},
        {"endpoint": "aws"},
    ),
    "TableAdminTakeovers": Case(
        34,
        {_endpoint("tableadmin_operation_takeovers_total"): "0+1x34"},
        {_endpoint("tableadmin_operation_takeovers_total"): "0 9x34"},
        {"endpoint": "aws"},
    ),
    "TableAdminLeases": Case(
        8,
        {_endpoint("tableadmin_lease_renewals_total", outcome="failed"): "0+1x8"},
        {_endpoint("tableadmin_lease_renewals_total", outcome="written"): "0+1x8"},
        {**_ENDPOINT, "outcome": "failed"},
    ),
    "TableAdminAuditFailing": Case(
        4,
        {_series("tableadmin_audit_records_total", outcome="failed"): "0+1x4"},
        {_series("tableadmin_audit_records_total", outcome="written"): "0+1x4"},
        {"instance": "a:9464"},
    ),
    "TableAdminAuditLag": Case(
        3, {"tableadmin_audit_lag_seconds": "11x3"}, {"tableadmin_audit_lag_seconds": "9x3"}, _TARGET
    ),
    "TableAdminPoliciesRefused": Case(
        3,
        {_series("tableadmin_policy_loads_total", outcome="refused"): "0 1x3"},
        {_series("tableadmin_policy_loads_total", outcome="loaded"): "1 2x3"},
        {**_TARGET, "outcome": "refused"},
    ),
    "TableAdminKeysRefused": Case(
        12,
        {_series("tableadmin_authenticator_loads_total", authenticator="sso", outcome="refused"): "0 1x11"},
        {_series("tableadmin_authenticator_loads_total", authenticator="sso", outcome="loaded"): "1+1x12"},
        {**_TARGET, "authenticator": "sso", "outcome": "refused"},
    ),
    "TableAdminFailedLogins": Case(
        12,
        {_series("tableadmin_failed_logins_total", outcome="denied"): "0+20x12"},
        {_series("tableadmin_failed_logins_total", outcome="denied"): "0+2x12"},
        {"instance": "a:9464"},
    ),
    "TableAdminCertificateExpires": Case(
        61,
        {
            _series(
                "tableadmin_certificate_expiry_timestamp_seconds", listener="listeners[0]"
            ): f"{5 * _DAY}x61"
        },
        {
            _series(
                "tableadmin_certificate_expiry_timestamp_seconds", listener="listeners[0]"
            ): f"{9 * _DAY}x61"
        },
        _LISTENER,
    ),
    "TableAdminCertificateExpiresToday": Case(
        6,
        {
            _series(
                "tableadmin_certificate_expiry_timestamp_seconds", listener="listeners[0]"
            ): f"{_DAY // 2}x6"
        },
        {
            _series(
                "tableadmin_certificate_expiry_timestamp_seconds", listener="listeners[0]"
            ): f"{2 * _DAY}x6"
        },
        _LISTENER,
    ),
    "TableAdminCertificateRefused": Case(
        3,
        {_series("tableadmin_certificate_loads_total", listener="listeners[0]", outcome="refused"): "0 1x3"},
        {_series("tableadmin_certificate_loads_total", listener="listeners[0]", outcome="loaded"): "1 2x3"},
        {**_LISTENER, "outcome": "refused"},
    ),
}


def _promtool(*arguments: str) -> None:
    command = [tools.required(lambda: tools.prometheus("promtool")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert 0 == done.returncode, done.stdout + done.stderr


def _given(series: Mapping[str, str]) -> list[dict[str, str]]:
    """SERIES with the labels of the target, as promtool takes them."""
    target = ",".join(f'{name}="{value}"' for name, value in _TARGET.items())
    return [
        {
            "series": f"{name.rstrip('}')},{target}}}" if "{" in name else f"{name}{{{target}}}",
            "values": values,
        }
        for name, values in series.items()
    ]


def _expected(alert: Alert, labels: Mapping[str, str]) -> dict[str, Any]:
    """ALERT as it fires with LABELS."""
    texts = {
        name: re.sub(r"{{ \$labels\.(\w+) }}", lambda match: labels[match[1]], text)
        for name, text in annotations(alert).items()
    }
    return {"exp_labels": {**labels, "severity": alert.severity}, "exp_annotations": texts}


def _tests(alert: Alert, case: Case) -> list[dict[str, Any]]:
    """The alert fires at its minute, and not for the quiet series then or at any minute before."""
    asked = {"alertname": alert.name}
    fires = {**asked, "eval_time": f"{case.at}m", "exp_alerts": [_expected(alert, case.labels)]}
    quiet = [{**asked, "eval_time": f"{minute}m", "exp_alerts": []} for minute in range(case.at + 1)]
    early = [] if alert.lasts == "0m" else [{**asked, "eval_time": "0m", "exp_alerts": []}]
    return [
        {"interval": "1m", "input_series": _given(case.fires), "alert_rule_test": [*early, fires]},
        {"interval": "1m", "input_series": _given(case.quiet), "alert_rule_test": quiet},
    ]


def test_rules_are_valid() -> None:
    """`promtool check rules` accepts the rules."""
    _promtool("check", "rules", str(_RULES))


def test_configuration_is_valid() -> None:
    """`promtool check config` accepts the configuration of Prometheus, which names the rules."""
    _promtool("check", "config", str(_ROOT / "deploy" / "prometheus" / "prometheus.yml"))


def test_each_alert_fires_and_does_not_fire(tmp_path: Path) -> None:
    """Each alert fires for the series of its case with its labels and texts, and not for the quiet series."""
    assert [alert.name for alert in ALERTS] == list(CASES)
    groups = yaml.safe_load(_RULES.read_text(encoding="utf-8"))["groups"]
    rules = {rule["alert"]: rule for group in groups for rule in group["rules"]}
    files = [_written(tmp_path, alert, rules[alert.name]) for alert in ALERTS]
    _promtool("test", "rules", *files)


def _written(folder: Path, alert: Alert, rule: object) -> str:
    """The file of the tests of ALERT, which evaluate RULE alone: that takes a fraction of the time of all."""
    group = {"name": alert.name, "rules": [rule]}
    (folder / f"{alert.name}.rules.yml").write_text(yaml.safe_dump({"groups": [group]}), encoding="utf-8")
    data = {
        "rule_files": [f"{alert.name}.rules.yml"],
        "evaluation_interval": "1m",
        "tests": _tests(alert, CASES[alert.name]),
    }
    file = folder / f"{alert.name}.yml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_names(alert: Alert) -> None:
    """An alert names metrics and labels that servers have, and values of codes and states that there are."""
    assert [] == promql.problems(alert.expression)
    states = {state.value for state in State} | {"closed"}
    bounded = {"grpc_code": {go_name(code) for code in Code.values()}, "state": states}
    for selector in promql.selectors(alert.expression):
        for label, (_, text) in selector.labels.items():
            values = set(text.split("|"))
            assert values <= bounded.get(label, values)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_texts(alert: Alert) -> None:
    """An alert has sentences for the person who gets it, and a summary with labels that the alert has."""
    assert re.fullmatch(r"TableAdmin[A-Z]\w+", alert.name)
    assert alert.causes
    assert alert.actions
    for text in (alert.summary, alert.meaning, *alert.causes, *alert.actions):
        assert text[0].isupper() or text.startswith("`")
        assert text.endswith(".")
    assert set(re.findall(r"\$labels\.(\w+)", alert.summary)) <= CASES[alert.name].labels.keys()
