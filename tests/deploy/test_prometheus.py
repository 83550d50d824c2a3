"""Prometheus itself with the files of deploy/prometheus, which scrapes a server."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from deploy.generate.alerts import ALERTS
from deploy.generate.dashboard import ROWS
from tableadmin import Client
from tests.deploy import promql
from tests.foreign import tools
from tests.server.harness.scripted_endpoint import Answer, Seen, answer, error, serving
from tests.server.metrics.scraping import FLAGS
from tests.server_process import ServerProcess, running_server

_FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
_TABLE = {"TableName": "Music", "TableStatus": "ACTIVE"}
_SECONDS = 60.0
# A busy machine alone makes these fire: scrapes and calls take longer.
_BY_LOAD = {
    "TableAdminDown",
    "TableAdminEventLag",
    "TableAdminEventLoopBusy",
    "TableAdminEventLoopStuck",
    "TableAdminSlowCalls",
}
# Of these a server has series only after an event, or with a configuration that the test's server lacks.
_WITHOUT_SERIES = {
    "ALERTS",
    "tableadmin_authenticator_loads_total",
    "tableadmin_audit_lag_seconds",
    "tableadmin_audit_records_total",
    "tableadmin_audit_records_waiting",
    "tableadmin_certificate_expiry_timestamp_seconds",
    "tableadmin_certificate_loads_total",
    "tableadmin_endpoint_refused_total",
    "tableadmin_endpoint_throttled_total",
    "tableadmin_limit_refusals_total",
    "tableadmin_operation_seconds_bucket",
    "tableadmin_operation_step_seconds_bucket",
    "tableadmin_policies_loaded_timestamp_seconds",
    "tableadmin_policy_decisions_total",
    "tableadmin_policy_loads_total",
}


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus that runs at `url`."""

    url: str

    def get(self, path: str, **parameters: str) -> Any:  # noqa: ANN401  # what the API answers
        """The data that the API answers at PATH; raises OSError for an error."""
        with urlopen(f"{self.url}/api/v1/{path}?{urlencode(parameters)}", timeout=60) as response:
            answered = json.load(response)
        assert "success" == answered["status"], answered
        return answered["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that EXPRESSION has now."""
        result: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return result


def _step(seen: Seen) -> Answer:
    """An endpoint with one table, and without an operations table."""
    if seen.operation == "DescribeTable" and b"Music" in seen.body:
        return answer({"Table": _TABLE})(seen)
    return error("ResourceNotFoundException")(seen)


@contextmanager
def _running(server: ServerProcess, folder: Path) -> Iterator[Prometheus]:
    """Prometheus with the configuration of compose.yaml, but another target and shorter intervals."""
    program = tools.required(tools.prometheus)
    text = (_FOLDER / "prometheus.yml").read_text(encoding="utf-8")
    assert text.count('"tableadmin:9464"') == 1
    text = text.replace("tableadmin:9464", str(server.metrics_address)).replace(": 15s", ": 1s")
    (folder / "prometheus.yml").write_text(text, encoding="utf-8")
    (folder / "alerts.yml").symlink_to(_FOLDER / "alerts.yml")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    flags = (f"--storage.tsdb.path={folder}/data", f"--web.listen-address={address}", "--log.level=warn")
    command = [program, f"--config.file={folder}/prometheus.yml", *flags]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"]}) as process:
        try:
            yield Prometheus(f"http://{address}")
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus, once it has scraped a server that has served calls twice."""
    with serving(_step) as endpoint:
        flags = ("--endpoint-url", endpoint.url, "--region", "us-west-2")
        with running_server(*flags, *FLAGS) as server, Client(server.address) as client:
            client.describe_table(table_name="Music")
            with _running(server, tmp_path_factory.mktemp("prometheus")) as running:
                _wait_for_scrapes(running)
                yield running


def _wait_for_scrapes(prometheus: Prometheus) -> None:
    """Return when two scrapes were answered in time."""
    assert _found(prometheus, 'sum_over_time(up{job="tableadmin"}[1m]) >= 2')


def _found(prometheus: Prometheus, expression: str) -> bool:
    """Whether EXPRESSION has series. A scrape that was too late leaves none until the next one."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        try:
            if prometheus.query(expression):
                return True
        except URLError:  # it does not listen yet
            pass
        time.sleep(0.1)
    return False


def test_target(prometheus: Prometheus) -> None:
    """The server is the target of the job that the alerts expect."""
    (target,) = prometheus.get("targets")["activeTargets"]
    assert "tableadmin" == target["labels"]["job"]


def test_alerts(prometheus: Prometheus) -> None:
    """Prometheus evaluates all alerts without errors, and none fires for a server that is well."""
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert sorted(alert.name for alert in ALERTS) == sorted(rule["name"] for rule in rules)
    assert {"ok", "unknown"} >= {rule["health"] for rule in rules}
    for alert in ALERTS:
        fires = prometheus.query(alert.expression)
        assert not fires or alert.name in _BY_LOAD, alert.name


def test_dashboard(prometheus: Prometheus) -> None:
    """Each query of the dashboard is answered, with series where the server has series of all its metrics."""
    for panel in (panel for _, panels in ROWS for panel in panels):
        for query in panel.queries:
            expression = query.expression.replace("$__rate_interval", "1m")
            expression = expression.replace("$instance", ".*").replace("$endpoint", ".*")
            assert isinstance(prometheus.query(expression), list)
            named = {each.metric for each in promql.selectors(query.expression)}
            if not named & _WITHOUT_SERIES and 'code!="OK"' not in expression:
                assert _found(prometheus, expression), expression
