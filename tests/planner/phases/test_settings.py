"""Settings of a table: stream, encryption, deletion protection."""

from tableadmin_server.planner import ChangeClass
from tests.planner.tables import (
    IMAGES,
    KEY,
    index,
    planned,
    summaries,
    table,
)


def test_stream() -> None:
    """A stream that shows something else is another stream: off, then on, which is disruptive."""
    made = planned(
        table(StreamSpecification=IMAGES),
        table(StreamSpecification={**IMAGES, "StreamViewType": "KEYS_ONLY"}),
    )
    assert ["turn the stream off", "turn the stream on: KEYS_ONLY"] == [step.summary for step in made.steps]
    assert [ChangeClass.DISRUPTIVE] == [change.change_class for change in made.changes]


def test_encryption() -> None:
    """Keys are compared by ARN or id; an alias can't be, and is not sent again, for that would cost quota."""
    before = table(SSESpecification={"Enabled": True, "KMSMasterKeyId": KEY})
    same = ("1", KEY, "alias/any")
    specs = [table(SSESpecification={"Enabled": True, "KMSMasterKeyId": key}) for key in same]
    assert [[], [], []] == [summaries(before, spec) for spec in specs]
    assert "an alias can't be compared" in planned(before, specs[2]).warnings[0].description
    other = table(SSESpecification={"Enabled": True, "KMSMasterKeyId": KEY[:-1] + "2"})
    assert ["change encryption"] == summaries(before, other)


def test_protection() -> None:
    """Deletion protection goes off first and on last."""
    protected = table(index("One"), DeletionProtectionEnabled=True, Tags=[{"Key": "a", "Value": ""}])
    assert ["add index One", "set 1 tag", "turn deletion protection on"] == summaries(table(), protected)
    assert ["turn deletion protection off", "delete index One", "remove 1 tag"] == summaries(
        protected, table()
    )
