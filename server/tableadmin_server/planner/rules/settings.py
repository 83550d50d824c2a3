"""Rules within a member of a spec: stream, encryption, time to live, recovery, tags, policy."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, structure, text
from tableadmin_server.planner.rules.constraint import Violation
from tableadmin_server.planner.state.policy import document


def stream(spec: AwsDict) -> Iterator[Violation]:
    """A stream that is on has a view type; a stream that is off has none."""
    specification = structure(spec, "StreamSpecification")
    if specification.get("StreamEnabled") is True and "StreamViewType" not in specification:
        yield Violation("StreamSpecification.StreamViewType", "is required with StreamEnabled")
    if specification.get("StreamEnabled") is False and "StreamViewType" in specification:
        yield Violation("StreamSpecification.StreamViewType", "is not valid if StreamEnabled is false")


def encryption(spec: AwsDict) -> Iterator[Violation]:
    """A KMS key or a type of encryption requires Enabled true."""
    specification = structure(spec, "SSESpecification")
    for member in ("SSEType", "KMSMasterKeyId"):
        if member in specification and not specification.get("Enabled"):
            yield Violation(f"SSESpecification.{member}", "requires Enabled to be true")


def time_to_live(spec: AwsDict) -> Iterator[Violation]:
    """Time to live that is on has an attribute."""
    specification = structure(spec, "TimeToLiveSpecification")
    if specification.get("Enabled") and "AttributeName" not in specification:
        yield Violation("TimeToLiveSpecification.AttributeName", "is required with Enabled")


def recovery(spec: AwsDict) -> Iterator[Violation]:
    """A recovery period requires recovery that is on."""
    specification = structure(spec, "PointInTimeRecoverySpecification")
    if specification.get("PointInTimeRecoveryEnabled") is False and "RecoveryPeriodInDays" in specification:
        yield Violation(
            "PointInTimeRecoverySpecification.RecoveryPeriodInDays",
            "requires PointInTimeRecoveryEnabled to be true",
        )


def tags(spec: AwsDict) -> Iterator[Violation]:
    """Tags have distinct keys, and no key begins with aws:."""
    seen: set[str] = set()
    for number, tag in enumerate(elements(spec, "Tags")):
        key = text(tag, "Key")
        if key.lower().startswith("aws:"):
            yield Violation(f"Tags[{number}].Key", "must not begin with aws:, which is reserved for AWS")
        if key and key in seen:
            yield Violation(f"Tags[{number}].Key", f"{key} is specified twice")
        seen.add(key)


def policy(spec: AwsDict) -> Iterator[Violation]:
    """A resource policy is a JSON object."""
    written = spec.get("ResourcePolicy")
    if isinstance(written, str) and written:
        try:
            document(written)
        except ValueError as error:
            yield Violation("ResourcePolicy", str(error))
