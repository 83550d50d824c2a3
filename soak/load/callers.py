"""What callers share: clients of each principal, the journal, and the switch that stops them."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from soak.journal import Journal
from soak.ledger import Ledger, Shape, described
from tableadmin import aio, v1
from tableadmin.awsshape import to_aws
from tableadmin.errors import NotFound, TableAdminError
from tests.engines import Engine

# Seconds that a caller gives a call, and that an operation may take.
TIMEOUT, OPERATION_SECONDS = 20.0, 240.0
_MOST_PAUSE = 1.0
_READ = "the service shows what the engine has"


@dataclass
class Callers:
    """CLIENTS by principal; `going` is set while callers call."""

    clients: Mapping[str, aio.Client]
    journal: Journal
    ledger: Ledger
    rng: random.Random
    going: asyncio.Event
    engine: Engine

    async def pause(self) -> bool:
        """Wait a moment; whether to go on."""
        await asyncio.sleep(self.rng.uniform(0, _MOST_PAUSE))
        return self.going.is_set()

    async def settled(self, table: str) -> None:
        """Return when no change of TABLE is on its way to the engine."""
        while not self.ledger.is_settled(table):  # noqa: ASYNC110 - the ledger does no I/O
            await asyncio.sleep(0.1)

    async def resolve(self, table: str) -> None:
        """Ask the engine itself what has come of a change of unknown outcome."""
        if self.ledger.is_doubtful(table):
            requests = len(self.ledger.received[table])
            with suppress(BotoCoreError, ClientError):
                shape = await asyncio.to_thread(self._at_engine, table)
                if self.ledger.is_doubtful(table) and requests == len(self.ledger.received[table]):
                    self.ledger.found(table, shape)

    def _at_engine(self, table: str) -> Shape | None:
        client = self.engine.boto3()
        try:
            return described(client.describe_table(TableName=table)["Table"])
        except client.exceptions.ResourceNotFoundException:
            return None
        finally:
            client.close()

    async def read(self, table: str) -> Shape | TableAdminError | None:
        """What the service shows of TABLE, or the error; the answer is checked where the truth is known."""
        await self.resolve(table)
        known, before = self.ledger.is_known(table), self.ledger.shape(table)
        client = self.clients["olga"]
        answer = await self.journal.ended("DescribeTable", client.describe_table(table_name=table))
        if isinstance(answer, NotFound):
            shown = None
        elif isinstance(answer, TableAdminError):
            return answer
        else:
            shown = shape_of(answer.table)
        if known and self.ledger.is_known(table) and before == self.ledger.shape(table):
            self.journal.check(_READ, f"{table} is shown as {shown}, and is {before}", holds=shown == before)
        return shown


def shape_of(table: v1.TableDescription) -> Shape | None:
    """The shape of TABLE."""
    return described(to_aws(table))
