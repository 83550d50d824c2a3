"""`export`, and `diff` between endpoints."""

import json
from collections.abc import Callable, Iterator
from typing import get_args

import pytest

from tableadmin import Client, formats, v1
from tableadmin.cli.specs.format_words import WRITTEN
from tests.cli.running import Run, runner
from tests.engines import Engine
from tests.server_process import ServerProcess, running_server

POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/music"

EVERYTHING = [
    ("ttl", "enable", "TABLE", "Expires"),
    ("pitr", "enable", "TABLE"),
    ("stream", "enable", "TABLE", "KEYS_ONLY", "--wait"),
    ("tag", "set", "TABLE", "team=music", "cost=12"),
    ("kinesis", "enable", "TABLE", STREAM),
    ("insights", "enable", "TABLE"),
    ("policy", "set", "TABLE", POLICY),
    ("index", "create", "TABLE", "Idx", "--hash-key", "Genre:S", "--read", "1", "--write", "2", "--wait"),
]


def test_the_formats_are_those_there_are() -> None:
    """The choices of --format are the formats."""
    assert get_args(formats.Format) == tuple(WRITTEN)


def test_what_is_exported_plans_empty(tablectl: Run, table: str) -> None:
    """Everything a table can have is in its spec and its template: nothing differs from them."""
    for command in EVERYTHING:
        assert 0 == tablectl(*(table if part == "TABLE" else part for part in command)).returncode
    for form in ("spec", "cloudformation", "terraform"):
        ran = tablectl("export", table, "--format", form)
        assert (0, "") == (ran.returncode, ran.stderr)
        assert [] == [part for part in ("Expires", "music", "12", STREAM, "Idx") if part not in ran.stdout]
        planned = tablectl("plan", "-f", "-", "--exit-code", stdin=ran.stdout)
        assert (0, f"= {table} (no changes)") == (planned.returncode, planned.stdout.splitlines()[0])


def test_what_a_format_lacks_is_noted(tablectl: Run, table: str) -> None:
    """Input of create-table has no time to live: a line on standard error names the command for it."""
    tablectl("ttl", "enable", table, "Expires")
    ran = tablectl("export", table, "--format", "cli")
    assert (0, table) == (ran.returncode, json.loads(ran.stdout)["TableName"])
    assert ran.stderr.startswith(f"note: table {table}: TimeToLiveSpecification is not part of create-table")
    terraform = tablectl("export", table, "--format", "terraform")
    assert terraform.stdout.startswith('resource "aws_dynamodb_table"')


def test_several_tables(tablectl: Run, table: str) -> None:
    """Tables come in the order in which they are named, each once; one that is not there is an error."""
    other = f"{table}-other"
    tablectl("table", "create", other, "--hash-key", "A:S", "--on-demand", "--wait")
    ran = tablectl("export", other, table, other)
    assert [other, table] == [each.table_name for each in formats.read(ran.stdout, name="exported")]
    tablectl("table", "delete", other, "--yes", "--wait")
    gone = tablectl("export", table, other)
    assert (1, "", 1) == (gone.returncode, gone.stdout, len(gone.stderr.splitlines()))


@pytest.fixture(scope="module")
def two(
    start_engine: Callable[[str], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server with the endpoints `mini` and `local`: an engine that has all, and one that lacks parts."""
    urls = {"mini": start_engine("ministack").url, "local": start_engine("dynamodb-local").url}
    config = tmp_path_factory.mktemp("two") / "config.toml"
    sections = [
        f'[endpoints.{name}]\nendpoint_url = "{url}"\nregion = "us-west-2"' for name, url in urls.items()
    ]
    config.write_text("\n".join(['default_endpoint = "local"', *sections]))
    with running_server("--config", str(config)) as process:
        yield process


@pytest.fixture
def at_two(environment: dict[str, str], two: ServerProcess) -> Run:
    """Run tablectl against that server."""
    return runner({**environment, "TABLEADMIN_SERVER": two.address})


@pytest.fixture
def twin(at_two: Run, two: ServerProcess, table_name: str) -> Iterator[str]:
    """A table at both endpoints."""
    for endpoint in ("mini", "local"):
        made = at_two(
            "table", "create", table_name, "--hash-key", "A:S", "--on-demand", "--endpoint", endpoint
        )
        assert 0 == made.returncode
    yield table_name
    for endpoint in ("mini", "local"):
        with Client(two.address, endpoint=endpoint) as client:
            client.delete_table(v1.DeleteTableRequest(table_name=table_name))


def test_dynamodb_local_exports_what_it_has(at_two: Run, twin: str) -> None:
    """Parts that DynamoDB Local does not have are noted and left out; what is written plans empty."""
    at_two("ttl", "enable", twin, "Expires")
    ran = at_two("export", twin)
    assert (0, True) == (ran.returncode, "Expires" in ran.stdout)
    assert f"note: table {twin}: resource policy left out: " in ran.stderr
    planned = at_two("plan", "-f", "-", "--exit-code", stdin=ran.stdout)
    assert (0, f"= {twin} (no changes)") == (planned.returncode, planned.stdout.splitlines()[0])


def test_a_diff_between_endpoints(at_two: Run, twin: str) -> None:
    """The table at --to differs from that at --from by what has to change there."""
    at_two("ttl", "enable", twin, "Expires", "--endpoint", "local")
    there = at_two("diff", twin, "--from", "local", "--to", "mini", "--exit-code")
    change = "TimeToLiveSpecification: {Enabled: true, AttributeName: Expires}"
    assert (2, f"~ {twin} (update)", f"  + {change} [in place]") == (
        there.returncode,
        *there.stdout.splitlines()[:2],
    )
    assert there.stdout.splitlines()[2].startswith("  not managed: PointInTimeRecoverySpecification, Tags")
    assert there.stderr.startswith(f"note: local: table {twin}: ")
    back = at_two("diff", twin, "--from", "mini", "--to", "local", "--exit-code")
    assert (2, True) == (back.returncode, "  - TimeToLiveSpecification: " in back.stdout)
    same = at_two("diff", twin, "--from", "mini", "--to", "mini", "--exit-code")
    assert (0, "", "no differences\n") == (same.returncode, same.stdout, same.stderr)
    nowhere = at_two("diff", twin, "--from", "mini", "--to", "nowhere")
    assert (1, True) == (nowhere.returncode, "'nowhere'" in nowhere.stderr)


def test_manifests_plan_empty(tablectl: Run, table: str) -> None:
    """A manifest of ACK notes what it has no field for, and plans empty."""
    for command in EVERYTHING:
        assert 0 == tablectl(*(table if part == "TABLE" else part for part in command)).returncode
    ran = tablectl("export", table, "--format", "ack")
    assert f"note: table {table}: a manifest has no field for KinesisStreamSpecification\n" == ran.stderr
    planned = tablectl("plan", "-f", "-", "--exit-code", stdin=ran.stdout)
    assert (0, f"= {table} (no changes)") == (planned.returncode, planned.stdout.splitlines()[0])


def test_tables_by_prefix(tablectl: Run, table: str) -> None:
    """All tables whose names begin so are exported; names beside a prefix, or neither, are refused."""
    assert f"TableName: {table}" in tablectl("export", "--prefix", table[:-1]).stdout
    assert (0, "", "no tables\n") == (
        (ran := tablectl("export", "--prefix", "no-such-")).returncode,
        ran.stdout,
        ran.stderr,
    )
    assert 64 == tablectl("export").returncode == tablectl("export", table, "--prefix", "t").returncode
