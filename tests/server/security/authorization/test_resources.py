"""Which table a request names, and that nothing else is taken for one."""

from contextlib import nullcontext

import pytest
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from hypothesis import given
from hypothesis import strategies as st

from tableadmin.v1 import (
    ApplyPlanRequest,
    CreateTableRequest,
    DeleteBackupRequest,
    DeleteTableRequest,
    DescribeTableRequest,
    GlobalSecondaryIndexUpdate,
    ImportTableRequest,
    ListBackupsRequest,
    ListTablesRequest,
    PlanTablesRequest,
    PointInTimeRecoverySpecification,
    ReplicationGroupUpdate,
    RestoreSource,
    RestoreTableFromBackupRequest,
    RestoreTableToPointInTimeRequest,
    TableSpec,
    Tag,
    TagResourceRequest,
    TimeToLiveSpecification,
    UpdateContinuousBackupsRequest,
    UpdateTableRequest,
    UpdateTimeToLiveRequest,
    WaitRequest,
    WatchRequest,
)
from tableadmin.v1.index_pb2 import DeleteGlobalSecondaryIndexAction
from tableadmin.v1.replica_pb2 import DeleteReplicationGroupMemberAction
from tableadmin_server.failure import Failure
from tableadmin_server.security.authorization.required_permissions import (
    required_permissions,
    step_permissions,
)
from tableadmin_server.security.authorization.resources import AccountUnknown, with_account
from tests.server.security.authorization.policy_sets import ACCOUNT

TABLE = "arn:aws:dynamodb:eu-central-1:111122223333:table/music"
BACKUP = f"{TABLE}/backup/01489602797149-73d8d5bc"


def asked(request: Message, service: str = "TableAdmin") -> list[tuple[str, str | None]]:
    """The actions that REQUEST asks for, each with its table."""
    rpc = request.DESCRIPTOR.name.removesuffix("Request")
    return [
        (each.action, each.table)
        for each in required_permissions(f"tableadmin.v1.{service}/{rpc}", request, ACCOUNT)
    ]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (DescribeTableRequest(table_name="music"), [("DescribeTable", "music")]),
        (DescribeTableRequest(table_name=TABLE), [("DescribeTable", "music")]),
        (DeleteBackupRequest(backup_arn=BACKUP), [("DeleteBackup", "music")]),
        (TagResourceRequest(resource_arn=f"{TABLE}/index/by-year"), [("TagResource", "music")]),
        (ListTablesRequest(), [("ListTables", None)]),
        (ListBackupsRequest(table_name="music"), [("DescribeBackup", "music")]),
        (
            RestoreTableFromBackupRequest(target_table_name="copy", backup_arn=BACKUP),
            [("RestoreTableFromBackup", "copy"), ("RestoreTableFromBackup", "music")],
        ),
        (
            RestoreTableToPointInTimeRequest(
                target_table_name="copy", source_table_name="mine", source_table_arn=TABLE
            ),
            [("RestoreTableToPointInTime", name) for name in ("copy", "mine", "music")],
        ),
        (
            CreateTableRequest(table_name="music", resource_policy="{}", tags=[Tag(key="a", value="b")]),
            [("CreateTable", "music"), ("PutResourcePolicy", "music"), ("TagResource", "music")],
        ),
        (
            UpdateTableRequest(
                table_name="music",
                deletion_protection_enabled=False,
                global_secondary_index_updates=[
                    GlobalSecondaryIndexUpdate(delete=DeleteGlobalSecondaryIndexAction(index_name="by-year"))
                ],
                replica_updates=[
                    ReplicationGroupUpdate(delete=DeleteReplicationGroupMemberAction(region_name="x"))
                ],
            ),
            [
                (action, "music")
                for action in ("UpdateTable", "DeleteIndex", "DeleteReplica", "DisableDeletionProtection")
            ],
        ),
        (
            UpdateContinuousBackupsRequest(
                table_name="music",
                point_in_time_recovery_specification=PointInTimeRecoverySpecification(
                    point_in_time_recovery_enabled=False
                ),
            ),
            [("UpdateContinuousBackups", "music"), ("DisablePointInTimeRecovery", "music")],
        ),
        (
            UpdateTimeToLiveRequest(
                table_name="music", time_to_live_specification=TimeToLiveSpecification(enabled=True)
            ),
            [("UpdateTimeToLive", "music"), ("ExpireItems", "music")],
        ),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Message) else "",
)
def test_what_a_request_asks_for(request_: Message, expected: list[tuple[str, str | None]]) -> None:
    """A request asks for its RPC, on every table that it names, and for the actions that it holds."""
    assert asked(request_) == expected


def test_plans_ask_for_each_spec() -> None:
    """A plan asks for the table of every spec; to apply it, also for replacements and resource policies."""
    specs = [TableSpec(table_name="one"), TableSpec(table_name="two", resource_policy="{}")]
    assert asked(PlanTablesRequest(specs=specs), "PlanService") == [
        ("PlanTables", "one"),
        ("PlanTables", "two"),
    ]
    assert asked(ApplyPlanRequest(specs=specs, allow_replacement=True), "PlanService") == [
        ("ApplyPlan", "one"),
        ("ApplyPlan", "two"),
        ("ReplaceTable", "one"),
        ("ReplaceTable", "two"),
        ("PutResourcePolicy", "two"),
    ]


def test_restores_of_specs() -> None:
    """A spec asks for the restore of its table and of its source; a plan for a look at both."""
    specs = [
        TableSpec(table_name="one", restore_source=RestoreSource(backup_arn=BACKUP)),
        TableSpec(table_name="two", restore_source=RestoreSource(source_table_name="mine")),
    ]
    assert asked(ApplyPlanRequest(specs=specs), "PlanService") == [
        ("ApplyPlan", "one"),
        ("ApplyPlan", "two"),
        ("RestoreTableFromBackup", "one"),
        ("RestoreTableToPointInTime", "two"),
        ("RestoreTableToPointInTime", "mine"),
        ("RestoreTableFromBackup", "music"),
    ]
    assert asked(PlanTablesRequest(specs=specs), "PlanService") == [
        ("PlanTables", table) for table in ("one", "two", "mine", "music")
    ]


def test_a_restoring_step_asks_for_its_source() -> None:
    """A step that restores asks for the table of the operation, and for the table of the source."""
    step = RestoreTableFromBackupRequest(target_table_name="copy", backup_arn=BACKUP)
    assert [(each.action, each.table) for each in step_permissions(step, "copy", ACCOUNT)] == [
        ("ApplyPlan", "copy"),
        ("RestoreTableFromBackup", "copy"),
        ("RestoreTableFromBackup", "music"),
    ]


def test_watches_and_waits() -> None:
    """A watch asks for each name, and without names for whatever it selects; a wait asks for name and ARN."""
    assert asked(WatchRequest(table_names=["one", TABLE]), "WatchService") == [
        ("Watch", "one"),
        ("Watch", "music"),
    ]
    assert asked(WatchRequest(all_tables=True), "WatchService") == [("Watch", None)]
    assert asked(WaitRequest(table_name="one", arn=BACKUP), "WatchService") == [
        ("Wait", "one"),
        ("Wait", "music"),
    ]


def test_a_step_asks_for_the_table_of_its_operation() -> None:
    """A step of an operation asks for the table of the operation, whatever its request says."""
    step = TagResourceRequest(resource_arn="arn:aws:dynamodb:ddblocal:000000000000:table/other")
    asked = [(each.action, each.table) for each in step_permissions(step, "music", ACCOUNT)]
    assert asked == [("ApplyPlan", "music"), ("TagResource", "music")]
    assert {"IN_PLACE"} == {each.change_class for each in step_permissions(step, "music", ACCOUNT)}
    deletion = step_permissions(DeleteTableRequest(table_name="music"), "music", ACCOUNT)
    assert {"REPLACEMENT"} == {each.change_class for each in deletion}
    assert [each.action for each in deletion] == ["ApplyPlan", "DeleteTable", "ReplaceTable"]


ATTACKS = {
    "another region": "arn:aws:dynamodb:us-east-1:111122223333:table/music",
    "another account": "arn:aws:dynamodb:eu-central-1:999999999999:table/music",
    "an account that is a host": "arn:aws:dynamodb:eu-central-1:evil.example.com#:table/music",
    "an account of 13 digits": "arn:aws:dynamodb:eu-central-1:1111222233334:table/music",
    "another service": "arn:aws:s3:eu-central-1:111122223333:table/music",
    "an index": f"{TABLE}/index/by-year",
    "a backup": BACKUP,
    "a path up": f"{TABLE}/../other",
    "a path": "music/../other",
    "a line feed": "music\n",
    "a line feed after an ARN": f"{TABLE}\n",
    "a NUL": "music\0",
    "a NUL within": "mu\0sic",
    "a space": "music ",
    "a space before": " music",
    "a look-alike": "mus\u0456c",
    "full-width letters": "\uff4dusic",
    "digits of another script": "arn:aws:dynamodb:eu-central-1:11112222333\u0663:table/music",
    "an ARN within": f"x{TABLE}",
    "upper case": TABLE.upper(),
    "percent": "music%2Fother",
    "too short": "ab",
    "too long": "a" * 256,
    "a colon": "table:music",
}


@pytest.mark.parametrize("name", ATTACKS.values(), ids=ATTACKS)
def test_attacks_by_name(name: str) -> None:
    """A name that is no name of a table at the endpoint is refused before any call."""
    with pytest.raises(Failure) as refused:
        asked(DescribeTableRequest(table_name=name))
    assert (refused.value.code, refused.value.reason) == (Code.INVALID_ARGUMENT, "RESOURCE_NOT_RECOGNIZED")
    assert refused.value.field_violations[0].field == "table_name"


@pytest.mark.parametrize(
    "arn", [TABLE, f"{TABLE}/export/1", "music", f"{TABLE}/backup/", f"{TABLE}/backup/a/b", f"{BACKUP}\n"]
)
def test_wrong_kinds_of_arns(arn: str) -> None:
    """A field takes the ARNs of its own kind only."""
    with pytest.raises(Failure, match="backup_arn: must be the ARN of a backup"):
        asked(DeleteBackupRequest(backup_arn=arn))


def test_without_an_account_no_arn_is_taken() -> None:
    """Nothing says whose table an ARN means where the account of the endpoint is not known."""
    with pytest.raises(
        Failure, match=r"the account of the endpoint staging is not known; use .* or set account"
    ):
        required_permissions(
            "tableadmin.v1.TableAdmin/DescribeTable",
            DescribeTableRequest(table_name=TABLE),
            ACCOUNT._replace(id=None),
        )


@pytest.mark.parametrize(
    ("named", "account", "calls"), [("music", None, 0), (TABLE, ACCOUNT.id, 1), (TABLE, None, 1)]
)
async def test_the_account_is_found_out_for_an_arn(named: str, account: str | None, calls: int) -> None:
    """The account of the endpoint is found out once, for an ARN only. An ARN is refused if that fails."""
    current = ACCOUNT._replace(id=None)
    called = 0

    async def learn() -> str | None:
        nonlocal called, current
        called += 1
        current = current._replace(id=account)
        return account

    def make() -> list[str | None]:
        request = DescribeTableRequest(table_name=named)
        found = required_permissions("tableadmin.v1.TableAdmin/DescribeTable", request, current)
        return [each.table for each in found]

    refused = calls and account is None
    with pytest.raises(AccountUnknown) if refused else nullcontext():
        assert ["music"] == await with_account(learn, make)
    assert calls == called


@pytest.mark.parametrize(
    "request_", [DescribeTableRequest(), DescribeTableRequest(table_name=""), ImportTableRequest()]
)
def test_a_request_that_names_nothing(request_: Message) -> None:
    """A request about a table that names none asks for nothing, and so is refused."""
    with pytest.raises(Failure, match="is required"):
        asked(request_)


def test_the_last_of_a_field_counts() -> None:
    """Of a field that is twice on the wire the last counts, here as for the call that is made."""
    twice = (
        DescribeTableRequest(table_name="mine").SerializeToString()
        + DescribeTableRequest(table_name="theirs").SerializeToString()
    )
    assert asked(DescribeTableRequest.FromString(twice)) == [("DescribeTable", "theirs")]


@given(st.text(max_size=40) | st.from_regex(r"[a-zA-Z0-9_.-]{3,20}.?", fullmatch=True))
def test_only_plain_names_are_names(name: str) -> None:
    """Whatever is taken for the name of a table has nothing but a-z A-Z 0-9 _ . - in it."""
    try:
        found = asked(DescribeTableRequest(table_name=name))
    except Failure:
        return
    assert found == [("DescribeTable", name)]
    assert 3 <= len(name) <= 255
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
