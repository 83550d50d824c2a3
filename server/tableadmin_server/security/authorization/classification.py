"""Every RPC of the server, its group of actions, and the fields of its request that name tables.

An RPC without a row here is denied wherever policies are configured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """The groups of actions that policies name, such as `action in Action::"read"`."""

    READ = "read"
    WRITE = "write"
    # Something is deleted, or no longer protected.
    DESTROY = "destroy"
    # Items enter or leave a table.
    DATA = "data"
    # A table is opened past this service.
    SHARE = "share"
    LIST = "list"


class Kind(StrEnum):
    """What an ARN below `table/NAME` names."""

    TABLE = "table"
    INDEX = "index"
    STREAM = "stream"
    BACKUP = "backup"
    EXPORT = "export"
    IMPORT = "import"
    BULK_OPERATION = "bulk-operation"


class About(StrEnum):
    """What an RPC is authorized for."""

    # The tables that the request names.
    TABLES = "tables"
    # The endpoint: the request names no table, and the answer is about no table.
    ENDPOINT = "endpoint"
    # The tables of the operations that the request names.
    OPERATIONS = "operations"
    # The server itself.
    SERVER = "server"
    # Nothing: the RPC reads and changes nothing, or checks its callers in its own answer.
    NOTHING = "nothing"


@dataclass(frozen=True)
class Naming:
    """A field that names tables: its PATH in the request, whether a bare NAME is taken, the KINDS of ARNs."""

    path: str
    name: bool
    kinds: frozenset[Kind] = frozenset({Kind.TABLE})


@dataclass(frozen=True)
class Listing:
    """The answer of an RPC that lists what is of tables, each entry of one.

    ENTRIES is the list. NAMES is the field of an entry that names its table, "" where an entry is a name. A
    principal that may not list everything at the endpoint is shown the entries of the tables for which ACTION
    is permitted. CURSOR is the field of the answer that names the last entry, and CURSOR_IN that of the
    request, "" where the cursor names nothing. CURSOR_NAMES is the field of an entry that a cursor holds.
    """

    entries: str
    names: str
    action: str
    cursor: str = ""
    cursor_in: str = ""
    cursor_names: str = ""


@dataclass(frozen=True)
class Classified:
    """What policies know of an RPC.

    ACTION is the name of the action where that is not the RPC's. SELECTS are fields that select tables
    without naming them, such as a prefix: the answer then shows the permitted tables alone.
    """

    about: About
    group: Group | None = None
    tables: tuple[Naming, ...] = ()
    listing: Listing | None = None
    selects: tuple[str, ...] = ()
    action: str = ""


def _tables(group: Group, *tables: Naming, selects: tuple[str, ...] = ()) -> Classified:
    return Classified(About.TABLES, group, tables, selects=selects)


def _named(path: str) -> Naming:
    return Naming(path, name=True)


def _arn(path: str, *kinds: Kind) -> Naming:
    return Naming(path, name=False, kinds=frozenset(kinds))


_TABLE = _named("table_name")
_GLOBAL_TABLE = _named("global_table_name")
_ENDPOINT = Classified(About.ENDPOINT, Group.LIST)
_READ, _WRITE, _DESTROY = Group.READ, Group.WRITE, Group.DESTROY
_DATA, _SHARE, _LIST = Group.DATA, Group.SHARE, Group.LIST
_TAGGED = _arn("resource_arn", Kind.TABLE, Kind.INDEX)
_SHARED = _arn("resource_arn", Kind.TABLE, Kind.STREAM)


def _list(listing: Listing, *only: Naming) -> Classified:
    """An RPC that lists what is of any table, or of the table that ONLY names."""
    return Classified(About.ENDPOINT, _LIST, only, listing)


_TABLE_ADMIN: Mapping[str, Classified] = {
    "CancelBulkOperation": _tables(_DATA, _arn("bulk_operation_arn", Kind.BULK_OPERATION)),
    "CreateBackup": _tables(_WRITE, _TABLE),
    "CreateGlobalTable": _tables(_WRITE, _GLOBAL_TABLE),
    "CreateTable": _tables(_WRITE, _TABLE, _arn("global_table_source_arn", Kind.TABLE)),
    "DeleteBackup": _tables(_DESTROY, _arn("backup_arn", Kind.BACKUP)),
    "DeleteResourcePolicy": _tables(_SHARE, _SHARED),
    "DeleteTable": _tables(_DESTROY, _TABLE),
    "DescribeBackup": _tables(_READ, _arn("backup_arn", Kind.BACKUP)),
    "DescribeBulkOperation": _tables(_READ, _arn("bulk_operation_arn", Kind.BULK_OPERATION)),
    "DescribeContinuousBackups": _tables(_READ, _TABLE),
    "DescribeContributorInsights": _tables(_READ, _TABLE),
    "DescribeEndpoints": _ENDPOINT,
    "DescribeExport": _tables(_READ, _arn("export_arn", Kind.EXPORT)),
    "DescribeGlobalTable": _tables(_READ, _GLOBAL_TABLE),
    "DescribeGlobalTableSettings": _tables(_READ, _GLOBAL_TABLE),
    "DescribeImport": _tables(_READ, _arn("import_arn", Kind.IMPORT)),
    "DescribeKinesisStreamingDestination": _tables(_READ, _TABLE),
    "DescribeLimits": _ENDPOINT,
    "DescribeTable": _tables(_READ, _TABLE),
    "DescribeTableReplicaAutoScaling": _tables(_READ, _TABLE),
    "DescribeTimeToLive": _tables(_READ, _TABLE),
    "DisableKinesisStreamingDestination": _tables(_WRITE, _TABLE),
    "EnableKinesisStreamingDestination": _tables(_DATA, _TABLE),
    "ExportTableToPointInTime": _tables(_DATA, _arn("table_arn", Kind.TABLE)),
    "GetResourcePolicy": _tables(_READ, _SHARED),
    "ImportTable": _tables(_DATA, _named("table_creation_parameters.table_name")),
    "ListBackups": _list(
        Listing(
            "backup_summaries",
            "table_name",
            "DescribeBackup",
            "last_evaluated_backup_arn",
            "exclusive_start_backup_arn",
            "backup_arn",
        ),
        _TABLE,
    ),
    "ListBulkOperations": _list(
        Listing("bulk_operations_summary_list", "bulk_operation_arn", "DescribeBulkOperation")
    ),
    "ListContributorInsights": _list(
        Listing("contributor_insights_summaries", "table_name", "DescribeContributorInsights"), _TABLE
    ),
    "ListExports": _list(
        Listing("export_summaries", "export_arn", "DescribeExport"), _arn("table_arn", Kind.TABLE)
    ),
    "ListGlobalTables": _list(
        Listing(
            "global_tables",
            "global_table_name",
            "DescribeGlobalTable",
            "last_evaluated_global_table_name",
            "exclusive_start_global_table_name",
            "global_table_name",
        )
    ),
    "ListImports": _list(
        Listing("import_summary_list", "table_arn", "DescribeImport"), _arn("table_arn", Kind.TABLE)
    ),
    "ListTables": _list(
        Listing("table_names", "", "DescribeTable", "last_evaluated_table_name", "exclusive_start_table_name")
    ),
    "ListTagsOfResource": _tables(_READ, _TAGGED),
    "PutResourcePolicy": _tables(_SHARE, _SHARED),
    "RestoreTableFromBackup": _tables(_DATA, _named("target_table_name"), _arn("backup_arn", Kind.BACKUP)),
    "RestoreTableToPointInTime": _tables(
        _DATA,
        _named("target_table_name"),
        _named("source_table_name"),
        _arn("source_table_arn", Kind.TABLE),
    ),
    "StartBulkPutItems": _tables(_DATA, _TABLE),
    "TagResource": _tables(_WRITE, _TAGGED),
    "UntagResource": _tables(_WRITE, _TAGGED),
    "UpdateContinuousBackups": _tables(_WRITE, _TABLE),
    "UpdateContributorInsights": _tables(_WRITE, _TABLE),
    "UpdateGlobalTable": _tables(_WRITE, _GLOBAL_TABLE),
    "UpdateGlobalTableSettings": _tables(_WRITE, _GLOBAL_TABLE),
    "UpdateKinesisStreamingDestination": _tables(_DATA, _TABLE),
    "UpdateTable": _tables(_WRITE, _TABLE),
    "UpdateTableReplicaAutoScaling": _tables(_WRITE, _TABLE),
    "UpdateTimeToLive": _tables(_WRITE, _TABLE),
}

_SPECS = _named("specs.table_name")
_NAMES = _named("table_names")
_SELECTS = ("prefix", "all_tables")

_OTHER: Mapping[str, Classified] = {
    "tableadmin.v1.WatchService/Watch": _tables(_READ, _NAMES, selects=_SELECTS),
    "tableadmin.v1.WatchService/Wait": _tables(
        _READ, _TABLE, _arn("arn", Kind.BACKUP, Kind.EXPORT, Kind.IMPORT)
    ),
    "tableadmin.v1.PlanService/PlanTables": _tables(_READ, _SPECS),
    "tableadmin.v1.PlanService/ExportTables": _tables(_READ, _NAMES, selects=_SELECTS),
    "tableadmin.v1.PlanService/ApplyPlan": _tables(_WRITE, _SPECS),
    "tableadmin.v1.PlanService/ValidateTables": Classified(About.NOTHING),
    "tableadmin.v1.OperationService/GetOperation": Classified(About.OPERATIONS, _READ),
    "tableadmin.v1.OperationService/ListOperations": _list(
        Listing("operations", "table_name", "GetOperation"), _TABLE
    ),
    "tableadmin.v1.OperationService/CancelOperation": Classified(About.OPERATIONS, _WRITE),
    "tableadmin.v1.OperationService/ForgetOperation": Classified(About.OPERATIONS, _DESTROY),
    "tableadmin.v1.OperationService/WatchOperation": Classified(About.OPERATIONS, _READ),
    # Of no group: who may read tables may not see who else does what.
    "tableadmin.v1.AuditService/ReadAuditRecords": Classified(About.SERVER, action="ReadAuditRecords"),
    # Shows the endpoints for which the action is permitted.
    "tableadmin.v1.EndpointService/ListEndpoints": Classified(About.NOTHING, _LIST),
    # The answers are about the caller alone.
    "tableadmin.v1.AccessService/WhoAmI": Classified(About.NOTHING),
    "tableadmin.v1.AccessService/CheckAccess": Classified(About.NOTHING),
    "grpc.health.v1.Health/Check": Classified(About.NOTHING),
    "grpc.health.v1.Health/List": Classified(About.NOTHING),
    "grpc.health.v1.Health/Watch": Classified(About.NOTHING),
    **{
        f"grpc.reflection.{version}.ServerReflection/ServerReflectionInfo": Classified(
            About.SERVER, action="Reflection"
        )
        for version in ("v1", "v1alpha")
    },
    **{
        f"grpc.channelz.v1.Channelz/{rpc}": Classified(About.SERVER, action="Channelz")
        for rpc in (
            "GetTopChannels",
            "GetServers",
            "GetServer",
            "GetServerSockets",
            "GetChannel",
            "GetSubchannel",
            "GetSocket",
        )
    },
}

# By the full name of the service, a slash, and the RPC.
RPCS: Mapping[str, Classified] = {
    **{f"tableadmin.v1.TableAdmin/{rpc}": row for rpc, row in _TABLE_ADMIN.items()},
    **_OTHER,
}


# The actions that requests hold beside their RPC's own. The option `effects` of an RPC names those that its
# fields cause.
HIDDEN: Mapping[str, Group] = {
    "DeleteIndex": _DESTROY,
    "DeleteReplica": _DESTROY,
    "DisableDeletionProtection": _DESTROY,
    "DisablePointInTimeRecovery": _DESTROY,
    "ExpireItems": _DESTROY,
    "ReplaceTable": _DESTROY,
}


def action_of(method: str) -> str:
    """The action of METHOD, which is a key of RPCS."""
    return RPCS[method].action or method.rpartition("/")[2]


# Every action that policies can name, with its group.
ACTIONS: Mapping[str, Group | None] = {
    **{action_of(method): row.group for method, row in RPCS.items() if row.about is not About.NOTHING},
    **{action_of(method): row.group for method, row in RPCS.items() if row.group},
    **HIDDEN,
}
