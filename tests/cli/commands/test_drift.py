"""`tablectl drift`: all specs compared with all tables."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.cli.piping import piped
from tests.cli.running import Run

Specs = Callable[..., str]


@pytest.fixture
def specs(tablectl: Run, table: str, tmp_path: Path) -> Specs:
    """Write the spec of TABLE as it is now to a file, and the same for tables of other names."""

    def write(*others: str) -> str:
        text = tablectl("export", table).stdout
        path = tmp_path / "tables.yaml"
        path.write_text("---\n".join([text, *(text.replace(table, each) for each in others)]))
        return str(path)

    return write


def statuses(text: str) -> dict[str, str]:
    """The status of each table of a JSON answer."""
    return {each["TableName"]: each["Status"] for each in json.loads(text)["Tables"]}


def test_nothing_has_drifted(tablectl: Run, table: str, specs: Specs) -> None:
    """Tables as their specs say take two lines and exit code 0."""
    path = specs()
    ran = tablectl("drift", "-f", path, "--prefix", table, "--exit-code")
    assert (0, "\n1 same\n", "all tables match their specs\n") == (ran.returncode, ran.stdout, ran.stderr)


def test_each_status(tablectl: Run, table: str, specs: Specs) -> None:
    """A table drifts, is missing or has no spec; the differences follow; --exit-code gives 2."""
    path = specs(f"{table}-absent")
    tablectl("table", "update", table, "--read", "9", "--write", "5", "--wait")
    create = ("--hash-key", "A:S", "--on-demand", "--wait")
    tablectl("table", "create", f"{table}-other", *create)
    tablectl("table", "create", f"{table}-tmp", *create)
    drift = ("drift", "-f", path, "--prefix", table, "--ignore", "*-tmp")
    ran = tablectl(*drift, "--exit-code")
    for each in ("other", "tmp"):
        tablectl("table", "delete", f"{table}-{each}", "--yes")
    assert 2 == ran.returncode
    rows = [re.split(r" {2,}", line) for line in ran.stdout.split("\n\n")[0].splitlines()[1:]]
    assert [
        [table, "drifted", "ProvisionedThroughput"],
        [f"{table}-absent", "missing"],
        [f"{table}-other", "unmanaged"],
    ] == rows
    assert "ReadCapacityUnits: 9, WriteCapacityUnits: 5} -> {ReadCapacityUnits: 5" in ran.stdout
    assert "1 drifted, 1 missing, 1 unmanaged" == ran.stdout.splitlines()[-1]


def test_for_programs_and_pull_requests(tablectl: Run, table: str, specs: Specs) -> None:
    """JSON has the plan of each table that differs, and Markdown has it folded."""
    path = specs()
    tablectl("ttl", "enable", table, "expires")
    drift = ("drift", "-f", path, "--prefix", table)
    answer = json.loads(tablectl(*drift, "-o", "json").stdout)
    assert {"SAME": 0, "DRIFTED": 1, "MISSING": 0, "UNMANAGED": 0, "UNKNOWN": 0} == answer["Counts"]
    assert ["TimeToLiveSpecification"] == [each["Path"] for each in answer["Tables"][0]["Plan"]["Changes"]]
    markdown = tablectl(*drift, "-o", "markdown").stdout
    assert "### tablectl drift: 1 drifted\n\n| Table |" in markdown
    assert f"<details><summary><b>{table}: update</b>" in markdown
    assert f"{table}\n" == tablectl(*drift, "-o", "name").stdout


def test_the_last_operation(tablectl: Run, table: str, specs: Specs) -> None:
    """A drifted table is shown with the last operation that changed the table, and who asked for it."""
    path = specs()
    tablectl("table", "update", table, "--read", "9", "--write", "5", "--wait")
    applied = tablectl("apply", "-f", path, "--yes", "-o", "json")
    assert 0 == applied.returncode, applied.stderr
    operation = tablectl("operation", "list", "--table", table, "-o", "name").stdout.split()[0]
    tablectl("table", "update", table, "--read", "8", "--write", "5", "--wait")
    shown = tablectl("drift", "-f", path, "--prefix", table).stdout
    assert re.search(rf"drifted +ProvisionedThroughput +{operation} SUCCEEDED", shown)


def test_adopting(tablectl: Run, table: str, specs: Specs, tmp_path: Path) -> None:
    """Tables without a spec get a spec file each; a file that exists stays as it is; then nothing differs."""
    specs()
    nothing = tmp_path / "none.yaml"
    nothing.write_text("[]")
    folder = tmp_path / "adopted"
    adopt = ("drift", "-f", str(nothing), "--prefix", table, "--adopt", str(folder))
    path = folder / f"{table}.yaml"
    assert f"wrote {path}\n" == tablectl(*adopt).stderr
    assert table == yaml.safe_load(path.read_text())["TableName"]
    ran = tablectl("drift", "-f", str(folder), "--prefix", table, "-o", "json")
    assert not ran.stderr
    assert {table: "SAME"} == statuses(ran.stdout)
    path.write_text("# mine\n")
    assert f"{path}: exists; not changed\n" == tablectl(*adopt).stderr
    assert "# mine\n" == path.read_text()


def test_metrics(tablectl: Run, table: str, specs: Specs, tmp_path: Path) -> None:
    """--metrics writes gauges by endpoint and status, which any reader of the file sees whole."""
    path, metrics = specs(f"{table}-absent"), tmp_path / "drift.prom"
    tablectl("drift", "-f", path, "--prefix", table, "--metrics", str(metrics))
    text = metrics.read_text()
    assert 'tableadmin_drift_tables{endpoint="embedded",status="missing"} 1\n' in text
    assert 'tableadmin_drift_tables{endpoint="embedded",status="same"} 1\n' in text
    assert 0o644 == metrics.stat().st_mode & 0o777


def test_wrong_usage(tablectl: Run, specs: Specs) -> None:
    """An endpoint that does not exist is an error; so are --watch and --adopt at two endpoints."""
    path = specs()
    ran = tablectl("drift", "-f", path, "--at", "nowhere")
    assert 1 == ran.returncode
    assert "nowhere" in ran.stderr
    ran = tablectl("drift", "-f", path, "--at", "embedded", "--at", "embedded", "--watch")
    assert (64, True) == (ran.returncode, "single endpoint" in ran.stderr)


def test_watching(served: dict[str, str], tablectl: Run, table: str, specs: Specs) -> None:
    """--watch shows what differs, and then a table as soon as it drifts or matches its spec again."""
    path = specs(f"{table}-absent")
    with piped(served, "drift", "-f", path, "--prefix", table, "--watch", "-o", "json") as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert (f"{table}-absent", "MISSING") == (first["TableName"], first["Status"])
        tablectl("tag", "set", table, "team=audio")
        second = json.loads(process.stdout.readline())
        assert (table, "DRIFTED") == (second["TableName"], second["Status"])
        tablectl("tag", "remove", table, "team", "--yes")
        third = json.loads(process.stdout.readline())
        assert (table, "SAME") == (third["TableName"], third["Status"])
        tablectl("table", "create", f"{table}-new", "--hash-key", "A:S", "--on-demand", "--wait")
        fourth = json.loads(process.stdout.readline())
        assert (f"{table}-new", "UNMANAGED") == (fourth["TableName"], fourth["Status"])
        tablectl("table", "delete", f"{table}-new", "--yes")
        assert "DELETED" == json.loads(process.stdout.readline())["Status"]
