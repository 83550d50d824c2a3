"""Steps that change one setting of the table, each alone in its UpdateTable."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.journey import Journey
from tableadmin_server.planner.pacing import Pace
from tableadmin_server.planner.step import Step


def protection_off(journey: Journey) -> Iterator[Step]:
    """Deletion protection off, first of all."""
    if journey.at.deletion_protection and not journey.to.deletion_protection:
        yield _protection(journey, on=False)


def protection_on(journey: Journey) -> Iterator[Step]:
    """Deletion protection on, last of all."""
    if journey.to.deletion_protection and not journey.at.deletion_protection:
        yield _protection(journey, on=True)


def table_class(journey: Journey) -> Iterator[Step]:
    """The table class."""
    at, to = journey.at, journey.to
    if at.table_class != to.table_class:
        at.table_class = to.table_class
        yield journey.update(f"change the table class to {to.table_class}", {"TableClass": to.table_class})


def encryption(journey: Journey) -> Iterator[Step]:
    """The key of encryption at rest."""
    at, to = journey.at, journey.to
    if at.encryption != to.encryption:
        at.encryption = to.encryption
        specification: AwsDict = {"SSESpecification": _key(to.encryption)}
        yield journey.update("change encryption", specification, ("encryption settled",))


def _protection(journey: Journey, *, on: bool) -> Step:
    journey.at.deletion_protection = on
    return journey.update(
        f"turn deletion protection {'on' if on else 'off'}",
        {"DeletionProtectionEnabled": on},
        pace=Pace.DELETION_PROTECTION,
    )


def _key(key: str | None) -> AwsDict:
    if key is None:
        return {"Enabled": False}
    return {"Enabled": True, "SSEType": "KMS", **({"KMSMasterKeyId": key} if key else {})}
