"""What policies see of a request: which fields each member of the context comes from."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from tableadmin import v1
from tableadmin_server.security.authorization.context import SETS, context_of
from tests.server.security.authorization.policy_sets import NOW

BUCKET = {"s3_bucket": "b", "s3_bucket_owner": "111122223333"}
CAPACITY = {"read_capacity_units": 1, "write_capacity_units": 10}
SCALING = {"maximum_units": 300, "auto_scaling_role_arn": "arn:role"}
# Members of the context that a request without fields has.
EMPTY: Mapping[str, object] = {"readUnits": 0, "writeUnits": 0, **{name: [] for name in SETS}}


@pytest.mark.parametrize(
    ("request_", "fields", "members"),
    [
        (v1.DescribeTableRequest(), {"table_name": "music"}, {}),
        (
            v1.CreateTableRequest(),
            {
                "provisioned_throughput": CAPACITY,
                "global_secondary_indexes": [{"provisioned_throughput": CAPACITY}] * 2,
            },
            {"readUnits": 3, "writeUnits": 30},
        ),
        (
            v1.UpdateGlobalTableSettingsRequest(),
            {
                "global_table_provisioned_write_capacity_units": 7,
                "global_table_provisioned_write_capacity_auto_scaling_settings_update": SCALING,
                "replica_settings_update": [{"region_name": "eu-west-1"}],
            },
            {"writeUnits": 307, "roles": ["arn:role"], "regions": ["eu-west-1"]},
        ),
        (
            v1.ExportTableToPointInTimeRequest(),
            {**BUCKET, "s3_sse_kms_key_id": "k"},
            {"destinations": ["b"], "destinationAccounts": ["111122223333"], "keys": ["k"]},
        ),
        (
            v1.ImportTableRequest(),
            {"s3_bucket_source": BUCKET},
            {"destinations": ["b"], "destinationAccounts": ["111122223333"]},
        ),
        (
            v1.EnableKinesisStreamingDestinationRequest(),
            {"stream_arn": "arn:stream"},
            {"destinations": ["arn:stream"]},
        ),
        (v1.CreateTableRequest(), {"sse_specification": {"KMSMasterKeyId": "k"}}, {"keys": ["k"]}),
        (v1.UntagResourceRequest(), {"tag_keys": ["b", "a"]}, {"tagKeys": ["a", "b"]}),
    ],
)
def test_members_of_a_request(
    request_: Message, fields: dict[str, Any], members: Mapping[str, object]
) -> None:
    """Each member has the values of its fields, and no others."""
    context, referred = context_of(ParseDict(fields, request_), NOW, is_requester=False)
    assert {**EMPTY, **members} == {name: context[name] for name in EMPTY}
    assert () == referred


def test_tags() -> None:
    """Tags that a request sets are in `tags`, and their keys in `tagKeys`."""
    request = v1.TagResourceRequest(tags=[v1.Tag(key="owner", value="jazz")])
    context, (tags,) = context_of(request, NOW, is_requester=False)
    assert ["owner"] == context["tagKeys"]
    assert {"__entity": tags["uid"]} == context["tags"]
    assert {"owner": "jazz"} == tags["tags"]


def test_the_time_is_that_of_utc() -> None:
    """A time of another zone is shown in UTC. Weeks begin with Monday, which is 1."""
    for moment, now, hour, weekday in (
        (datetime(2026, 6, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2026-05-31T23:00:00Z", 23, 7),
        (datetime(2026, 6, 1, 1, tzinfo=UTC), "2026-06-01T01:00:00Z", 1, 1),
    ):
        context, _ = context_of(v1.DescribeTableRequest(), moment, is_requester=False)
        assert (now, hour, weekday) == (context["now"]["__extn"]["arg"], context["hour"], context["weekday"])


@pytest.mark.parametrize("fact", [True, False])
def test_facts_of_the_call(fact: bool) -> None:  # noqa: FBT001  # a parameter of a test
    """The context says whether the caller requested the operation, and whether the call is one of a plan."""
    context, _ = context_of(v1.DescribeTableRequest(), NOW, is_requester=fact, is_planned=not fact)
    assert (fact, not fact) == (context["isRequester"], context["planned"])
