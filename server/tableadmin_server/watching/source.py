"""The source of a hub's poll loops: an endpoint, polled within its call budgets."""

from typing import Protocol

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.endpoint import Answer
from tableadmin_server.dynamodb.support import Support
from tableadmin_server.tables.reading import TableReader


class Source(Protocol):
    """The part of an endpoint's interface that hubs use."""

    @property
    def name(self) -> str:
        """The name of the endpoint in the configuration."""

    @property
    def support(self) -> Support:
        """The operations that the endpoint has."""

    async def poll(self, operation: str, params: AwsDict) -> Answer:
        """Return the endpoint's answer to OPERATION. Waits for the call budget; raises Failure."""

    def spacing(self, operation: str) -> float:
        """Return the least seconds between two calls of OPERATION, 0 for no limit."""


def polling_reader(source: Source) -> TableReader:
    """Return a reader that reads the tables of SOURCE by polls."""

    async def ask(operation: str, params: AwsDict) -> AwsDict:
        return (await source.poll(operation, params)).data

    return TableReader(ask, source.support)
