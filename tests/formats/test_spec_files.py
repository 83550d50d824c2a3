"""The project's own format: AWS member names, as YAML or JSON."""

import json
from pathlib import Path

import pytest

from tableadmin.awsshape import to_aws
from tableadmin.formats import FORMATS, Format, Inputs, SpecError, load, read, write
from tableadmin.v1 import UnmanagedMember
from tests.formats.conftest import Reading
from tests.formats.refusing import refusal

KEYS = """\
AttributeDefinitions: [{AttributeName: a, AttributeType: S}]
KeySchema: [{AttributeName: a, KeyType: HASH}]"""


def test_a_file_with_everything(reading: Reading) -> None:
    """A file may hold several tables, with policy and tags as people write them."""
    films = to_aws(reading("films.yaml")["Films"])

    assert {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7} == films[
        "PointInTimeRecoverySpecification"
    ]
    assert {"Enabled": True, "Mode": "THROTTLED_KEYS"} == films["ContributorInsightsSpecification"]
    assert [{"RegionName": "eu-central-1", "TableClassOverride": "STANDARD_INFREQUENT_ACCESS"}] == films[
        "Replicas"
    ]
    assert {"AttributeName": "expires", "Enabled": True} == films["TimeToLiveSpecification"]


def test_unquoted_text_stays_as_written(reading: Reading) -> None:
    """Where text is wanted, NO, on, dates and numbers are text as written, leading zeros included."""
    specs = reading("films.yaml")
    tags = {tag.key: tag.value for tag in specs["Films"].tags}
    policy = json.loads(specs["Films"].resource_policy)

    assert {"Films", "007"} == specs.keys()
    assert {
        "team": "films",
        "country": "NO",
        "since": "2019-04-01",
        "release": "1.10",
        "critical": "on",
    } == tags
    assert "2012-10-17" == policy["Version"]
    assert "012345678901" == policy["Statement"][0]["Principal"]["AWS"]
    assert {"Bool": {"aws:SecureTransport": True}} == policy["Statement"][0]["Condition"]


def test_anchors_and_merges(reading: Reading) -> None:
    """Aliases and merge keys mean what YAML says; what stands beside a merge goes before it."""
    first, second = reading("films.yaml")["007"].global_secondary_indexes

    assert first.key_schema == second.key_schema
    assert (5, 1) == (
        first.provisioned_throughput.read_capacity_units,
        first.provisioned_throughput.write_capacity_units,
    )
    assert 2 == second.provisioned_throughput.write_capacity_units


def test_json_and_a_list() -> None:
    """JSON is read too, and a file may be one list of tables."""
    specs = read('[{"TableName": "A1b"}, {"TableName": "B2c", "DeletionProtectionEnabled": true}]', name="f")

    assert ["A1b", "B2c"] == [spec.table_name for spec in specs]
    assert specs[1].deletion_protection_enabled


def test_a_policy_as_text() -> None:
    """A policy that is text is kept to the letter."""
    text = '{ "Version": "2012-10-17" }'
    (spec,) = read(json.dumps({"TableName": "A1b", "ResourcePolicy": text}), name="f")

    assert text == spec.resource_policy


def test_an_error_says_where() -> None:
    """An error has the file, the line, the table and the path, each apart and in one line."""
    other = "TableName: Other\nGlobalSecondaryIndexes:\n  - IndexName: A\n    Projektion: {}\n"
    text = f"TableName: Films\n{KEYS}\n---\n{other}"
    with pytest.raises(SpecError) as refused:
        read(text, name="tables.yaml")

    error = refused.value
    assert ("tables.yaml", 8, "Other") == (error.file, error.line, error.table)
    assert "GlobalSecondaryIndexes[0].Projektion" == error.path
    assert (
        "tables.yaml:8: table Other: GlobalSecondaryIndexes[0].Projektion: "
        "unknown member of GlobalSecondaryIndex, did you mean 'Projection'?"
    ) == str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "TableName: A\nBilingMode: PROVISIONED",
            "f:2: table A: BilingMode: unknown member of TableSpec, did you mean 'BillingMode'?",
        ),
        (
            "TableName: A\nBillingMode: PAY_PER_REQEST",
            "BillingMode: 'PAY_PER_REQEST' is not a BillingMode, did you mean 'PAY_PER_REQUEST'?",
        ),
        (
            "TableName: A\nDeletionProtectionEnabled: yes",
            'f:2: table A: DeletionProtectionEnabled: must be true or false, not "yes"',
        ),
        (
            "TableName: A\nDeletionProtectionEnabled: 'true'",
            'f:2: table A: DeletionProtectionEnabled: must be true or false, not "true"',
        ),
        ("TableName: A\nProvisionedThroughput: {ReadCapacityUnits: 010}", 'not "010"'),
        ("TableName: A\nTableClass:", "f:2: table A: TableClass: must be text, not null"),
        ('{"TableName": 123}', "f:1: TableName: must be text, not 123"),
        ('[{"TableName": "A"}, {"BillingMode": "PROVISIONED"}]', "f:1: table #2: [1].TableName: is required"),
        ("TableName: A\n---\nTableName: A", "f: table A: is specified twice"),
        (
            "TableName: A\nGlobalTableSourceArn: arn:x",
            "f:2: table A: GlobalTableSourceArn: joining a global table",
        ),
        ("TableName: A\nTags: {a: {b: c}}", "f:2: table A: Tags[0].Value: must be text, not an object"),
        ("just words", "f: must be an object, or a list of objects"),
        ("- just words", "f:1: [0]: must be an object"),
        ("", "f: is empty"),
        ("---\n---\n", "f: is empty"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    """What is wrong is said in one line, with the nearest known name."""
    assert said in refusal(text)


def test_written_as_reviewers_read_it() -> None:
    """A written spec has the contract's order, tags as a mapping, and quotes around near-numbers."""
    text = f"Tags: [{{Key: account, Value: 012345678901}}]\n{KEYS}\nTableName: 2024-films\n"
    written = write(read(text, name="f"), "spec")

    assert (
        "TableName: '2024-films'\n"
        "AttributeDefinitions:\n"
        "  - AttributeName: a\n"
        "    AttributeType: S\n"
        "KeySchema:\n"
        "  - AttributeName: a\n"
        "    KeyType: HASH\n"
        "Tags:\n"
        "  account: '012345678901'\n"
    ) == written.text
    assert () == written.notes


def test_unmanaged_members() -> None:
    """Unmanaged is a list of paths, or of structures with reason and bounds; paths are written as paths."""
    text = (
        "TableName: Music\nUnmanaged:\n  - Tags\n  - Path: ProvisionedThroughput.ReadCapacityUnits\n"
        "    Reason: Application Auto Scaling\n    Minimum: 5\n    Maximum: 50\n"
    )
    (spec,) = read(text, name="f")
    bounds = UnmanagedMember(
        path="ProvisionedThroughput.ReadCapacityUnits",
        reason="Application Auto Scaling",
        minimum=5,
        maximum=50,
    )
    assert [UnmanagedMember(path="Tags"), bounds] == list(spec.unmanaged)
    assert [spec] == read(write([spec], "spec").text, name="f")
    del spec.unmanaged[1]
    assert "Unmanaged:\n  - Tags\n" in write([spec], "spec").text


def test_a_time_in_a_spec() -> None:
    """A time is ISO text, quoted or not, and is written as text that YAML's readers take for text."""
    source = "RestoreSource: {SourceTableName: Music, RestoreDateTime: %s}\n"
    times = ("2026-01-31T12:00:00Z", "'2026-01-31T13:00:00+01:00'")
    (plain,), (quoted,) = (read(f"{KEYS}\nTableName: Copy\n{source % time}", name="f") for time in times)
    assert plain == quoted
    assert 1769860800 == plain.restore_source.restore_date_time.seconds
    written = write([plain], "spec").text
    assert "  RestoreDateTime: '2026-01-31T12:00:00+00:00'\n" in written
    assert [plain] == read(written, name="f")


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "spec"])
def test_the_source_of_a_restore_is_of_specs_alone(form: Format) -> None:
    """Other formats describe empty tables: a note says that the source is left out."""
    (spec,) = read(f"{KEYS}\nTableName: Copy\nRestoreSource: {{SourceTableName: Music}}\n", name="f")
    written = write([spec], form)
    assert ("table Copy: RestoreSource is left out; a new table would be empty",) == written.notes[:1]
    assert "restore" not in written.text.lower()
    assert spec.HasField("restore_source")


def test_a_folder_of_spec_files(tmp_path: Path) -> None:
    """YAML and JSON files of a folder and of the folders in it are read by name; hidden files are not."""
    text = "{TableName: %s, KeySchema: [{AttributeName: A, KeyType: HASH}]}"
    for name in ("b.yaml", "a/c.json", "a/d.yml", ".github/w.yaml", "a/.e.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("%s", Path(name).stem.upper() * 3))
    (tmp_path / "README.md").write_text("# tables\n")
    tables = load(f"{tmp_path}/", inputs=Inputs()).tables
    assert [("CCC", "a/c.json"), ("DDD", "a/d.yml"), ("BBB", "b.yaml")] == [
        (each.name, each.file.removeprefix(f"{tmp_path}/")) for each in tables
    ]


def test_a_file_of_a_folder_that_is_no_spec(tmp_path: Path) -> None:
    """The error of a file in a folder names the file."""
    (tmp_path / "a.yaml").write_text("kind: Pod\n")
    with pytest.raises(SpecError, match=r"/a\.yaml: "):
        load(tmp_path, inputs=Inputs())
