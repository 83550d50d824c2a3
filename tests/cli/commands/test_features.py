"""What is switched on beside a table, end to end: streams, Kinesis, Contributor Insights, policies."""

import json
from pathlib import Path

from tests.cli.fields import fields_of
from tests.cli.running import Run

KINESIS = "arn:aws:kinesis:us-east-1:123456789012:stream/music"
POLICY = {"Version": "2012-10-17", "Statement": []}


def test_streams(tablectl: Run, table: str) -> None:
    """A stream goes on with its view, is shown with its ARN, and goes off."""
    none = tablectl("stream", "show", table)
    assert ("", f"{table} has no stream\n") == (none.stdout, none.stderr)
    enabled = tablectl("stream", "enable", table, "KEYS_ONLY", "--wait")
    assert (0, "KEYS_ONLY") == (enabled.returncode, fields_of(enabled)["Stream"])
    assert fields_of(enabled) == fields_of(tablectl("stream", "show", table))
    assert f"table/{table}/stream/" in fields_of(enabled)["ARN"]
    disabled = tablectl("stream", "disable", table, "--yes", "--wait")
    assert f"table {table} ACTIVE\n" == disabled.stdout
    assert "" == tablectl("stream", "show", table).stdout


def test_kinesis(tablectl: Run, table: str) -> None:
    """A table's changes go to a Kinesis data stream, with another precision, and then no longer."""
    none = tablectl("kinesis", "list", table)
    assert ("", f"{table} sends its changes to no Kinesis data stream\n") == (none.stdout, none.stderr)
    for change, before, after in (
        (["enable", table, KINESIS, "--precision", "MILLISECOND"], "ENABLING", "ACTIVE MILLISECOND"),
        (["update", table, KINESIS, "--precision", "MICROSECOND"], "UPDATING", "ACTIVE MICROSECOND"),
        (["disable", table, KINESIS, "--yes"], "DISABLING", "DISABLED MICROSECOND"),
    ):
        changed = fields_of(tablectl("kinesis", *change))
        assert {"Table": table, "Stream": KINESIS, "Status": before} == changed
        listed = tablectl("kinesis", "list", table).stdout.splitlines()[1]
        assert [KINESIS, *after.split()] == listed.split()


def test_insights(tablectl: Run, table: str) -> None:
    """Insights go on and off for a table and for an index of its own, and are listed."""
    capacity = ["--read", "1", "--write", "1", "--wait"]
    tablectl("index", "create", table, "Idx", "--hash-key", "G:S", *capacity)
    assert {"Table": table, "Insights": "DISABLED"} == fields_of(tablectl("insights", "show", table))
    enabled = tablectl("insights", "enable", table, "--mode", "THROTTLED_KEYS")
    assert (0, "ENABLING") == (enabled.returncode, fields_of(enabled)["Insights"])
    assert "Idx" == fields_of(tablectl("insights", "enable", table, "--index", "Idx"))["Index"]
    shown = fields_of(tablectl("insights", "show", table, "--index", "Idx"))
    assert ("Idx", "ENABLED") == (shown["Index"], shown["Insights"])
    listed = json.loads(tablectl("insights", "list", table, "-o", "json").stdout)
    indexes = [each.get("IndexName") for each in listed["ContributorInsightsSummaries"]]
    assert [None, "Idx"] == indexes
    assert "DISABLING" == fields_of(tablectl("insights", "disable", table, "--yes"))["Insights"]


def test_policies(tablectl: Run, table: str, tmp_path: Path) -> None:
    """A policy is set from a file or standard input, printed as the document it is, and removed."""
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(POLICY))
    for source, stdin in ((str(file), ""), ("-", json.dumps(POLICY)), (json.dumps(POLICY), "")):
        ran = tablectl("policy", "set", table, source, stdin=stdin)
        assert (0, "") == (ran.returncode, ran.stderr)
        assert ran.stdout.startswith(f"policy of {table} is revision ")
    assert f"{json.dumps(POLICY, indent=2)}\n" == tablectl("policy", "show", table).stdout
    shown = json.loads(tablectl("policy", "show", table, "-o", "json").stdout)
    assert POLICY == json.loads(shown["Policy"])
    assert ran.stdout == f"policy of {table} is revision {shown['RevisionId']}\n"
    assert f"policy of {table} removed\n" == tablectl("policy", "remove", table, "--yes").stdout
    none = tablectl("policy", "show", table)
    assert (1, True) == (none.returncode, "POLICY_NOT_FOUND" in none.stderr)


def test_policies_by_arn_and_revision(tablectl: Run, table: str) -> None:
    """A policy is found by ARN as well; one that is not the revision expected is left alone."""
    arn = json.loads(tablectl("table", "describe", table, "-o", "json").stdout)["Table"]["TableArn"]
    assert 0 == tablectl("policy", "set", arn, json.dumps(POLICY), "--revision", "NO_POLICY").returncode
    stale = tablectl("policy", "remove", arn, "--revision", "another", "--yes")
    assert 1 == stale.returncode
    assert POLICY == json.loads(tablectl("policy", "show", table).stdout)


def test_a_replica_that_does_not_come(tablectl: Run, table: str) -> None:
    """A replica that is waited for and never seen is told in one line: the embedded engine makes none."""
    ran = tablectl("replica", "add", table, "eu-west-1", "--wait")
    assert (1, "") == (ran.returncode, ran.stdout)
    assert f"table {table} has no replica in eu-west-1" in ran.stderr.splitlines()[-1]
