"""The table at an endpoint that remembers operations: made when it is first needed."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import cast

import structlog
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure, retry_after

_log = structlog.get_logger()

EXPIRY = "ExpiresAt"
_KEYS: Mapping[str, str] = {"Kind": "HASH", "Id": "RANGE"}

# Seconds that a new table may take; AWS takes about 10.
_PATIENCE = 60.0
# Seconds between two looks at it: at the first, and at most.
_FIRST_LOOK = 0.05
_LAST_LOOK = 1.0

# The statuses in which a table is read and written.
_USABLE = frozenset({"ACTIVE", "UPDATING"})
_EXPIRING = frozenset({"ENABLED", "ENABLING"})
# What says that items don't expire here, or that another server has just told them to. Without the right to
# tell them, what is remembered stays: that is no reason not to remember it.
_NOTHING_TO_SWITCH = frozenset(
    {Code.UNIMPLEMENTED, Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION, Code.PERMISSION_DENIED}
)


class OwnTable:
    """The operations table of ENDPOINT. What is found of it is remembered until `forget`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.operations_table
        self._endpoint = endpoint
        self._ready = False
        self._alone = asyncio.Lock()

    async def ensure(self) -> None:
        """Return when the table is there, made if need be, and its items expire where the endpoint can.

        Another server may do the same at the same time. Raises Failure: FAILED_PRECONDITION where a table of
        that name has other keys, UNAVAILABLE where it can't be used for a minute.
        """
        async with self._alone:
            if not self._ready:
                await self._make()
                await self._let_expire()
                self._ready = True

    def forget(self) -> None:
        """Look at the table anew when it is needed next."""
        self._ready = False

    async def check(self) -> None:
        """Raise Failure (FAILED_PRECONDITION) if there is a table of that name with other keys."""
        description = await self._description()
        if description is not None and _keys(description) != _KEYS:
            raise Failure(
                Code.FAILED_PRECONDITION,
                f"the table {self.name} can't remember operations: its keys are not Kind (S) and Id (S); "
                "configure another operations_table",
                reason="OPERATIONS_TABLE_UNUSABLE",
                metadata={"table": self.name, "endpoint": self._endpoint.name},
            )

    async def _make(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._until_usable()
        except TimeoutError as error:
            raise Failure(
                Code.UNAVAILABLE,
                f"the table {self.name}, which remembers operations, did not become ACTIVE in "
                f"{_PATIENCE:.0f} s",
                reason="OPERATIONS_TABLE_NOT_ACTIVE",
                metadata={"table": self.name, "endpoint": self._endpoint.name},
                details=[retry_after(5.0)],
            ) from error
        await self.check()

    async def _until_usable(self) -> None:
        """Look again and again: it may be on its way in or out, by the hand of whomever."""
        pause = _FIRST_LOOK
        while (status := await self._status()) not in _USABLE:
            if status is None:
                await self._create()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_LOOK)

    async def _status(self) -> str | None:
        description = await self._description()
        return None if description is None else str(description.get("TableStatus"))

    async def _description(self) -> AwsDict | None:
        try:
            answer = await self._endpoint.background_call("DescribeTable", {"TableName": self.name})
        except Failure as failure:
            if failure.code != Code.NOT_FOUND:
                raise
            return None
        return cast("AwsDict", answer.data["Table"])

    async def _create(self) -> None:
        params: AwsDict = {
            "TableName": self.name,
            "KeySchema": [{"AttributeName": name, "KeyType": type_} for name, type_ in _KEYS.items()],
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in _KEYS],
            "BillingMode": "PAY_PER_REQUEST",
        }
        try:
            await self._endpoint.background_call("CreateTable", params)
        except Failure as failure:
            if failure.code != Code.ALREADY_EXISTS:
                raise

    async def _let_expire(self) -> None:
        named: AwsDict = {"TableName": self.name}
        wanted: AwsDict = {"Enabled": True, "AttributeName": EXPIRY}
        try:
            answer = await self._endpoint.background_call("DescribeTimeToLive", named)
            found = cast("AwsDict", answer.data.get("TimeToLiveDescription") or {})
            if found.get("TimeToLiveStatus") not in _EXPIRING:
                params: AwsDict = {**named, "TimeToLiveSpecification": wanted}
                await self._endpoint.background_call("UpdateTimeToLive", params)
        except Failure as failure:
            if failure.code not in _NOTHING_TO_SWITCH:
                raise
            _log.info("operations.never_expire", table=self.name, reason=failure.reason)


def _keys(description: AwsDict) -> Mapping[str, str]:
    """What is hash and range key; only what is a text counts."""
    schema = cast("Sequence[Mapping[str, str]]", description.get("KeySchema") or ())
    attributes = cast("Sequence[Mapping[str, str]]", description.get("AttributeDefinitions") or ())
    texts = {each["AttributeName"] for each in attributes if each["AttributeType"] == "S"}
    return {each["AttributeName"]: each["KeyType"] for each in schema if each["AttributeName"] in texts}
