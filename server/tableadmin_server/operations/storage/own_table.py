"""The operations table of an endpoint: created when it is first needed, and protected against deletion."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import cast

import structlog
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tableadmin_server.operations.storage.items import EXPIRY, INDEXES
from tableadmin_server.security.audit import redaction
from tableadmin_server.security.audit.audit import OFF, Audit
from tableadmin_server.security.audit.record import Activity
from tableadmin_server.security.identity import caller

_log = structlog.get_logger()

_KEYS: Mapping[str, str] = {"Id": "HASH"}

# Seconds that the creation of a table may take. AWS takes about 10.
_CREATION_TIMEOUT = 60.0
# Seconds between reads of a table that is being created: at first, and at most.
_FIRST_INTERVAL = 0.05
_LONGEST_INTERVAL = 1.0

# The statuses in which a table is read and written.
_USABLE = frozenset({"ACTIVE", "UPDATING"})
_EXPIRING = frozenset({"ENABLED", "ENABLING"})
# The endpoint lacks the setting, another server has just enabled it, or this server may not enable it. The
# table works without the setting.
_TOLERATED_CODES = frozenset(
    {Code.UNIMPLEMENTED, Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION, Code.PERMISSION_DENIED}
)


class OwnTable:
    """The operations table of ENDPOINT. Once the table is ready, it is not checked again until `forget`.

    AUDIT records each change of the table before and after it is made.
    """

    def __init__(self, endpoint: Endpoint, audit: Audit = OFF) -> None:
        self._audit = audit
        self.name = endpoint.own_table
        self._endpoint = endpoint
        self._ready = False
        self._lock = asyncio.Lock()

    async def ensure(self) -> None:
        """Create the table if it does not exist, and wait until it is usable.

        Expiry of items and deletion protection are enabled if the endpoint has these settings. Another server
        may do the same at the same time.

        Raises Failure: FAILED_PRECONDITION if a table of that name has other keys or lacks an index,
        UNAVAILABLE if the table is not usable within a minute.
        """
        async with self._lock:
            if not self._ready:
                await self._make()
                await self._switch_on("could not enable expiry of operations", self._enable_expiry)
                await self._switch_on(
                    "could not enable deletion protection of operations", self._protect_from_deletion
                )
                self._ready = True

    def forget(self) -> None:
        """Check the table again at the next `ensure`."""
        self._ready = False

    async def check(self) -> None:
        """Raise Failure (FAILED_PRECONDITION) if a table of that name has other keys or lacks an index."""
        description = await self._description()
        if description is not None and not _is_usable(description):
            raise Failure(
                Code.FAILED_PRECONDITION,
                f"the table {self.name} cannot store operations: its key is not Id (S), or an "
                f"index is missing ({' and '.join(INDEXES)}); configure another operations_table",
                reason="OPERATIONS_TABLE_UNUSABLE",
                metadata={"table": self.name, "endpoint": self._endpoint.name},
            )

    async def _make(self) -> None:
        try:
            async with asyncio.timeout(_CREATION_TIMEOUT):
                await self._until_usable()
        except TimeoutError as error:
            raise Failure(
                Code.UNAVAILABLE,
                f"the table {self.name}, which stores the operations, did not become ACTIVE within "
                f"{_CREATION_TIMEOUT:.0f} s",
                reason="OPERATIONS_TABLE_NOT_ACTIVE",
                metadata={"table": self.name, "endpoint": self._endpoint.name},
                retry_delay=5.0,
            ) from error
        await self.check()

    async def _until_usable(self) -> None:
        """Create the table if need be, and wait. Others may create or delete the table meanwhile."""
        pause = _FIRST_INTERVAL
        while (status := await self._status()) not in _USABLE:
            if status is None:
                await self._create()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_INTERVAL)

    async def _status(self) -> str | None:
        description = await self._description()
        return None if description is None else str(description.get("TableStatus"))

    async def _description(self) -> AwsDict | None:
        try:
            answer = await self._endpoint.background.call("DescribeTable", {"TableName": self.name})
        except Failure as failure:
            if failure.code != Code.NOT_FOUND:
                raise
            return None
        return cast("AwsDict", answer.data["Table"])

    async def _create(self) -> None:
        attributes: list[AwsValue] = [
            {"AttributeName": name, "AttributeType": "S"} for name in (*_KEYS, *INDEXES)
        ]
        params: AwsDict = {
            "TableName": self.name,
            "KeySchema": _key_schema(_KEYS),
            "AttributeDefinitions": attributes,
            "GlobalSecondaryIndexes": [_index(name, projected) for name, projected in INDEXES.items()],
            "BillingMode": "PAY_PER_REQUEST",
        }
        try:
            await self._change("CreateTable", params)
        except Failure as failure:
            if failure.code != Code.ALREADY_EXISTS:
                raise

    async def _enable_expiry(self) -> None:
        named: AwsDict = {"TableName": self.name}
        wanted: AwsDict = {"Enabled": True, "AttributeName": EXPIRY}
        answer = await self._endpoint.background.call("DescribeTimeToLive", named)
        found = cast("AwsDict", answer.data.get("TimeToLiveDescription") or {})
        if found.get("TimeToLiveStatus") not in _EXPIRING:
            await self._change("UpdateTimeToLive", {**named, "TimeToLiveSpecification": wanted})

    async def _protect_from_deletion(self) -> None:
        """Enable deletion protection if the endpoint shows that it is off."""
        description = await self._description()
        if description is not None and description.get("DeletionProtectionEnabled") is False:
            params: AwsDict = {"TableName": self.name, "DeletionProtectionEnabled": True}
            await self._change("UpdateTable", params)

    async def _change(self, operation: str, params: AwsDict) -> None:
        """Call OPERATION, and record it as a change on behalf of the current caller; raises Failure."""
        request = redaction.of_params(params)
        activity = Activity(caller(), "dynamodb", operation, self._endpoint.name, (self.name,), request)
        async with self._audit.change(activity) as change:
            change.aws_request_id = (await self._endpoint.background.call(operation, params)).request_id

    async def _switch_on(self, event: str, switch: Callable[[], Awaitable[None]]) -> None:
        """Call SWITCH, and log EVENT if the setting can't be enabled."""
        try:
            await switch()
        except Failure as failure:
            if failure.code not in _TOLERATED_CODES:
                raise
            _log.info(event, table=self.name, reason=failure.reason)


def _key_schema(keys: Mapping[str, str]) -> list[AwsValue]:
    return [{"AttributeName": name, "KeyType": type_} for name, type_ in keys.items()]


def _index(name: str, projected: Sequence[str]) -> AwsDict:
    projection: AwsDict = (
        {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*projected]}
        if projected
        else {"ProjectionType": "KEYS_ONLY"}
    )
    keys = {name: "HASH", "Id": "RANGE"}
    return {"IndexName": name, "KeySchema": _key_schema(keys), "Projection": projection}


def _is_usable(description: AwsDict) -> bool:
    """Whether the table has the key Id of type S, and all indexes."""
    indexes = cast("Sequence[Mapping[str, str]]", description.get("GlobalSecondaryIndexes") or ())
    names = {index["IndexName"] for index in indexes}
    return _keys(description) == _KEYS and names.issuperset(INDEXES)


def _keys(description: AwsDict) -> Mapping[str, str]:
    """The keys of the table that have type S, and whether each is HASH or RANGE."""
    schema = cast("Sequence[Mapping[str, str]]", description.get("KeySchema") or ())
    attributes = cast("Sequence[Mapping[str, str]]", description.get("AttributeDefinitions") or ())
    texts = {each["AttributeName"] for each in attributes if each["AttributeType"] == "S"}
    return {each["AttributeName"]: each["KeyType"] for each in schema if each["AttributeName"] in texts}
