"""The endpoint that poll loops read, within its call budgets."""

from typing import Protocol

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.endpoint import Answer
from tableadmin_server.dynamodb.poll_order import PollPriority
from tableadmin_server.dynamodb.support import Support
from tableadmin_server.tables.reading import Ask, TableReader


class PolledEndpoint(Protocol):
    """The part of an endpoint's interface that hubs use."""

    @property
    def name(self) -> str:
        """The name of the endpoint in the configuration."""

    @property
    def support(self) -> Support:
        """The operations that the endpoint has."""

    async def poll(self, operation: str, params: AwsDict, priority: PollPriority) -> Answer:
        """Return the endpoint's answer to OPERATION. Waits for the call budget; raises Failure.

        PRIORITY decides which of the polls that wait goes first.
        """

    def spacing(self, operation: str) -> float:
        """Return the least seconds between two calls of OPERATION, 0 for no limit."""


def polling_calls(endpoint: PolledEndpoint, priority: PollPriority) -> Ask:
    """Return a function that calls ENDPOINT by polls with PRIORITY."""

    async def ask(operation: str, params: AwsDict) -> AwsDict:
        return (await endpoint.poll(operation, params, priority)).data

    return ask


def polling_reader(endpoint: PolledEndpoint, priority: PollPriority) -> TableReader:
    """Return a reader that reads the tables of ENDPOINT by polls with PRIORITY."""
    return TableReader(polling_calls(endpoint, priority), endpoint.support)
