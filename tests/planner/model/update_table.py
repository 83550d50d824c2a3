"""UpdateTable of the model: what one call may hold, and what each member may say."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from tests.planner.model.table import EPOCH, Data, Index, Motion, Rejected, Table, in_use, invalid, limit

DAY, HOUR = 86_400.0, 3_600.0

# What a call may hold together, beside any one thing alone.
_TOGETHER = (
    {"throughput", "index throughput"},
    {"to PROVISIONED", "throughput"},
    {"to PROVISIONED", "throughput", "index throughput"},
    {"to PAY_PER_REQUEST", "ceilings"},
    {"to PAY_PER_REQUEST", "stream"},
    {"to PAY_PER_REQUEST", "index creation"},
    {"index creation", "index throughput"},
)
# Several of a kind go into one call.
_SEVERAL = {"index throughput", "index ceilings"}
_MEMBERS = {
    "ProvisionedThroughput": "throughput",
    "OnDemandThroughput": "ceilings",
    "StreamSpecification": "stream",
    "SSESpecification": "encryption",
    "TableClass": "class",
    "DeletionProtectionEnabled": "protection",
    "WarmThroughput": "warm",
    "ReplicaUpdates": "replica",
}
_INDEX_MEMBERS = {
    "ProvisionedThroughput": "index throughput",
    "OnDemandThroughput": "index ceilings",
    "WarmThroughput": "index warm",
}


class Needless(Exception):
    """AWS would answer 200 and change nothing: a planner sends no such call."""


def update_table(table: Table, params: Data, clock: float) -> None:
    """Check all of PARAMS, then make the change; raises Rejected or Needless and changes nothing then."""
    kinds = _kinds(params)
    if not kinds:
        raise invalid("nothing to update")
    if len(set(kinds)) > 1 and set(kinds) not in _TOGETHER:
        raise invalid(f"cannot perform more than one of these at once: {', '.join(sorted(set(kinds)))}")
    if any(kinds.count(kind) > 1 for kind in set(kinds) - _SEVERAL):
        raise limit("only 1 online index can be created or deleted simultaneously per table")
    if table.status.now != "ACTIVE":
        raise in_use(f"table is being updated: {table.status.now}")
    if table.jobs():
        raise limit(f"Attempting to change a table on which jobs run: {', '.join(table.jobs())}")
    for kind in set(kinds):
        _CHECKS[kind](table, params, clock)
    for kind in sorted(set(kinds), key=list(_CHECKS).index):
        _CHANGES[kind](table, params, clock)


def _kinds(params: Data) -> list[str]:
    kinds = [_MEMBERS[member] for member in params if member in _MEMBERS]
    if "BillingMode" in params:
        kinds.append(f"to {params['BillingMode']}")
    for update in params.get("GlobalSecondaryIndexUpdates", []):
        if "Create" in update:
            kinds.append("index creation")
        if "Delete" in update:
            kinds.append("index deletion")
        kinds += [_INDEX_MEMBERS[each] for each in update.get("Update", {}) if each != "IndexName"]
    kinds += ["replica"] * (len(params.get("ReplicaUpdates", [])) - 1)
    return kinds


def _updates(params: Data, verb: str, member: str = "") -> list[Data]:
    actions = [each[verb] for each in params.get("GlobalSecondaryIndexUpdates", []) if verb in each]
    return [action for action in actions if not member or member in action]


def _check_throughput(table: Table, params: Data, clock: float) -> None:
    if params.get("BillingMode", table.mode) != "PROVISIONED":
        raise invalid("throughput can't be specified when BillingMode is PAY_PER_REQUEST")
    if "BillingMode" not in params:
        _check_units(table.throughput, table.decreases, params["ProvisionedThroughput"], clock)


def _check_index_throughput(table: Table, params: Data, clock: float) -> None:
    if params.get("BillingMode", table.mode) != "PROVISIONED":
        raise invalid("throughput of an index can't be specified when BillingMode is PAY_PER_REQUEST")
    for action in _updates(params, "Update", "ProvisionedThroughput"):
        index = _live(table, action["IndexName"])
        if "BillingMode" not in params:
            _check_units(index.throughput, index.decreases, action["ProvisionedThroughput"], clock)


def _check_units(before: Data | None, decreases: list[float], after: Data, clock: float) -> None:
    if before == after:
        raise invalid(
            "The provisioned throughput will not change. The requested value equals the current value."
        )
    assert before is not None
    if any(after[unit] < before[unit] for unit in after):
        day = datetime.fromtimestamp(EPOCH + clock, UTC).date()
        today = [each for each in decreases if datetime.fromtimestamp(EPOCH + each, UTC).date() == day]
        if len(today) >= 4 and clock - today[-1] < HOUR:
            raise limit("throughput decreases: 4 a day, then one an hour")


def _check_provisioned(table: Table, params: Data, clock: float) -> None:
    del clock
    if table.mode == "PROVISIONED":
        raise invalid("the table is PROVISIONED already")
    updated = {action["IndexName"] for action in _updates(params, "Update", "ProvisionedThroughput")}
    if "ProvisionedThroughput" not in params or updated != set(table.indexes):
        raise invalid("PROVISIONED needs throughput of the table and of every index")


def _check_on_demand(table: Table, params: Data, clock: float) -> None:
    del params, clock
    if table.mode == "PAY_PER_REQUEST":
        raise Needless("BillingMode")


def _check_ceilings(table: Table, params: Data, clock: float) -> None:
    del clock
    _check_units_on_demand(table, params, table.on_demand, params["OnDemandThroughput"])


def _check_index_ceilings(table: Table, params: Data, clock: float) -> None:
    del clock
    for action in _updates(params, "Update", "OnDemandThroughput"):
        before = _live(table, action["IndexName"]).on_demand
        _check_units_on_demand(table, params, before, action["OnDemandThroughput"])


def _check_units_on_demand(table: Table, params: Data, before: Data, after: Data) -> None:
    if not after:
        raise Rejected("InternalServerError", "OnDemandThroughput is empty")
    if params.get("BillingMode", table.mode) != "PAY_PER_REQUEST":
        raise invalid("OnDemandThroughput goes with PAY_PER_REQUEST")
    if all(before.get(unit, -1) == value for unit, value in after.items()):
        raise Needless("OnDemandThroughput")


def _check_stream(table: Table, params: Data, clock: float) -> None:
    del clock
    wanted = params["StreamSpecification"]
    if table.replicas:
        raise invalid("the stream can't be changed while there are replicas")
    if wanted["StreamEnabled"] == (table.stream is not None):
        raise invalid(f"Table already has a stream, or none: {table.name}")
    if wanted["StreamEnabled"] != ("StreamViewType" in wanted):
        raise invalid("StreamViewType goes with StreamEnabled")


def _check_encryption(table: Table, params: Data, clock: float) -> None:
    key = resolved(params["SSESpecification"])
    if key == table.key:
        raise invalid("Table is already encrypted by the given key")
    _check_budget(table, "encryption", 4, DAY, clock)


def _check_class(table: Table, params: Data, clock: float) -> None:
    if params["TableClass"] == table.table_class:
        raise Needless("TableClass")
    _check_budget(table, "class", 2, 30 * DAY, clock)


def _check_protection(table: Table, params: Data, clock: float) -> None:
    if params["DeletionProtectionEnabled"] == table.protected:
        raise Needless("DeletionProtectionEnabled")
    _check_budget(table, "protection", 1, 15, clock)


def _check_budget(table: Table, what: str, times: int, seconds: float, clock: float) -> None:
    if len([each for each in table.changed.get(what, []) if clock - each < seconds]) >= times:
        raise limit(f"{what}: {times} in {seconds:g} s")


def _check_warm(table: Table, params: Data, clock: float) -> None:
    del clock
    _check_units_warm(table.warm, params["WarmThroughput"])


def _check_index_warm(table: Table, params: Data, clock: float) -> None:
    del clock
    for action in _updates(params, "Update", "WarmThroughput"):
        _check_units_warm(_live(table, action["IndexName"]).warm, action["WarmThroughput"])


def _check_units_warm(before: Data, after: Data) -> None:
    if not after:
        raise Rejected("InternalServerError", "WarmThroughput is empty")
    if any(value < before[unit] for unit, value in after.items()):
        raise invalid("warm throughput can't be lowered")
    if all(value == before[unit] for unit, value in after.items()):
        raise invalid("warm throughput will not change")


def _check_replica(table: Table, params: Data, clock: float) -> None:
    del clock
    ((verb, action),) = params["ReplicaUpdates"][0].items()
    there = action["RegionName"] in table.replicas
    if there == (verb == "Create"):
        raise invalid(f"{verb}: replica in {action['RegionName']}")
    if verb == "Create" and table.stream not in {None, "NEW_AND_OLD_IMAGES"}:
        raise invalid("replicas need a stream of NEW_AND_OLD_IMAGES")
    if verb == "Update" and all(
        table.replicas[action["RegionName"]].get(member) == value
        for member, value in action.items()
        if member != "RegionName"
    ):
        raise Needless("ReplicaUpdates")


def _check_index_creation(table: Table, params: Data, clock: float) -> None:
    del clock
    (create,) = _updates(params, "Create")
    mode = params.get("BillingMode", table.mode)
    names = {key["AttributeName"] for key in create["KeySchema"]}
    given = {each["AttributeName"]: each["AttributeType"] for each in params.get("AttributeDefinitions", [])}
    if create["IndexName"] in {*table.indexes, *(each["IndexName"] for each in table.local)}:
        raise invalid("Attempting to create an index which already exists")
    if len(table.indexes) >= 20:
        raise limit("20 global secondary indexes")
    if not names <= set(given):
        raise invalid("Some index key attributes are not defined in AttributeDefinitions")
    if not set(given) <= names | set(table.types):
        raise invalid("Some AttributeDefinitions are not used")
    if any(table.types.get(name, kind) != kind for name, kind in given.items()):
        raise Needless("the type of a key attribute, which is ignored")
    if ("ProvisionedThroughput" in create) != (mode == "PROVISIONED"):
        raise invalid(f"throughput of the index does not go with {mode}")
    if "OnDemandThroughput" in create and mode == "PROVISIONED":
        raise invalid("OnDemandThroughput goes with PAY_PER_REQUEST")
    check_projections([*table.local, *(index.definition for index in table.indexes.values()), create])


def _check_index_deletion(table: Table, params: Data, clock: float) -> None:
    del clock
    _live(table, _updates(params, "Delete")[0]["IndexName"])


def check_projections(indexes: list[Data]) -> None:
    """INCLUDE has 1 to 20 attributes, all indexes 100 of them."""
    lists = [index["Projection"].get("NonKeyAttributes", []) for index in indexes]
    for index, attributes in zip(indexes, lists, strict=True):
        include = index["Projection"]["ProjectionType"] == "INCLUDE"
        if include != bool(attributes) or len(attributes) > 20 or len(set(attributes)) < len(attributes):
            raise invalid("NonKeyAttributes")
    if sum(map(len, lists)) > 100:
        raise invalid("100 projected attributes")


def resolved(specification: Data) -> str | None:
    """The ARN of the key that an SSESpecification names; None for AWS's own."""
    if not specification.get("Enabled"):
        return None
    key: str = specification.get("KMSMasterKeyId", "alias/aws/dynamodb")
    return key if ":key/" in key else f"arn:aws:kms:us-west-2:000000000000:key/{key.replace('alias/', 'of-')}"


def _live(table: Table, name: str) -> Index:
    if name not in table.indexes:
        raise Rejected("ResourceNotFoundException", f"no index {name}")
    return table.indexes[name]


def _updating(table: Table, clock: float, seconds: float = 10) -> None:
    table.status.move("UPDATING", "ACTIVE", clock + seconds)


def _change_throughput(table: Table, params: Data, clock: float) -> None:
    after = params["ProvisionedThroughput"]
    _note_decrease(table.throughput, table.decreases, after, clock)
    table.throughput = after
    _updating(table, clock)


def _change_index_throughput(table: Table, params: Data, clock: float) -> None:
    for action in _updates(params, "Update", "ProvisionedThroughput"):
        index = table.indexes[action["IndexName"]]
        _note_decrease(index.throughput, index.decreases, action["ProvisionedThroughput"], clock)
        index.throughput = action["ProvisionedThroughput"]
        index.status.move("UPDATING", "ACTIVE", clock + 20)
    _updating(table, clock)


def _note_decrease(before: Data | None, decreases: list[float], after: Data, clock: float) -> None:
    if before is not None and any(after[unit] < before[unit] for unit in after):
        decreases.append(clock)


def _change_to_provisioned(table: Table, params: Data, clock: float) -> None:
    del params
    table.mode, table.on_demand = "PROVISIONED", {}
    for index in table.indexes.values():
        index.on_demand = {}
    _updating(table, clock, 60)


def _change_to_on_demand(table: Table, params: Data, clock: float) -> None:
    del params
    table.mode, table.throughput, table.been_on_demand = "PAY_PER_REQUEST", None, True
    for index in table.indexes.values():
        index.throughput = None
    _updating(table, clock, 60)


def _change_ceilings(table: Table, params: Data, clock: float) -> None:
    table.on_demand = _ceilings(table.on_demand, params["OnDemandThroughput"])
    _updating(table, clock)


def _change_index_ceilings(table: Table, params: Data, clock: float) -> None:
    for action in _updates(params, "Update", "OnDemandThroughput"):
        index = table.indexes[action["IndexName"]]
        index.on_demand = _ceilings(index.on_demand, action["OnDemandThroughput"])
    _updating(table, clock)


def _ceilings(before: Data, after: Data) -> Data:
    return {unit: value for unit, value in {**before, **after}.items() if value != -1}


def _change_stream(table: Table, params: Data, clock: float) -> None:
    table.stream = params["StreamSpecification"].get("StreamViewType")
    _updating(table, clock, 5)


def _change_encryption(table: Table, params: Data, clock: float) -> None:
    table.key = resolved(params["SSESpecification"])
    table.encrypting.move("UPDATING", "ENABLED", clock + 90)
    table.changed.setdefault("encryption", []).append(clock)


def _change_class(table: Table, params: Data, clock: float) -> None:
    table.table_class = params["TableClass"]
    table.changed.setdefault("class", []).append(clock)
    _updating(table, clock, 30)


def _change_protection(table: Table, params: Data, clock: float) -> None:
    table.protected = params["DeletionProtectionEnabled"]
    table.changed.setdefault("protection", []).append(clock)


def _change_warm(table: Table, params: Data, clock: float) -> None:
    table.warm |= params["WarmThroughput"]
    table.warming.move("UPDATING", "ACTIVE", clock + 180)


def _change_index_warm(table: Table, params: Data, clock: float) -> None:
    for action in _updates(params, "Update", "WarmThroughput"):
        index = table.indexes[action["IndexName"]]
        index.warm |= action["WarmThroughput"]
        index.warming.move("UPDATING", "ACTIVE", clock + 180)


def _change_replica(table: Table, params: Data, clock: float) -> None:
    ((verb, action),) = params["ReplicaUpdates"][0].items()
    region, settings = action["RegionName"], {k: v for k, v in action.items() if k != "RegionName"}
    if verb == "Create":
        table.stream = "NEW_AND_OLD_IMAGES"
        table.replicas[region] = {"TableClassOverride": table.table_class, **settings}
        table.replicating[region] = Motion("CREATING", "ACTIVE", clock + 120)
    elif verb == "Update":
        table.replicas[region] |= settings
        table.replicating[region].move("UPDATING", "ACTIVE", clock + 30)
    else:
        table.replicating[region].move("DELETING", "", clock + 60)
    _updating(table, clock, 20)


def _change_index_creation(table: Table, params: Data, clock: float) -> None:
    (create,) = _updates(params, "Create")
    table.types |= {each["AttributeName"]: each["AttributeType"] for each in params["AttributeDefinitions"]}
    # The index builds on when the table is ACTIVE again.
    table.indexes[create["IndexName"]] = index_of(create, table, Motion("CREATING", "ACTIVE", clock + 700))
    _updating(table, clock, 40)


def index_of(data: Data, table: Table, status: Motion) -> Index:
    """The index that DATA asks for."""
    return Index(
        {"KeySchema": data["KeySchema"], "Projection": data["Projection"]},
        status,
        {**table.warm, **data.get("WarmThroughput", {})},
        throughput=data.get("ProvisionedThroughput"),
        on_demand=_ceilings({}, data.get("OnDemandThroughput", {})),
    )


def _change_index_deletion(table: Table, params: Data, clock: float) -> None:
    (delete,) = _updates(params, "Delete")
    table.indexes[delete["IndexName"]].status.move("DELETING", "", clock + 50)
    _updating(table, clock, 20)


_Act = Callable[[Table, Data, float], None]

_CHECKS: Mapping[str, _Act] = {
    "to PROVISIONED": _check_provisioned,
    "to PAY_PER_REQUEST": _check_on_demand,
    "throughput": _check_throughput,
    "index throughput": _check_index_throughput,
    "ceilings": _check_ceilings,
    "index ceilings": _check_index_ceilings,
    "stream": _check_stream,
    "encryption": _check_encryption,
    "class": _check_class,
    "protection": _check_protection,
    "warm": _check_warm,
    "index warm": _check_index_warm,
    "replica": _check_replica,
    "index creation": _check_index_creation,
    "index deletion": _check_index_deletion,
}
_CHANGES: Mapping[str, _Act] = {
    "to PROVISIONED": _change_to_provisioned,
    "to PAY_PER_REQUEST": _change_to_on_demand,
    "throughput": _change_throughput,
    "index throughput": _change_index_throughput,
    "ceilings": _change_ceilings,
    "index ceilings": _change_index_ceilings,
    "stream": _change_stream,
    "encryption": _change_encryption,
    "class": _change_class,
    "protection": _change_protection,
    "warm": _change_warm,
    "index warm": _change_index_warm,
    "replica": _change_replica,
    "index creation": _change_index_creation,
    "index deletion": _change_index_deletion,
}
