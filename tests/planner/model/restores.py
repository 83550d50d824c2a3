"""Backups and restores of the model: what AWS takes over to a restored table, and what AWS drops."""

from copy import deepcopy
from dataclasses import dataclass, field, replace

from tests.planner.model.table import EPOCH, Data, Index, Motion, Rejected, Table, in_use, invalid
from tests.planner.model.update_table import Needless, resolved

# Seconds that a restore takes.
_RESTORE = 90
_DEFINITION = ("KeySchema", "Projection")


@dataclass
class Backups:
    """The backups of a region, by ARN: each is the table as it was."""

    tables: dict[str, Table] = field(default_factory=dict)

    def create(self, table: Table, name: str, clock: float) -> Data:
        """The answer to CreateBackup of TABLE."""
        arn = f"{table.arn}/backup/{len(self.tables):014}-0a1b2c3d"
        self.tables[arn] = deepcopy(table)
        return {"BackupDetails": _details(arn, name, clock)}

    def table(self, arn: str) -> Table:
        """The table in the backup ARN; raises Rejected."""
        if arn not in self.tables:
            raise Rejected("BackupNotFoundException", f"Backup not found: {arn}")
        return self.tables[arn]

    def describe(self, arn: str) -> Data:
        """The answer to DescribeBackup: without the types of attributes, as AWS has it."""
        shown = self.table(arn).description()
        table = {
            member: shown[member]
            for member in ("TableName", "TableId", "TableArn", "KeySchema", "ProvisionedThroughput")
        }
        ceilings = (
            {"OnDemandThroughput": shown["OnDemandThroughput"]} if "OnDemandThroughput" in shown else {}
        )
        features = {
            "LocalSecondaryIndexes": shown.get("LocalSecondaryIndexes"),
            "GlobalSecondaryIndexes": [_info(each) for each in shown.get("GlobalSecondaryIndexes", [])],
            "StreamDescription": shown.get("StreamSpecification"),
            "SSEDescription": shown.get("SSEDescription"),
        }
        return {
            "BackupDescription": {
                "BackupDetails": _details(arn, "nightly", 0),
                "SourceTableDetails": {**table, **ceilings, "BillingMode": self.table(arn).mode},
                "SourceTableFeatureDetails": {name: each for name, each in features.items() if each},
            }
        }


def _details(arn: str, name: str, clock: float) -> Data:
    return {
        "BackupArn": arn,
        "BackupName": name,
        "BackupStatus": "AVAILABLE",
        "BackupType": "USER",
        "BackupCreationDateTime": EPOCH + clock,
    }


def _info(index: Data) -> Data:
    members = ("IndexName", *_DEFINITION, "ProvisionedThroughput", "OnDemandThroughput")
    return {member: index[member] for member in members if member in index}


def check_point_in_time(table: Table, params: Data, clock: float) -> None:
    """Raise Rejected where TABLE can't be restored to the time of PARAMS."""
    if table.recovery is None:
        raise Rejected("PointInTimeRecoveryUnavailableException", f"{table.name}: recovery is disabled")
    latest = bool(params.get("UseLatestRestorableTime"))
    if latest == ("RestoreDateTime" in params):
        raise invalid("one of UseLatestRestorableTime and RestoreDateTime")
    if not latest and not EPOCH <= params["RestoreDateTime"] <= EPOCH + clock:
        raise Rejected("InvalidRestoreTimeException", "not a restorable time")


def restored(source: Table, params: Data, identity: str, clock: float) -> Table:
    """The new table that PARAMS ask for, of SOURCE; raises Rejected or Needless."""
    mode = params.get("BillingModeOverride", source.mode)
    indexes = _indexes(source, params, mode, clock)
    local = source.local
    if "LocalSecondaryIndexOverride" in params:
        local = params["LocalSecondaryIndexOverride"]
        _check_definitions(local, {each["IndexName"]: each for each in source.local})
    table = Table(
        params["TargetTableName"],
        identity,
        source.keys,
        dict(source.types),
        Motion("CREATING", "ACTIVE", clock + _RESTORE),
        local=local,
        indexes=indexes,
        mode=mode,
        been_on_demand=mode == "PAY_PER_REQUEST",
        throughput=_throughput(source, params, mode),
        on_demand=_ceilings(source, params, mode),
        key=_key(source, params),
        active_since=clock + _RESTORE,
    )
    _check_needless(source, params, indexes)
    return table


def _throughput(source: Table, params: Data, mode: str) -> Data | None:
    given: Data | None = params.get("ProvisionedThroughputOverride")
    if given and mode != "PROVISIONED":
        raise invalid("ProvisionedThroughputOverride goes with PROVISIONED")
    units = (given or source.throughput) if mode == "PROVISIONED" else None
    if mode == "PROVISIONED" and units is None:
        raise invalid("ProvisionedThroughputOverride is required")
    return units


def _ceilings(source: Table, params: Data, mode: str) -> Data:
    given: Data | None = params.get("OnDemandThroughputOverride")
    if given and mode == "PROVISIONED":
        raise invalid("OnDemandThroughputOverride goes with PAY_PER_REQUEST")
    return dict(given or source.on_demand) if mode == "PAY_PER_REQUEST" else {}


def _key(source: Table, params: Data) -> str | None:
    given = params.get("SSESpecificationOverride")
    return source.key if given is None else resolved(given)


def _indexes(source: Table, params: Data, mode: str, clock: float) -> dict[str, Index]:
    status = Motion("CREATING", "ACTIVE", clock + _RESTORE)
    if "GlobalSecondaryIndexOverride" not in params:
        if mode != source.mode and mode == "PROVISIONED" and source.indexes:
            raise invalid("GlobalSecondaryIndexOverride with throughput is required")
        return {
            name: replace(
                index,
                status=replace(status),
                warm=dict(Table("", "", [], {}, status).warm),
                throughput=index.throughput if mode == "PROVISIONED" else None,
                decreases=[],
            )
            for name, index in source.indexes.items()
        }
    given = params["GlobalSecondaryIndexOverride"]
    _check_definitions(given, {name: index.definition for name, index in source.indexes.items()})
    if any("WarmThroughput" in each for each in given):
        raise invalid("WarmThroughput in GlobalSecondaryIndexOverride")
    if any(("ProvisionedThroughput" in each) != (mode == "PROVISIONED") for each in given):
        raise invalid(f"throughput of indexes does not go with {mode}")
    return {
        each["IndexName"]: Index(
            source.indexes[each["IndexName"]].definition,
            replace(status),
            dict(Table("", "", [], {}, status).warm),
            throughput=each.get("ProvisionedThroughput"),
            on_demand=dict(
                each.get("OnDemandThroughput")
                or (source.indexes[each["IndexName"]].on_demand if mode == "PAY_PER_REQUEST" else {})
            ),
        )
        for each in given
    }


def _check_definitions(given: list[Data], known: dict[str, Data]) -> None:
    for each in given:
        there = known.get(each["IndexName"])
        if there is None or any(_sorted(each[member]) != _sorted(there[member]) for member in _DEFINITION):
            raise invalid(f"{each['IndexName']} does not match an index of the source")


def _sorted(value: object) -> object:
    if isinstance(value, dict) and "NonKeyAttributes" in value:
        return {**value, "NonKeyAttributes": sorted(value["NonKeyAttributes"])}
    return value


def _check_needless(source: Table, params: Data, indexes: dict[str, Index]) -> None:
    """Raise Needless for an override that gives what the source has."""
    same = {
        "BillingModeOverride": source.mode,
        "ProvisionedThroughputOverride": source.throughput,
        "OnDemandThroughputOverride": source.on_demand,
        "LocalSecondaryIndexOverride": source.local,
    }
    for member, value in same.items():
        if member in params and params[member] == value:
            raise Needless(member)
    # Nobody can tell the key that AWS manages from another one.
    encryption = params.get("SSESpecificationOverride", {"Enabled": True})
    is_told = "KMSMasterKeyId" in encryption or not encryption["Enabled"]
    if is_told and _key(source, params) == source.key:
        raise Needless("SSESpecificationOverride")
    if "GlobalSecondaryIndexOverride" in params and indexes.keys() == source.indexes.keys():
        capacities = [
            [(each.throughput, each.on_demand) for _, each in sorted(some.items())]
            for some in (indexes, source.indexes)
        ]
        if capacities[0] == capacities[1]:
            raise Needless("GlobalSecondaryIndexOverride")


def check_target(name: str, tables: dict[str, Table]) -> None:
    """Raise Rejected where the table NAME exists."""
    if name in tables and tables[name].status.now == "CREATING":
        raise in_use(f"{name} is being created")
    if name in tables:
        raise Rejected("TableAlreadyExistsException", f"Table already exists: {name}")
