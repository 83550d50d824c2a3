"""Audit records are found by what they say, across rotations, and followed as they are written."""

import json
from pathlib import Path

from tableadmin_server.security.audit import record
from tableadmin_server.security.audit.destination import RotatingFile
from tableadmin_server.security.audit.reading import Query, Reader
from tableadmin_server.security.audit.record import Activity, Outcome
from tests.server.security.audit.conftest import ANA

ARN = "arn:aws:dynamodb:us-west-2:000000000000:table/Films/index/ByYear"


def written(file: RotatingFile, name: str, time: float, operation: str = "DeleteTable") -> None:
    """Write that ana's call of OPERATION for NAME at TIME was made."""
    activity = Activity(
        ANA, "tableadmin.v1.TableAdmin", operation, "local", (name,), request_id=f"id-{time:g}"
    )
    begun = (f"first-{time:g}", f"second-{time:g}") if operation == "ApplyPlan" else ()
    file.write(record.outcome(activity, Outcome(aws_request_id=f"aws-{time:g}", operation_ids=begun), time))


def found(path: Path, query: Query) -> list[str]:
    """The request ids of the records that QUERY wants."""
    reader = Reader(path, query)
    ids: list[str] = []
    while records := reader.read():
        ids += [json.loads(each)["api"]["request"]["uid"] for each in records]
    reader.close()
    return ids


def test_each_field_of_a_query(tmp_path: Path) -> None:
    """A record is found if it matches every field; a table also by an ARN in which it stands."""
    path = tmp_path / "audit.jsonl"
    file = RotatingFile(path, 1_000_000, 3, sync=False)
    written(file, "Music", 1)
    written(file, ARN, 2, "UpdateTable")
    file.write(b'{"cut\n')
    written(file, "Music", 3)
    written(file, "Songs", 4, "ApplyPlan")
    assert ["id-1", "id-2", "id-3", "id-4"] == found(path, Query())
    for query, ids in (
        (Query(name="Music"), ["id-1", "id-3"]),
        (Query(name="Films"), ["id-2"]),
        (Query(name=ARN), ["id-2"]),
        (Query(name="Film"), []),
        (Query(operation="UpdateTable"), ["id-2"]),
        (Query(principal="ana", endpoint="local", status="Success"), ["id-1", "id-2", "id-3", "id-4"]),
        (Query(principal="User::corp/ana", name="Music"), ["id-1", "id-3"]),
        (Query(principal="bob"), []),
        (Query(endpoint="production"), []),
        (Query(status="Failure"), []),
        (Query(id="id-3"), ["id-3"]),
        (Query(id="aws-2"), ["id-2"]),
        (Query(id="second-4"), ["id-4"]),
        (Query(id="second-5"), []),
        (Query(since=2), ["id-2", "id-3", "id-4"]),
        (Query(since=1.5, until=3), ["id-2"]),
    ):
        assert ids == found(path, query), query
    file.close()


def test_a_reader_follows_rotations(tmp_path: Path) -> None:
    """Of records that are written while they are read, none is missed and none comes twice."""
    path = tmp_path / "audit.jsonl"
    file = RotatingFile(path, 3_000, 50, sync=False)
    for number in range(7):
        written(file, "Music", number)
    reader = Reader(path, Query(name="Music"))
    ids = [json.loads(each)["api"]["request"]["uid"] for each in reader.last(3)]
    assert ["id-4", "id-5", "id-6"] == ids
    for number in range(7, 60):
        written(file, "Music", number)
        if number % 10 == 0:
            while records := reader.read():
                ids += [json.loads(each)["api"]["request"]["uid"] for each in records]
    while records := reader.read():
        ids += [json.loads(each)["api"]["request"]["uid"] for each in records]
    assert [f"id-{number}" for number in range(4, 60)] == ids
    assert len(list(tmp_path.glob("audit.jsonl.[0-9]*"))) > 10
    reader.close()
    file.close()
