"""A model of DynamoDB's control plane that enforces what AWS does: states, waits, budgets, combinations.

Time is a virtual clock, `clock` in seconds, which only a test moves. Where AWS answers 200 and nothing
changes, the model raises Needless, and where it is lenient the model is not: what passes here passes there.
"""

from collections.abc import Callable, Mapping
from functools import cache

import botocore.session
from botocore.model import ServiceModel, StructureShape
from botocore.validate import ParamValidator

from tests.planner.model.parts import check_tags, update_part
from tests.planner.model.restores import Backups, check_point_in_time, check_target, restored
from tests.planner.model.table import Data, Motion, Rejected, Table, in_use, invalid
from tests.planner.model.update_table import check_projections, index_of, resolved, update_table

__all__ = ["ControlPlane"]


@cache
def _service() -> ServiceModel:
    return botocore.session.get_session().get_service_model("dynamodb")


class ControlPlane:
    """The tables of one region."""

    def __init__(self) -> None:
        self.clock = 0.0
        self.tables: dict[str, Table] = {}
        self.backups = Backups()
        self.made = 0
        # The calls that were accepted and changed something.
        self.calls: list[tuple[str, Data]] = []

    def call(self, operation: str, params: Data) -> Data:
        """What AWS answers to OPERATION; raises Rejected or Needless, and has changed nothing then."""
        if operation not in _service().operation_names:
            raise Rejected("UnknownOperationException", operation)
        _check_shape(operation, params)
        name = _table_name(params)
        self._settle(name)
        answer = self._answer(operation, params)
        if not operation.startswith(("Describe", "List", "Get")):
            self.calls.append((operation, params))
        self._settle(name)
        return answer

    def _answer(self, operation: str, params: Data) -> Data:
        if operation == "ListTables":
            return {"TableNames": sorted(self.tables)}
        if operation == "CreateTable":
            return {"TableDescription": self._create(params)}
        if "Backup" in operation and operation in self._of_backups:
            return self._of_backups[operation](params)
        if operation in {"RestoreTableFromBackup", "RestoreTableToPointInTime"}:
            return {"TableDescription": self._restore(operation, params)}
        if operation in {"UpdateTable", "DeleteTable", "DescribeTable"}:
            return self._whole(operation, self._table(params["TableName"]), params)
        name = _table_name(params)
        if not name or operation == "DescribeTableReplicaAutoScaling":
            raise Rejected("UnknownOperationException", operation)
        table = self._table(name)
        if table.status.now == "CREATING":
            raise Rejected("ResourceNotFoundException", f"{operation}: table {name} is in CREATING state")
        reads = operation.startswith(("Describe", "List", "Get"))
        if not reads and table.status.now != "ACTIVE":
            raise in_use(f"{operation}: table {name} is {table.status.now}")
        if operation == "UpdateTimeToLive" and "CREATING" in {
            each.now for each in table.replicating.values()
        }:
            raise invalid("replica being added")
        return update_part(table, operation, params, self.clock)

    def _whole(self, operation: str, table: Table, params: Data) -> Data:
        # Updates answer with the old values.
        before = table.description()
        if operation == "DescribeTable":
            return {"Table": before}
        if operation == "UpdateTable":
            update_table(table, params, self.clock)
            return {"TableDescription": {**before, "TableStatus": "UPDATING"}}
        if table.protected:
            raise invalid("Resource cannot be deleted as it is currently protected against deletion.")
        if table.status.now != "ACTIVE" or table.jobs():
            raise in_use(f"{table.name} is being changed")
        if table.replicas:
            raise invalid("Replica cannot be left behind")
        table.status.move("DELETING", "", self.clock + 15)
        return {"TableDescription": before}

    def _create(self, params: Data) -> Data:
        name = params["TableName"]
        if name in self.tables:
            raise in_use(f"Table already exists: {name}")
        _check_creation(params)
        self.made += 1
        table = Table(
            name,
            f"{self.made:08d}-0000-0000-0000-000000000000",
            params["KeySchema"],
            {each["AttributeName"]: each["AttributeType"] for each in params["AttributeDefinitions"]},
            Motion("CREATING", "ACTIVE", self.clock + 20),
            local=params.get("LocalSecondaryIndexes", []),
            mode=params.get("BillingMode", "PROVISIONED"),
            throughput=params.get("ProvisionedThroughput"),
            on_demand={k: v for k, v in params.get("OnDemandThroughput", {}).items() if v != -1},
            stream=params.get("StreamSpecification", {}).get("StreamViewType"),
            key=resolved(params.get("SSESpecification", {})),
            table_class=params.get("TableClass", "STANDARD"),
            protected=params.get("DeletionProtectionEnabled", False),
            policy=params.get("ResourcePolicy"),
            tags={tag["Key"]: tag["Value"] for tag in params.get("Tags", [])},
            active_since=self.clock + 20,
        )
        table.warm |= params.get("WarmThroughput", {})
        table.been_on_demand = table.mode == "PAY_PER_REQUEST"
        if table.table_class != "STANDARD":
            table.changed["class"] = []
        for index in params.get("GlobalSecondaryIndexes", []):
            table.indexes[index["IndexName"]] = index_of(
                index, table, Motion("CREATING", "ACTIVE", self.clock + 20)
            )
        self.tables[name] = table
        return table.description()

    @property
    def _of_backups(self) -> Mapping[str, Callable[[Data], Data]]:
        return {
            "CreateBackup": lambda params: self.backups.create(
                self._table(params["TableName"]), params["BackupName"], self.clock
            ),
            "DescribeBackup": lambda params: self.backups.describe(params["BackupArn"]),
        }

    def _restore(self, operation: str, params: Data) -> Data:
        check_target(params["TargetTableName"], self.tables)
        if operation == "RestoreTableFromBackup":
            source = self.backups.table(params["BackupArn"])
        else:
            source = self._table(params["SourceTableName"])
            check_point_in_time(source, params, self.clock)
        self.made += 1
        table = restored(source, params, f"{self.made:08d}-0000-0000-0000-000000000000", self.clock)
        self.tables[table.name] = table
        return table.description()

    def _table(self, name: str) -> Table:
        if name not in self.tables:
            raise Rejected(
                "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found"
            )
        return self.tables[name]

    def _settle(self, name: str) -> None:
        """Let be over what is over, of one table or of all: no table depends on another."""
        for each in [name] if name in self.tables else [*self.tables] if not name else []:
            self.tables[each].settle(self.clock)
            if not self.tables[each].status.now:
                del self.tables[each]


def _table_name(params: Data) -> str:
    name: str = params.get("TableName") or params.get("ResourceArn", "").rpartition("/")[2]
    return name


def _check_shape(operation: str, params: Data) -> None:
    shape = _service().operation_model(operation).input_shape
    assert isinstance(shape, StructureShape)
    report = ParamValidator().validate(params, shape)
    if report.has_errors():
        raise invalid(report.generate_report())
    # An override without elements leaves all indexes out.
    _check_empty(
        {k: v for k, v in params.items() if not (k.endswith("IndexOverride") and v == [])}, operation
    )


def _check_empty(value: object, path: str) -> None:
    """AWS refuses lists that are empty, and structures too."""
    if value in ([], {}):
        raise invalid(f"{path} is empty")
    for member, inner in value.items() if isinstance(value, dict) else ():
        _check_empty(inner, f"{path}.{member}")
    for number, inner in enumerate(value if isinstance(value, list) else ()):
        _check_empty(inner, f"{path}[{number}]")


def _check_creation(params: Data) -> None:
    local, indexes = params.get("LocalSecondaryIndexes", []), params.get("GlobalSecondaryIndexes", [])
    mode = params.get("BillingMode", "PROVISIONED")
    names = [index["IndexName"] for index in [*local, *indexes]]
    used = {key["AttributeName"] for holder in [params, *local, *indexes] for key in holder["KeySchema"]}
    defined = [each["AttributeName"] for each in params["AttributeDefinitions"]]
    if sorted(used) != sorted(defined):
        raise invalid("AttributeDefinitions are not those of the keys")
    if len(set(names)) < len(names) or len(indexes) > 20 or len(local) > 5:
        raise invalid("indexes")
    if any(("ProvisionedThroughput" in holder) != (mode == "PROVISIONED") for holder in [params, *indexes]):
        raise invalid(f"throughput does not go with {mode}")
    if any("OnDemandThroughput" in holder for holder in [params, *indexes]) and mode == "PROVISIONED":
        raise invalid("OnDemandThroughput goes with PAY_PER_REQUEST")
    for index in local:
        if len(params["KeySchema"]) == 1 or index["KeySchema"][0] != params["KeySchema"][0]:
            raise invalid("local secondary index")
    check_projections([*local, *indexes])
    check_tags({tag["Key"]: tag["Value"] for tag in params.get("Tags", [])})
