"""Specs of a table like Music, and such a table of the model."""

from tableadmin_server.planner import Plan
from tests.planner.driver import Driver
from tests.planner.model.control_plane import ControlPlane
from tests.planner.model.table import Data

UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
MORE = {"ReadCapacityUnits": 9, "WriteCapacityUnits": 5}
LESS = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 5}
ALL, KEYS_ONLY = {"ProjectionType": "ALL"}, {"ProjectionType": "KEYS_ONLY"}
ON_DEMAND: Data = {"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": None}
IMAGES = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
KEY = "arn:aws:kms:us-west-2:000000000000:key/1"


def table(*indexes: Data, types: str = "SSS", **members: object) -> Data:
    """A spec of a table like Music with INDEXES and MEMBERS; None leaves one out."""
    names = ["Artist", "Song", *(["Genre"] if indexes else [])]
    spec = {
        "TableName": "Music",
        "KeySchema": [
            {"AttributeName": "Artist", "KeyType": "HASH"},
            {"AttributeName": "Song", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in zip(names, types, strict=False)
        ],
        "ProvisionedThroughput": UNITS,
        "GlobalSecondaryIndexes": list(indexes) or None,
        **members,
    }
    return {member: value for member, value in spec.items() if value is not None}


def index(name: str, projection: Data = ALL, throughput: Data | None = UNITS, **members: object) -> Data:
    """A global secondary index on Genre."""
    capacity = {"ProvisionedThroughput": throughput} if throughput else {}
    keys = [{"AttributeName": "Genre", "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": projection, **capacity, **members}


def settled(spec: Data) -> Driver:
    """A table of the model that is as SPEC says, and has been for a day."""
    driver = Driver(ControlPlane(), "Music")
    driver.drive(spec)
    driver.control.clock += 86_400
    driver.changed.clear()
    return driver


def planned(before: Data, after: Data) -> Plan:
    """The plan from BEFORE to AFTER."""
    return settled(before).plan(after)


def summaries(before: Data, after: Data) -> list[str]:
    """What the steps from BEFORE to AFTER are."""
    return [step.summary for step in planned(before, after).steps]


def calls(before: Data, after: Data) -> list[Data]:
    """The calls from BEFORE to AFTER, without the table they are about."""
    steps = planned(before, after).steps
    return [{m: v for m, v in step.params.items() if m not in {"TableName", "ResourceArn"}} for step in steps]
