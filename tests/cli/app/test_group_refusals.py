"""What bad input gets in the groups beside the lifecycle, before anything is called."""

import pytest

from tests.cli.running import Run

S3 = ["s3://bucket"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["backup", "list", "--since", "yesterday"], "'yesterday' is not a time such as 2026-01-31"),
        (["restore", "to-point-in-time", "Music", "New"], "Give either --latest or --time."),
        (
            ["restore", "to-point-in-time", "Music", "New", "--latest", "--time", "2026-01-31"],
            "Give either --latest or --time.",
        ),
        (["pitr", "enable", "Music", "--days", "36"], "36 is not in the range"),
        (["stream", "enable", "Music", "ALL"], "'ALL' is not one of"),
        (["kinesis", "update", "Music", "arn"], "Missing option '--precision'"),
        (["policy", "set", "Music", "nowhere.json"], "nowhere.json: No such file or directory"),
        (["policy", "set", "Music", "{"], "the argument is not valid JSON (line 1, column 2): "),
        (["replica", "update", "Music", "eu-west-1"], "No changes given."),
        (["replica", "add", "Music"], "Missing argument 'REGION...'"),
        (["replica", "add", "Music", "eu-west-1", "--gsi", "name=I,write=5"], "is not KEY=VALUE"),
        (["global-table", "update", "Music"], "No changes given."),
        (["global-table", "update-settings", "Music"], "No changes given."),
        (["global-table", "update-settings", "Music", "--replica", "read=5"], "region= is missing"),
        (["autoscaling", "update", "Music"], "No changes given."),
        (["autoscaling", "update", "Music", "--write", "mni=5"], "did you mean min=?"),
        (["autoscaling", "update", "Music", "--write", "target=high"], "'high' is not a number"),
        (["autoscaling", "update", "Music", "--write", "scaling=no"], "'no' is not on or off"),
        (["autoscaling", "update", "Music", "--gsi", "name=Idx"], "give at least one setting"),
        (["import", "start", "New", "bucket/prefix"], "is not s3://BUCKET or s3://BUCKET/PREFIX"),
        (["export-s3", "start", "Music", "s3://"], "is not s3://BUCKET or s3://BUCKET/PREFIX"),
        (["bulk", "start", "Music", *S3], "Missing argument 's3://REPORTS[/PREFIX]'"),
        (["bulk", "start", "Music", *S3, *S3, "--max-write", "fast"], "'fast' is not a whole number"),
        (["backup", "list", "--max-items", "0"], "0 is not in the range"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(offline: Run, arguments: list[str], message: str) -> None:
    """Wrong usage ends with exit code 64 and one line."""
    ran = offline(*arguments)
    assert (64, "", 1) == (ran.returncode, ran.stdout, len(ran.stderr.splitlines()))
    assert message in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        (["backup", "delete", "nightly"], "Deleting backup nightly loses what it holds"),
        (["backup", "delete", "arn:aws:dynamodb:x:1:table/T/backup/01-a"], "Deleting backup 01-a loses"),
        (["pitr", "disable", "Music"], "loses all recovery points"),
        (["stream", "disable", "Music"], "breaks what reads it"),
        (["kinesis", "disable", "Music", "arn:aws:kinesis:x:1:stream/s"], "Stream s will never get"),
        (["policy", "remove", "Music"], "ends the access that it grants"),
        (["replica", "remove", "Music", "eu-west-1"], "in eu-west-1 deletes it there"),
        (["replica", "disassociate", "Music", "eu-west-1"], "can't come back"),
        (["global-table", "update", "Music", "--remove", "eu-west-1"], "will no longer reach eu-west-1"),
        (["bulk", "cancel", "arn:aws:dynamodb:x:1:bulk-operation/01"], "bulk operation 01"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_asked_for(offline: Run, arguments: list[str], warning: str) -> None:
    """What loses data or breaks what depends on it needs --yes where there is nobody to ask."""
    ran = offline(*arguments)
    assert (64, "") == (ran.returncode, ran.stdout)
    assert warning in ran.stderr
    assert ran.stderr.endswith("Without a terminal, tablectl requires --yes\n")
