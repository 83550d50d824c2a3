"""What callers rely on when messages become AWS-shaped dicts and come back."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from threading import Barrier

import pytest

# As botocore gives zones; it has no stubs.
from dateutil.tz import gettz, tzoffset  # type: ignore[import-untyped]
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tableadmin.awsshape import AwsDict, AwsValue, ShapeError, Unknown, from_aws, to_aws
from tableadmin.awsshape.reader import reader
from tableadmin.awsshape.writer import writer
from tableadmin.v1 import (
    AttributeValue,
    AutoScalingTargetTrackingScalingPolicyConfigurationDescription,
    BillingMode,
    CreateTableRequest,
    DescribeTableResponse,
    FilterSpecification,
    ListBackupsRequest,
    ListTablesRequest,
    ListTablesResponse,
    Projection,
    ProvisionedThroughput,
    SSEType,
    StartBulkPutItemsRequest,
    TableDescription,
    TableStatus,
    UpdateTableRequest,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def survives(data: AwsDict, message_type: type[Message]) -> bool:
    """Whether DATA is itself again, read as an answer and as input, after the way over the wire."""
    answer, asked = from_aws(data, message_type, []), from_aws(data, message_type)
    return data == to_aws(message_type.FromString(answer.SerializeToString())) == to_aws(asked)


# What values there are


@pytest.mark.parametrize("value", [b"", b"\x00\xff\xfe", b"text", bytes(range(256))])
def test_bytes(value: bytes) -> None:
    """Bytes stay bytes, whether or not they are text."""
    data: AwsDict = {"B": value, "BS": [value, b"", value]}

    assert survives(data, AttributeValue)


@pytest.mark.parametrize("value", [bytearray(b"\x00\xff"), memoryview(b"\x00\xff")])
def test_bytes_of_other_types(value: AwsValue) -> None:
    """What boto3 takes for bytes is taken."""
    assert b"\x00\xff" == from_aws({"B": value}, AttributeValue).b
    assert b"\x00\xff" == from_aws({"B": value}, AttributeValue, []).b


@pytest.mark.parametrize(
    "time",
    [
        EPOCH,
        EPOCH + timedelta(microseconds=1),
        datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_timestamps_to_the_microsecond(time: datetime) -> None:
    """A timestamp keeps its microseconds and comes back in UTC."""
    data: AwsDict = {"CreationDateTime": time}

    assert survives(data, TableDescription)
    assert time.timestamp() == pytest.approx(
        from_aws(data, TableDescription).creation_date_time.ToNanoseconds() / 1e9
    )


@pytest.mark.parametrize(
    ("time", "seconds", "nanos"),
    [
        (EPOCH - timedelta(microseconds=1), -1, 999_999_000),
        (datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC), -2, 500_000_000),
        (datetime(1, 1, 1, tzinfo=UTC), -62_135_596_800, 0),
    ],
)
def test_timestamps_before_1970(time: datetime, seconds: int, nanos: int) -> None:
    """Before 1970 seconds are negative and nanos are not, as Timestamp has it."""
    data: AwsDict = {"CreationDateTime": time}

    assert Timestamp(seconds=seconds, nanos=nanos) == from_aws(data, TableDescription).creation_date_time
    assert survives(data, TableDescription)


@pytest.mark.parametrize(
    "time",
    [
        datetime(2026, 3, 1, 12, tzinfo=tzoffset(None, 19_800)),
        datetime(2026, 7, 1, 12, tzinfo=gettz("America/New_York")),
        datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=gettz("America/New_York")),
    ],
)
def test_timestamps_of_other_zones(time: datetime) -> None:
    """A timestamp in another zone, as botocore gives them, is the same instant in UTC."""
    there = to_aws(from_aws({"CreationDateTime": time}, TableDescription, []))["CreationDateTime"]

    assert isinstance(there, datetime)
    assert time.astimezone(UTC) == there
    assert timedelta(0) == there.utcoffset()


def test_timestamps_without_a_zone() -> None:
    """A timestamp without a zone is in UTC."""
    message = from_aws({"CreationDateTime": datetime(1970, 1, 2)}, TableDescription)  # noqa: DTZ001 -- the case

    assert 86_400 == message.creation_date_time.seconds


@pytest.mark.parametrize("seconds", [253_402_300_800, -62_135_596_801, 2**62])
def test_timestamps_that_no_datetime_holds(seconds: int) -> None:
    """A timestamp outside the years 1 to 9999 is refused with the member's name."""
    message = TableDescription(creation_date_time=Timestamp(seconds=seconds))

    with pytest.raises(ShapeError, match=r"^CreationDateTime: .*years 1 to 9999"):
        to_aws(message)


@pytest.mark.parametrize("value", [-(2**63), -(2**53) - 1, 2**53 + 1, 2**63 - 1])
def test_int64_extremes(value: int) -> None:
    """A long is exact up to both its ends, where JSON's numbers are not."""
    assert survives({"ItemCount": value}, TableDescription)
    assert value == from_aws({"ItemCount": value}, TableDescription).item_count


@pytest.mark.parametrize("value", [-(2**31), 2**31 - 1])
def test_int32_extremes(value: int) -> None:
    """An integer is exact up to both its ends."""
    assert survives({"Limit": value}, ListTablesRequest)


@pytest.mark.parametrize("value", [5e-324, 0.1, 70, 1.7976931348623157e308, float("inf")])
def test_doubles(value: float) -> None:
    """A double is exact; a whole number may stand for one."""
    assert survives({"TargetValue": value}, AutoScalingTargetTrackingScalingPolicyConfigurationDescription)


# What is absent, false, zero or empty


def test_absent() -> None:
    """What is not set is not there."""
    assert {} == to_aws(TableDescription())
    assert TableDescription() == from_aws({}, TableDescription)


def test_false_and_zero() -> None:
    """False, zero and empty text are not the same as absent."""
    data: AwsDict = {"DeletionProtectionEnabled": False, "ItemCount": 0, "TableName": ""}

    message = from_aws(data, TableDescription)

    assert message.HasField("deletion_protection_enabled")
    assert message.HasField("item_count")
    assert not message.HasField("table_size_bytes")
    assert survives(data, TableDescription)
    assert to_aws(message)["DeletionProtectionEnabled"] is False


def test_empty_structures() -> None:
    """A structure without members is not the same as none."""
    assert survives({"SSESpecification": {}, "ProvisionedThroughput": {}}, CreateTableRequest)
    assert survives({"Table": {"SSEDescription": {}}}, DescribeTableResponse)


def test_empty_lists() -> None:
    """An empty list is not the same as none: `empty_members` names its field."""
    message = from_aws({"TableNames": []}, ListTablesResponse)

    assert ["table_names"] == list(message.empty_members)
    assert survives({"TableNames": []}, ListTablesResponse)
    assert {} == to_aws(ListTablesResponse())


def test_empty_maps() -> None:
    """An empty map is not the same as none, nor as an empty list."""
    data: AwsDict = {"L": [{"M": {}}, {"L": []}, {"M": {"": {"SS": []}}}]}

    assert survives(data, AttributeValue)


def test_several_empty_members() -> None:
    """Lists and maps that are empty are told from those that are not, side by side."""
    data: AwsDict = {"AttributeDefinitions": [], "KeySchema": [{"AttributeName": "Artist"}], "Tags": []}

    assert ["attribute_definitions", "tags"] == list(from_aws(data, CreateTableRequest).empty_members)
    assert survives(data, CreateTableRequest)


@pytest.mark.parametrize("name", ["table_name", "provisioned_throughput", "Tags", "no_such_field", ""])
def test_empty_members_names_no_collection(name: str) -> None:
    """`empty_members` may name lists and maps of its message only."""
    with pytest.raises(ShapeError, match=f"^empty_members: '{name}' is not an empty list or map of Create"):
        to_aws(CreateTableRequest(empty_members=[name]))


def test_empty_members_names_a_full_list() -> None:
    """`empty_members` may not name a list that has something in it."""
    with pytest.raises(ShapeError, match=r"^empty_members: 'table_names' is not an empty list"):
        to_aws(ListTablesResponse(table_names=["Music"], empty_members=["table_names"]))


# What members are called


def test_member_names() -> None:
    """Members with runs of capitals have the names AWS gives them."""
    table = from_aws({"SSESpecification": {"KMSMasterKeyId": "k", "SSEType": "KMS"}}, CreateTableRequest)

    assert "k" == table.sse_specification.kms_master_key_id
    assert SSEType.SSE_TYPE_KMS == table.sse_specification.sse_type
    assert {"SSESpecification": {"KMSMasterKeyId": "k", "SSEType": "KMS"}} == to_aws(table)


def test_member_names_of_values() -> None:
    """All the members of an attribute value have the names AWS gives them."""
    data: AwsDict = {
        "S": "s",
        "N": "1",
        "B": b"b",
        "SS": ["s"],
        "NS": ["1"],
        "BS": [b"b"],
        "M": {"k": {"NULL": True}},
        "L": [{"BOOL": False}],
        "NULL": True,
        "BOOL": True,
    }

    assert survives(data, AttributeValue)


def test_the_contracts_own_field_is_no_member() -> None:
    """`empty_members` is not something that AWS has."""
    with pytest.raises(ShapeError, match=r"^EmptyMembers: unknown member of CreateTableRequest"):
        from_aws({"EmptyMembers": ["tags"]}, CreateTableRequest)


# What the contract does not know


def test_unknown_members_of_an_answer() -> None:
    """An unknown member is reported with its path and left out; all else is kept."""
    unknown: list[Unknown] = []
    message = from_aws(
        {
            "Table": {
                "TableName": "Music",
                "Colour": {"Shade": 3},
                "KeySchema": [{"AttributeName": "Artist"}, {"AttributeName": "SongTitle", "Order": "DESC"}],
            },
            "Cost": 0.25,
        },
        DescribeTableResponse,
        unknown,
    )

    assert [
        Unknown("Table.Colour", {"Shade": 3}),
        Unknown("Table.KeySchema[1].Order", "DESC"),
        Unknown("Cost", 0.25),
    ] == unknown
    assert {
        "Table": {
            "TableName": "Music",
            "KeySchema": [{"AttributeName": "Artist"}, {"AttributeName": "SongTitle"}],
        }
    } == to_aws(message)


def test_unknown_members_in_maps() -> None:
    """The path into a map has its key."""
    unknown: list[Unknown] = []

    from_aws({"M": {"k": {"L": [{"S": "x"}, {"Vector": [1]}]}}}, AttributeValue, unknown)

    assert [Unknown("M.k.L[1].Vector", [1])] == unknown


def test_unknown_members_keep_what_is_empty() -> None:
    """Empty lists, false and zero survive beside an unknown member."""
    data: AwsDict = {"KeySchema": [], "ItemCount": 0, "DeletionProtectionEnabled": False}

    assert data == to_aws(from_aws({**data, "Colour": 1}, TableDescription, []))


def test_unknown_members_add_to_the_list() -> None:
    """What the list holds already stays in it."""
    unknown = [Unknown("Earlier", 1)]

    from_aws({"Later": 2}, TableDescription, unknown)

    assert [Unknown("Earlier", 1), Unknown("Later", 2)] == unknown


@pytest.mark.parametrize(
    ("data", "path", "nearest"),
    [
        ({"TabelName": "Music"}, "TabelName", "'TableName'"),
        ({"tableName": "Music"}, "tableName", "'TableName'"),
        ({"KeySchema": [{"KeyTyp": "HASH"}]}, "KeySchema[0].KeyTyp", "'KeyType'"),
        ({"BillingMode": "PROVISIONNED"}, "BillingMode", "'PROVISIONED'"),
    ],
)
def test_unknown_input_names_the_nearest(data: AwsDict, path: str, nearest: str) -> None:
    """In somebody's input what is unknown is refused with its path, and what was meant is guessed."""
    with pytest.raises(ShapeError, match=f"did you mean {nearest}") as error:
        from_aws(data, CreateTableRequest)

    assert path == error.value.path
    assert str(error.value).startswith(f"{path}: ")


def test_unknown_input_near_to_nothing() -> None:
    """Where nothing is near, nothing is guessed."""
    with pytest.raises(ShapeError, match=r"^Qqq: unknown member of CreateTableRequest$"):
        from_aws({"Qqq": 1}, CreateTableRequest)


def test_unknown_members_that_are_no_text() -> None:
    """A member's name that is no text, as YAML can have it, is an unknown member."""
    with pytest.raises(ShapeError, match=r"^1: unknown member of CreateTableRequest$"):
        from_aws({1: 2}, CreateTableRequest)  # type: ignore[dict-item]  # the case


def test_unknown_enum_values_of_an_answer() -> None:
    """An unknown enum value is reported with its path; its field is UNSPECIFIED, and all else is kept."""
    unknown: list[Unknown] = []

    message = from_aws({"TableStatus": "FROZEN", "TableName": "Music"}, TableDescription, unknown)

    assert [Unknown("TableStatus", "FROZEN")] == unknown
    assert message.HasField("table_status")
    assert TableStatus.TABLE_STATUS_UNSPECIFIED == message.table_status
    assert "Music" == message.table_name


def test_unknown_enum_numbers() -> None:
    """The number of an enum value from a newer contract survives as a number."""
    wire = CreateTableRequest(billing_mode=BillingMode.ValueType(99)).SerializeToString()

    data = to_aws(CreateTableRequest.FromString(wire))

    assert {"BillingMode": 99} == data
    assert wire == from_aws(data, CreateTableRequest).SerializeToString()
    assert wire == from_aws(data, CreateTableRequest, []).SerializeToString()


def test_unspecified_enums() -> None:
    """An enum that is set to its zero is not the same as one that is not set."""
    message = TableDescription(table_status=TableStatus.TABLE_STATUS_UNSPECIFIED)

    assert {"TableStatus": "UNSPECIFIED"} == to_aws(message)
    assert message == from_aws(to_aws(message), TableDescription)


# What is of the wrong type


@pytest.mark.parametrize(
    ("message_type", "data", "path", "reason"),
    [
        (CreateTableRequest, {"TableName": 5}, "TableName", "must be text, not 5"),
        (CreateTableRequest, {"TableName": None}, "TableName", "must be text, not null"),
        (CreateTableRequest, {"TableName": b"Music"}, "TableName", "must be text, not bytes"),
        (CreateTableRequest, {"TableName": "\ud800"}, "TableName", r'must be text, not "\ud800"'),
        (CreateTableRequest, {"BillingMode": True}, "BillingMode", "must be text, not true"),
        (CreateTableRequest, {"BillingMode": ["PROVISIONED"]}, "BillingMode", "must be text, not a list"),
        (
            CreateTableRequest,
            {"BillingMode": 2**31},
            "BillingMode",
            "must be a whole number of 32 bits, not 2147483648",
        ),
        (
            CreateTableRequest,
            {"DeletionProtectionEnabled": 1},
            "DeletionProtectionEnabled",
            "must be true or false, not 1",
        ),
        (
            CreateTableRequest,
            {"DeletionProtectionEnabled": "true"},
            "DeletionProtectionEnabled",
            'must be true or false, not "true"',
        ),
        (CreateTableRequest, {"KeySchema": {}}, "KeySchema", "must be a list, not an object"),
        (CreateTableRequest, {"KeySchema": "HASH"}, "KeySchema", 'must be a list, not "HASH"'),
        (CreateTableRequest, {"KeySchema": 0}, "KeySchema", "must be a list, not 0"),
        (CreateTableRequest, {"KeySchema": ["HASH"]}, "KeySchema[0]", 'must be an object, not "HASH"'),
        (
            CreateTableRequest,
            {"ProvisionedThroughput": [5, 5]},
            "ProvisionedThroughput",
            "must be an object, not a list",
        ),
        (
            CreateTableRequest,
            {"GlobalSecondaryIndexes": [{}, {"ProvisionedThroughput": {"ReadCapacityUnits": "5"}}]},
            "GlobalSecondaryIndexes[1].ProvisionedThroughput.ReadCapacityUnits",
            'must be a whole number of 64 bits, not "5"',
        ),
        (
            ProvisionedThroughput,
            {"ReadCapacityUnits": 2**63},
            "ReadCapacityUnits",
            "must be a whole number of 64 bits, not 9223372036854775808",
        ),
        (
            ProvisionedThroughput,
            {"ReadCapacityUnits": 5.0},
            "ReadCapacityUnits",
            "must be a whole number of 64 bits, not 5.0",
        ),
        (
            ProvisionedThroughput,
            {"ReadCapacityUnits": True},
            "ReadCapacityUnits",
            "must be a whole number of 64 bits, not true",
        ),
        (ListTablesRequest, {"Limit": 2**31}, "Limit", "must be a whole number of 32 bits, not 2147483648"),
        (Projection, {"NonKeyAttributes": ["a", 1]}, "NonKeyAttributes[1]", "must be text, not 1"),
        (AttributeValue, {"B": 1}, "B", "must be bytes or base64 text, not 1"),
        (AttributeValue, {"B": "%"}, "B", 'must be bytes or base64 text, not "%"'),
        (AttributeValue, {"M": []}, "M", "must be an object, not a list"),
        (AttributeValue, {"M": {"k": 1}}, "M.k", "must be an object, not 1"),
        (AttributeValue, {"L": [{"L": [None]}]}, "L[0].L[0]", "must be an object, not null"),
        (
            FilterSpecification,
            {"ExpressionAttributeNames": {"#a": 1}},
            "ExpressionAttributeNames.#a",
            "must be text, not 1",
        ),
        (
            FilterSpecification,
            {"ExpressionAttributeNames": {"\ud800": "a"}},
            "ExpressionAttributeNames",
            r'must be text, not "\ud800"',
        ),
        (
            ListBackupsRequest,
            {"TimeRangeLowerBound": "yesterday"},
            "TimeRangeLowerBound",
            'must be a timestamp, not "yesterday"',
        ),
        (
            ListBackupsRequest,
            {"TimeRangeLowerBound": float("inf")},
            "TimeRangeLowerBound",
            "must be a timestamp, not Infinity",
        ),
        (
            AutoScalingTargetTrackingScalingPolicyConfigurationDescription,
            {"TargetValue": "70"},
            "TargetValue",
            'must be a number, not "70"',
        ),
        (
            AutoScalingTargetTrackingScalingPolicyConfigurationDescription,
            {"TargetValue": 10**400},
            "TargetValue",
            f"must be a number, not 1{'0' * 36}...",
        ),
    ],
)
def test_wrong_types(message_type: type[Message], data: AwsDict, path: str, reason: str) -> None:
    """A value of the wrong type is refused with its path, what it must be and what it is."""
    with pytest.raises(ShapeError) as error:
        from_aws(data, message_type)

    assert (path, reason) == (error.value.path, error.value.reason)


@pytest.mark.parametrize("data", [None, [], "Music", 5])
def test_data_that_is_no_object(data: AwsDict) -> None:
    """What is no object at all is refused without a path."""
    with pytest.raises(ShapeError, match=r"^must be an object, not"):
        from_aws(data, CreateTableRequest)


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"ItemCount": "5"}, "ItemCount"),
        ({"ItemCount": 2**63}, "ItemCount"),
        ({"KeySchema": [None]}, "KeySchema[0]"),
        ({"KeySchema": "HASH"}, "KeySchema"),
        ({"SSEDescription": [1]}, "SSEDescription"),
        ({"TableStatus": 2**31}, "TableStatus"),
        ({"CreationDateTime": float("inf")}, "CreationDateTime"),
    ],
)
def test_wrong_types_of_an_answer(data: AwsDict, path: str) -> None:
    """What an engine answers of the wrong type is left out and named with its path, and the rest is read."""
    unknown: list[Unknown] = []
    table = from_aws({"TableName": "Music", **data}, TableDescription, unknown)
    assert "Music" == table.table_name
    assert [path] == [each.path for each in unknown]


def test_long_values_are_cut() -> None:
    """A long value is cut short in the reason."""
    with pytest.raises(ShapeError) as error:
        from_aws({"Limit": "x" * 10_000}, ListTablesRequest)

    assert 100 > len(error.value.reason)


def test_refused_data_is_left_alone() -> None:
    """What was given is never changed, read or refused."""
    data: AwsDict = {"Table": {"TableName": "Music", "KeySchema": [], "Colour": 1}}

    from_aws(data, DescribeTableResponse, [])

    assert {"Table": {"TableName": "Music", "KeySchema": [], "Colour": 1}} == data


# JSON's ways, and Python's


@pytest.mark.parametrize(
    ("value", "seconds", "nanos"),
    [
        ("2026-03-01T00:00:00Z", 1_772_323_200, 0),
        ("2026-03-01T05:30:00.000001+05:30", 1_772_323_200, 1000),
        ("2026-03-01T00:00:00", 1_772_323_200, 0),
        ("2026-03-01", 1_772_323_200, 0),
        (1_772_323_200, 1_772_323_200, 0),
        (1_772_323_200.5, 1_772_323_200, 500_000_000),
        (-0.5, -1, 500_000_000),
    ],
)
def test_timestamps_as_json_has_them(value: AwsValue, seconds: int, nanos: int) -> None:
    """Timestamps may be ISO 8601 text or epoch seconds."""
    message = from_aws({"TimeRangeLowerBound": value}, ListBackupsRequest)

    assert Timestamp(seconds=seconds, nanos=nanos) == message.time_range_lower_bound


def test_bytes_as_json_has_them() -> None:
    """Bytes may be base64 text, alone and in lists."""
    message = from_aws({"B": "AP8=", "BS": ["", "/w=="]}, AttributeValue)

    assert b"\x00\xff" == message.b
    assert [b"", b"\xff"] == list(message.bs)


def test_tuples() -> None:
    """A tuple may stand for a list."""
    assert ["a", "b"] == list(from_aws({"NonKeyAttributes": ("a", "b")}, Projection).non_key_attributes)


def test_subclasses() -> None:
    """Subclasses of text, numbers and datetimes are what they derive from."""

    class Mode(StrEnum):
        ON_DEMAND = "PAY_PER_REQUEST"

    class Instant(datetime):
        pass

    request: AwsDict = {"TableName": Mode.ON_DEMAND, "BillingMode": Mode.ON_DEMAND}
    backups: AwsDict = {"TimeRangeLowerBound": Instant(1970, 1, 2, tzinfo=UTC)}

    assert {"TableName": "PAY_PER_REQUEST", "BillingMode": "PAY_PER_REQUEST"} == to_aws(
        from_aws(request, UpdateTableRequest)
    )
    assert 86_400 == from_aws(backups, ListBackupsRequest).time_range_lower_bound.seconds


# The first use


@pytest.mark.parametrize("message_type", [DescribeTableResponse, StartBulkPutItemsRequest, AttributeValue])
def test_many_threads_meet_a_type_first(message_type: type[Message]) -> None:
    """Threads that all are the first to meet a message type get whole answers."""
    threads = 16
    data: dict[type[Message], AwsDict] = {
        DescribeTableResponse: {"Table": {"KeySchema": [{"KeyType": "HASH"}], "SSEDescription": {}}},
        StartBulkPutItemsRequest: {"ClientToken": "t"},
        AttributeValue: {"M": {"k": {"L": [{"M": {}}, {"B": b"\x00"}]}}},
    }
    start = Barrier(threads)

    def way(_: int) -> AwsDict:
        start.wait()
        return to_aws(from_aws(data[message_type], message_type, []))

    reader.cache_clear()
    writer.cache_clear()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(threads) as pool:
            answers = list(pool.map(way, range(threads)))
    finally:
        sys.setswitchinterval(interval)

    assert [data[message_type]] * threads == answers
