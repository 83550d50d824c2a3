"""The tour, and what each command answers, through a real server."""

import json
import re
from functools import partial
from itertools import count
from pathlib import Path

import boto3
import pytest
import yaml

from tests.cli.running import Run, runner
from tests.measuring import first_that


def test_the_tour(tablectl: Run, table_name: str) -> None:
    """A table is created, raised, indexed, described, listed and deleted; each step waits and exits 0."""
    capacity = "--read 10 --write 10 --wait"
    steps = [
        f"table create {table_name} --hash-key Artist:S --range-key SongTitle:S --read 5 --write 5 --wait",
        f"table update {table_name} {capacity}",
        f"index create {table_name} GenreAndPriceIndex --hash-key Genre:S --range-key Price:N {capacity}",
    ]
    for step in steps:
        ran = tablectl(*step.split())
        assert (0, f"table {table_name} ACTIVE") == (ran.returncode, ran.stdout.splitlines()[0])
    described = tablectl("table", "describe", table_name).stdout
    for fact in ("Artist:S / SongTitle:S", "10 read, 10 write", "Genre:S / Price:N", "GenreAndPriceIndex"):
        assert fact in described
    assert table_name in tablectl("table", "list").stdout.splitlines()
    ran = tablectl("table", "delete", table_name, "--yes", "--wait")
    assert (0, f"table {table_name} is deleted\n") == (ran.returncode, ran.stdout)
    assert table_name not in tablectl("table", "list").stdout.splitlines()


def test_json_is_boto3s(tablectl: Run, table: str) -> None:
    """JSON is the dict that boto3 gives, members in the same order, times in ISO 8601."""
    endpoint = json.loads(tablectl("endpoints", "-o", "json").stdout)["Endpoints"][0]["Address"]
    client = boto3.client(
        "dynamodb",
        endpoint_url=f"http://{endpoint}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    theirs = client.describe_table(TableName=table)["Table"]
    ours = json.loads(tablectl("table", "describe", table, "-o", "json").stdout)
    assert ["Table"] == list(ours)
    created = theirs["CreationDateTime"]
    assert created.isoformat(timespec="milliseconds")[:19] == ours["Table"]["CreationDateTime"][:19]
    for each in (theirs, ours["Table"]):
        each.pop("CreationDateTime")
        each.pop("TableArn")
        each.pop("TableId", None)
    assert theirs == ours["Table"]


def test_yaml_says_what_json_says(tablectl: Run, table: str) -> None:
    """YAML is the same dict."""
    as_yaml = yaml.safe_load(tablectl("table", "describe", table, "-o", "yaml").stdout)
    assert json.loads(tablectl("-o", "json", "table", "describe", table).stdout) == as_yaml


def test_everything_a_table_may_have(tablectl: Run, table_name: str) -> None:
    """Every option of `table create` reaches the table."""
    ran = tablectl(
        *("table", "create", table_name, "--hash-key", "A:S", "--range-key", "B:N", "--on-demand"),
        *("--gsi", "name=One,hash=G:S,range=P:N", "--gsi", "name=Two,hash=G:S,projection=INCLUDE:x+y"),
        *("--lsi", "name=Three,range=L:B,projection=KEYS_ONLY", "--tag", "team=audio", "--tag", "stage=test"),
        *("--stream", "NEW_AND_OLD_IMAGES", "--deletion-protection", "-o", "json"),
    )
    assert "" == ran.stderr
    table = json.loads(ran.stdout)["TableDescription"]
    assert "PAY_PER_REQUEST" == table["BillingModeSummary"]["BillingMode"]
    assert {"One", "Two"} == {each["IndexName"] for each in table["GlobalSecondaryIndexes"]}
    assert ["A", "L"] == [each["AttributeName"] for each in table["LocalSecondaryIndexes"][0]["KeySchema"]]
    assert "NEW_AND_OLD_IMAGES" == table["StreamSpecification"]["StreamViewType"]
    assert table["DeletionProtectionEnabled"]
    assert ["KEY    VALUE", "stage  test", "team   audio"] == tablectl(
        "tag", "list", table_name
    ).stdout.splitlines()
    assert 1 == tablectl("table", "delete", table_name, "--yes").returncode
    assert 0 == tablectl("table", "update", table_name, "--no-deletion-protection").returncode
    assert 0 == tablectl("table", "delete", table_name, "--yes").returncode


def test_the_aws_clis_file(tablectl: Run, table_name: str, tmp_path: Path) -> None:
    """--cli-input-json takes the AWS CLI's own file, by path, file:// or standard input."""
    request = {
        "TableName": "Overridden",
        "AttributeDefinitions": [{"AttributeName": "A", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "A", "KeyType": "HASH"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
    }
    file = tmp_path / "table.json"
    file.write_text(json.dumps(request))
    for source, stdin in ((str(file), ""), (f"file://{file}", ""), ("-", json.dumps(request))):
        ran = tablectl(
            *("table", "create", table_name, "--cli-input-json", source, "--read", "3", "-o", "json"),
            stdin=stdin,
        )
        assert "" == ran.stderr
        throughput = json.loads(ran.stdout)["TableDescription"]["ProvisionedThroughput"]
        assert (3, 2) == (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"])
        tablectl("table", "delete", table_name, "--yes", "--wait")


def test_the_other_capacity_stays(tablectl: Run, table: str) -> None:
    """One capacity given, of a table or an index, the other stays as it is."""
    tablectl("index", "create", table, "Idx", "--hash-key", "G:S", "--read", "3", "--write", "4", "--wait")
    tablectl("table", "update", table, "--read", "7", "--wait")
    tablectl("index", "update", table, "Idx", "--write", "9", "--wait")
    described = tablectl("table", "describe", table).stdout
    assert "7 read, 5 write" in described
    assert "3 read, 9 write" in described


def test_indexes(tablectl: Run, table: str) -> None:
    """An index is made, listed and deleted; without one the list is empty and says so beside it."""
    ran = tablectl("index", "list", table)
    assert (0, "", f"{table} has no indexes\n") == (ran.returncode, ran.stdout, ran.stderr)
    create = ["--hash-key", "G:S+H:S", "--projection", "INCLUDE:a+b", "--read", "1", "--write", "1", "--wait"]
    made = tablectl("index", "create", table, "Idx", *create)
    assert (0, f"table {table} ACTIVE\nindex Idx ACTIVE\n") == (made.returncode, made.stdout)
    listed = tablectl("index", "list", table).stdout.splitlines()[1]
    assert ["Idx", "ACTIVE", "G:S+H:S", "INCLUDE:a+b"] == listed.split()[:4]
    assert 0 == tablectl("index", "delete", table, "Idx", "--yes", "--wait").returncode
    assert "" == tablectl("index", "list", table).stdout


def test_time_to_live(tablectl: Run, table: str) -> None:
    """Time to live is enabled by an attribute, and disabled without naming it."""
    refused = tablectl("ttl", "disable", table)
    assert (1, f"tablectl: {table} has no time to live; nothing to disable\n") == (
        refused.returncode,
        refused.stderr,
    )
    assert (
        f"time to live of {table} is being enabled (expires)\n"
        == tablectl("ttl", "enable", table, "expires").stdout
    )
    assert ["Status", "ENABLED", "Attribute", "expires"] == tablectl("ttl", "show", table).stdout.split()
    assert "items no longer expire. Without a terminal" in tablectl("ttl", "disable", table).stderr
    gone = tablectl("ttl", "disable", table, "--yes")
    assert f"time to live of {table} is being disabled (expires)\n" == gone.stdout


def test_tags_by_name_and_by_arn(tablectl: Run, table: str) -> None:
    """Tags are set and removed by the table's name or its ARN."""
    arn = json.loads(tablectl("table", "describe", table, "-o", "json").stdout)["Table"]["TableArn"]
    assert 0 == tablectl("tag", "set", table, "a=1", "b=2").returncode
    assert 0 == tablectl("tag", "set", arn, "c=x=y").returncode
    assert "the tags are removed" in tablectl("tag", "remove", table, "b").stderr
    assert 0 == tablectl("tag", "remove", arn, "b", "never", "--yes").returncode
    tags = json.loads(tablectl("tag", "list", arn, "-o", "json").stdout)["Tags"]
    assert {"a": "1", "c": "x=y"} == {each["Key"]: each["Value"] for each in tags}
    assert 1 == len(
        json.loads(tablectl("tag", "list", table, "--max-items", "1", "-o", "json").stdout)["Tags"]
    )


def test_all_pages(tablectl: Run) -> None:
    """A list is of all pages; cut off by --max-items, it says after which name the next would start."""
    names = [f"page-{number:03}" for number in range(102)]
    for name in names[:2]:
        tablectl("table", "create", name, "--hash-key", "A:S", "--on-demand")
    with_client(tablectl, names[2:])
    listed = tablectl("table", "list").stdout.splitlines()
    assert set(names) <= set(listed)
    most = len(listed) - 1
    cut = json.loads(tablectl("table", "list", "--max-items", str(most), "-o", "json").stdout)
    assert {"TableNames": listed[:most], "LastEvaluatedTableName": listed[most - 1]} == cut
    whole = json.loads(tablectl("table", "list", "-o", "json").stdout)
    assert {"TableNames": listed} == whole


def with_client(tablectl: Run, names: list[str]) -> None:
    """Create tables faster than one process each would."""
    endpoint = json.loads(tablectl("endpoints", "-o", "json").stdout)["Endpoints"][0]["Address"]
    client = boto3.client(
        "dynamodb",
        endpoint_url=f"http://{endpoint}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for name in names:
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "A", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "A", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def test_limits(tablectl: Run) -> None:
    """Limits are shown for the account and for one table."""
    lines = [line.split() for line in tablectl("limits").stdout.splitlines()]
    assert ["account", "table"] == [line[0] for line in lines[1:]]
    assert 4 == len(json.loads(tablectl("limits", "-o", "json").stdout))


@pytest.mark.parametrize("rpc", ["DescribeTable", "describe-table", "describe_table"])
def test_call(tablectl: Run, table: str, rpc: str, tmp_path: Path) -> None:
    """`call` takes a request as JSON, from standard input or from a file, and prints the response as JSON."""
    request = json.dumps({"TableName": table})
    file = tmp_path / "request.json"
    file.write_text(request)
    for source, stdin in ((request, ""), ("-", request), (f"@{file}", ""), (str(file), "")):
        ran = tablectl("call", rpc, source, stdin=stdin)
        assert table == json.loads(ran.stdout)["Table"]["TableName"]
    assert table == yaml.safe_load(tablectl("call", rpc, request, "-o", "yaml").stdout)["Table"]["TableName"]


def test_slow_tables_are_waited_for(slow: dict[str, str], table_name: str) -> None:
    """--wait says on standard error what is pending, a line for each change, until it is done."""
    tablectl = runner(slow)
    name = table_name
    create = ["--hash-key", "A:S", "--read", "1", "--write", "1", "--wait"]
    made = tablectl("table", "create", name, *create)
    assert (0, f"table {name} ACTIVE\n") == (made.returncode, made.stdout)
    assert re.fullmatch(rf"\d s: {name}: table: CREATING\n", made.stderr)
    gone = tablectl("table", "delete", name, "--yes", "--wait")
    assert (0, f"table {name} is deleted\n") == (gone.returncode, gone.stdout)
    assert re.fullmatch(rf"\d s: {name}: table: DELETING\n", gone.stderr)


def test_a_wait_that_is_too_short(slow: dict[str, str], table_name: str) -> None:
    """A wait that ends too early exits 1 and says what was still pending; without one there is no waiting."""
    tablectl = runner(slow)
    create = ["--hash-key", "A:S", "--read", "1", "--write", "1"]
    names = (f"{table_name}-{number}" for number in count())

    def too_short() -> tuple[str, str]:
        name = next(names)
        ran = tablectl("table", "create", name, *create, "--wait", "--wait-timeout", "0.5s")
        assert 1 == ran.returncode
        return name, ran.stderr.splitlines()[-1]

    # On a busy machine the state may come after so short a time.
    name, last = first_that(too_short, lambda each: "CREATING" in each[1])
    assert f"tablectl: {name}: after 0 s still pending: table: CREATING; the change continues" == last
    tablectl("call", "DescribeTable", json.dumps({"TableName": name}))
    assert f"table {name} UPDATING\n" == _update_once_active(tablectl, name)


def _update_once_active(tablectl: Run, name: str) -> str:
    update = partial(tablectl, "table", "update", name, "--read", "2", "--write", "2")
    ran = first_that(update, lambda each: each.returncode == 0, rounds=1000)
    assert 0 == ran.returncode, ran.stderr
    return ran.stdout
