"""How a table and its parts are read, by the rows of `tables.parts`."""

from collections.abc import Mapping

import pytest
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin.v1 import TablePart, TableState
from tableadmin_server.dynamodb.support import Support
from tableadmin_server.failure import Failure
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.reading import TableReader
from tableadmin_server.tables.snapshot import Snapshot, number_of
from tests.watching.harness.account import active

ARN = "arn:aws:dynamodb:us-west-2:123456789012:table/Music"
INDEXES: AwsDict = {
    "GlobalSecondaryIndexes": [
        {"IndexName": "A", "IndexStatus": "ACTIVE"},
        {"IndexName": "B", "IndexStatus": "CREATING"},
        {"IndexName": "C", "IndexStatus": "ACTIVE"},
    ]
}
# What each operation answers about the table Music.
ANSWERS: Mapping[str, AwsDict] = {
    "DescribeTable": {"Table": active("Music", **INDEXES)},
    "DescribeTimeToLive": {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLING"}},
    "DescribeContinuousBackups": {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED"}},
    "ListTagsOfResource": {"Tags": [{"Key": "team", "Value": "a"}]},
    "GetResourcePolicy": {"Policy": "{}"},
    "DescribeContributorInsights": {"ContributorInsightsStatus": "ENABLED"},
    "DescribeKinesisStreamingDestination": {
        "KinesisDataStreamDestinations": [{"StreamArn": "s", "DestinationStatus": "ENABLING"}]
    },
    "DescribeTableReplicaAutoScaling": {"TableAutoScalingDescription": {"TableStatus": "ACTIVE"}},
}


class Engine:
    """Answers what ANSWERS has, or fails as FAILING says; `asked` is what it was asked for."""

    def __init__(
        self, failing: Mapping[str, Failure] | None = None, answers: Mapping[str, AwsDict] = ANSWERS
    ) -> None:
        self.asked: list[tuple[str, AwsDict]] = []
        self.support = Support()
        self.reader = TableReader(self._answer, self.support)
        self._failing = failing or {}
        self._answers = answers

    async def _answer(self, operation: str, params: AwsDict) -> AwsDict:
        self.asked.append((operation, params))
        if operation in self._failing:
            self.support.failed(operation, self._failing[operation])
            raise self._failing[operation]
        self.support.answered(operation)
        return {**self._answers[operation], **{key: params[key] for key in params if key == "IndexName"}}


def refused(code: int, aws_code: str) -> Failure:
    """A failure that the endpoint answers."""
    return Failure(code, "no", reason=aws_code.upper(), metadata={"aws_error_code": aws_code})


UNKNOWN_OPERATION = refused(Code.UNIMPLEMENTED, "UnknownOperationException")
NO_TABLE = refused(Code.NOT_FOUND, "ResourceNotFoundException")
DENIED = refused(Code.PERMISSION_DENIED, "AccessDeniedException")


async def test_every_part() -> None:
    """Every part is read by its row, and shown in the field of the contract that the row names."""
    snapshot = await Engine().reader.snapshot("Music", ROWS, ())
    assert set(ROWS) == snapshot.parts.keys()
    shown = {descriptor.name for descriptor, _ in snapshot.state.ListFields()}
    assert {"table", *(row.field for row in ROWS.values())} == shown


def test_parts_of_the_contract() -> None:
    """The contract names every part, and no other."""
    numbers = set(TablePart.values()) - {TablePart.TABLE_PART_UNSPECIFIED}
    assert numbers == {number_of(part) for part in Part}
    assert {row.field for row in ROWS.values()} <= {field.name for field in TableState.DESCRIPTOR.fields}


async def test_part_of_each_index() -> None:
    """Contributor Insights of indexes is read for each index that is ACTIVE."""
    engine = Engine()
    snapshot = await engine.reader.snapshot("Music", [Part.INDEX_INSIGHTS], ())
    assert ["A", "C"] == [each["IndexName"] for each in snapshot.elements(Part.INDEX_INSIGHTS)]
    read = [params for operation, params in engine.asked if operation == "DescribeContributorInsights"]
    assert [{"TableName": "Music", "IndexName": name} for name in "AC"] == read


async def test_absent_policy() -> None:
    """A table without a policy has the empty one."""
    engine = Engine({"GetResourcePolicy": refused(Code.NOT_FOUND, "POLICY_NOT_FOUND_EXCEPTION")})
    snapshot = await engine.reader.snapshot("Music", [Part.RESOURCE_POLICY], ())
    assert {Part.RESOURCE_POLICY: ""} == snapshot.parts


@pytest.mark.parametrize("part", [part for part, row in ROWS.items() if not row.optional])
async def test_unreadable_part(part: Part) -> None:
    """A part that the service may not read is named with the reason, and the others are read."""
    engine = Engine({ROWS[part].operation: DENIED})
    snapshot = await engine.reader.snapshot("Music", ROWS, ())
    concerned = {each for each, row in ROWS.items() if row.operation == ROWS[part].operation}
    assert concerned == snapshot.unreadable.keys()
    assert set(ROWS) - concerned == snapshot.parts.keys()


async def test_support_is_remembered() -> None:
    """An operation that the endpoint lacks is asked for once."""
    engine = Engine({"ListTagsOfResource": UNKNOWN_OPERATION})
    for _ in range(3):
        snapshot = await engine.reader.snapshot("Music", [Part.TAGS], ())
        assert {Part.TAGS} == snapshot.unsupported
    assert 1 == [operation for operation, _ in engine.asked].count("ListTagsOfResource")


async def test_support_for_a_table_that_does_not_exist() -> None:
    """Before there is a table, an endpoint tells by its answers which of the needed parts it lacks."""
    engine = Engine(
        {
            "DescribeTable": NO_TABLE,
            "DescribeTimeToLive": NO_TABLE,
            "ListTagsOfResource": UNKNOWN_OPERATION,
        }
    )
    snapshot = await engine.reader.snapshot("Music", ROWS, [Part.TIME_TO_LIVE, Part.TAGS])
    assert (None, frozenset({Part.TAGS})) == (snapshot.description, snapshot.unsupported)
    assert all("arn:" not in str(params) for _, params in engine.asked)


async def test_aws_is_never_asked_for_support() -> None:
    """AWS has every operation: it is asked about nothing but the table that a spec names."""
    engine = Engine({"DescribeTable": NO_TABLE})
    reader = TableReader(engine.reader.ask, Support(complete=True))
    snapshot = await reader.snapshot("Music", ROWS, list(ROWS))
    assert frozenset() == snapshot.unsupported
    assert [("DescribeTable", {"TableName": "Music"})] == engine.asked


async def test_again() -> None:
    """A second look reads the description and the parts asked for; another table is not the same."""
    engine = Engine()
    before = await engine.reader.snapshot("Music", ROWS, ())
    engine.asked.clear()
    again = await engine.reader.again(before, [Part.TAGS])
    assert isinstance(again, Snapshot)
    assert ["DescribeTable", "ListTagsOfResource"] == [operation for operation, _ in engine.asked]
    assert set(ROWS) == again.parts.keys()
    other = Engine(answers={**ANSWERS, "DescribeTable": {"Table": active("Music", TableId="other")}})
    assert await other.reader.again(before, [Part.TAGS]) is None


async def test_pages_of_tags() -> None:
    """Tags are read over all their pages."""
    first: AwsDict = {"Tags": [{"Key": "a", "Value": "1"}], "NextToken": "t"}
    second: AwsDict = {"Tags": [{"Key": "b", "Value": "2"}]}

    async def ask(operation: str, params: AwsDict) -> AwsDict:
        if operation == "DescribeTable":
            return {"Table": active("Music")}
        assert ARN == params["ResourceArn"]
        return second if params.get("NextToken") == "t" else first

    snapshot = await TableReader(ask, Support()).snapshot("Music", [Part.TAGS], ())
    assert ["a", "b"] == [tag["Key"] for tag in snapshot.elements(Part.TAGS)]
