"""Protection that a spec does not mention."""

from tableadmin.formats import protect, read
from tableadmin.v1 import TableSpec

KEYS = """\
TableName: Music
AttributeDefinitions: [{AttributeName: a, AttributeType: S}]
KeySchema: [{AttributeName: a, KeyType: HASH}]
"""


def _spec(more: str = "") -> TableSpec:
    (spec,) = read(KEYS + more, name="tables.yaml")
    return spec


def test_what_a_spec_does_not_mention_is_added() -> None:
    """Deletion protection and point-in-time recovery are turned on, each with a note."""
    spec = _spec()
    notes = protect(spec)
    assert spec.deletion_protection_enabled
    assert spec.point_in_time_recovery_specification.point_in_time_recovery_enabled
    assert [
        "table Music: DeletionProtectionEnabled is on by --protect",
        "table Music: PointInTimeRecoverySpecification is on by --protect",
    ] == notes


def test_what_a_spec_says_stays() -> None:
    """A spec that turns a setting off, or sets its period, keeps it."""
    spec = _spec(
        "DeletionProtectionEnabled: false\n"
        "PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7}\n"
    )
    before = spec.SerializeToString(deterministic=True)
    assert [] == protect(spec)
    assert before == spec.SerializeToString(deterministic=True)


def test_what_a_format_cannot_say_is_managed_then() -> None:
    """A setting that is unmanaged, as formats without the setting leave it, is managed once it is added."""
    spec = _spec("Unmanaged: [PointInTimeRecoverySpecification, Tags]\n")
    protect(spec)
    assert ["Tags"] == [each.path for each in spec.unmanaged]
