"""The facts of a table that policies can use: its tags, its item count and its size."""

from collections.abc import Mapping
from typing import cast

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tableadmin_server.security.authorization.decisions import Facts, FactsNeeded
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.reading import UNSUPPORTED, TableReader


async def read_facts(endpoint: Endpoint, name: str, needed: FactsNeeded) -> Facts:
    """Return the facts NEEDED of the table NAME of ENDPOINT. A table that does not exist has no facts.

    Raises Failure if the facts can't be read, because policies can't be evaluated without them.
    """

    async def ask(operation: str, params: AwsDict) -> AwsDict:
        return (await endpoint.call(operation, params)).data

    reader = TableReader(ask, endpoint.support)
    description = await reader.description(name)
    if description is None:
        return Facts()
    tags = await _tags(reader, name, description) if needed.tags else None
    return Facts(tags, _live(description) if needed.live else None)


async def _tags(reader: TableReader, name: str, description: AwsDict) -> Mapping[str, str]:
    answer = await reader.part(name, Part.TAGS, description)
    if answer == UNSUPPORTED:
        return {}
    if not isinstance(answer, list):
        raise Failure(
            Code.FAILED_PRECONDITION,
            f"{name}: a policy depends on the tags of the table, which cannot be read now; retry the call",
            reason="TAGS_UNREADABLE",
            metadata={"table": name},
        ) from (answer if isinstance(answer, Failure) else None)
    return {str(tag["Key"]): str(tag["Value"]) for tag in cast("list[AwsDict]", answer)}


def _live(description: AwsDict) -> Mapping[str, int]:
    return {
        "items": cast("int", description.get("ItemCount", 0)),
        "bytes": cast("int", description.get("TableSizeBytes", 0)),
    }
