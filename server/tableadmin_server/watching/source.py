"""What a hub reads from: an endpoint, by polls within its budgets."""

from typing import Protocol

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.endpoint import Answer
from tableadmin_server.dynamodb.support import Support
from tableadmin_server.tables.reading import TableReader


class Source(Protocol):
    """An endpoint, as far as hubs need it."""

    @property
    def name(self) -> str:
        """The name of the endpoint in the configuration."""

    @property
    def support(self) -> Support:
        """The operations that the endpoint has."""

    async def poll(self, operation: str, params: AwsDict) -> Answer:
        """What the endpoint answers, within its budgets; raises Failure."""

    def spacing(self, operation: str) -> float:
        """Seconds from one call of OPERATION to the next at least; 0 where that is not limited."""


def polling_reader(source: Source) -> TableReader:
    """Reads tables of SOURCE by polls."""

    async def ask(operation: str, params: AwsDict) -> AwsDict:
        return (await source.poll(operation, params)).data

    return TableReader(ask, source.support)
