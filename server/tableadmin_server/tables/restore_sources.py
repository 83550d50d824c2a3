"""Reads the backup or the table from which a spec restores its table."""

from collections.abc import Collection, Mapping
from typing import cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.reading import TableReader
from tableadmin_server.tables.snapshot import Snapshot

MEMBER = "RestoreSource"


async def restore_source(
    reader: TableReader, spec: Mapping[str, AwsValue], parts: Collection[Part]
) -> Snapshot | None:
    """Return the source in SPEC: a table with PARTS, or a backup as a table; None if SPEC has no source.

    Raises Failure, for example if a backup does not exist.
    """
    source = cast("AwsDict", spec.get(MEMBER) or {})
    if "BackupArn" in source:
        answer = await reader.ask("DescribeBackup", {"BackupArn": source["BackupArn"]})
        return backed_up(cast("AwsDict", answer["BackupDescription"]), spec)
    if "SourceTableName" in source:
        return await reader.snapshot(str(source["SourceTableName"]), parts, ())
    return None


def backed_up(backup: AwsDict, spec: Mapping[str, AwsValue]) -> Snapshot:
    """Return the table in BACKUP, an answer of DescribeBackup, as far as AWS shows it.

    The types of the key attributes are taken from SPEC, because AWS does not show them.
    """
    table = cast("AwsDict", backup.get("SourceTableDetails") or {})
    features = cast("AwsDict", backup.get("SourceTableFeatureDetails") or {})
    description: AwsDict = {
        **{member: value for member, value in table.items() if member not in ("BillingMode", "ItemCount")},
        "BillingModeSummary": {"BillingMode": table.get("BillingMode") or "PROVISIONED"},
        "AttributeDefinitions": spec.get("AttributeDefinitions"),
        "StreamSpecification": features.get("StreamDescription"),
        **{
            member: features.get(member)
            for member in (
                "LocalSecondaryIndexes",
                "GlobalSecondaryIndexes",
                "VectorIndexes",
                "SSEDescription",
            )
        },
    }
    expiry = features.get("TimeToLiveDescription")
    return Snapshot(
        str(table.get("TableName", "")),
        {member: value for member, value in description.items() if value},
        {Part.TIME_TO_LIVE: expiry} if expiry else {},
    )
