"""The tables that scenarios work on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tableadmin import Client, NotFound, v1
from tests.mirror.trials import settled

KEYS = [v1.KeySchemaElement(attribute_name="Artist", key_type=v1.KeyType.KEY_TYPE_HASH)]
ATTRIBUTES = [
    v1.AttributeDefinition(
        attribute_name="Artist", attribute_type=v1.ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S
    )
]
CAPACITY = v1.ProvisionedThroughput(read_capacity_units=5, write_capacity_units=5)


@dataclass(frozen=True)
class Table:
    """A table of CLIENT's endpoint by its name, whether it is there or not."""

    client: Client
    name: str

    @property
    def now(self) -> v1.TableDescription:
        """What DescribeTable shows; raises NotFound."""
        return self.client.describe_table(table_name=self.name).table

    @property
    def arn(self) -> str:
        """Its ARN; raises NotFound."""
        return self.now.table_arn

    def named(self, suffix: str) -> "Table":
        """A table of a name that no other scenario uses."""
        return Table(self.client, f"{self.name}-{suffix}")

    def create(self) -> None:
        """Make it, and return when it can be used."""
        self.client.create_table(
            table_name=self.name,
            key_schema=KEYS,
            attribute_definitions=ATTRIBUTES,
            provisioned_throughput=CAPACITY,
        )
        assert settled(self.is_active), f"{self.name} is not ACTIVE"

    def delete(self) -> None:
        """Delete it if it is there, whatever its state, and return when it is deleted."""
        assert settled(self._is_deleted), f"{self.name} can't be deleted"

    def is_active(self) -> bool:
        """Whether table and indexes are ACTIVE."""
        now = self.now
        return now.table_status == v1.TableStatus.TABLE_STATUS_ACTIVE and all(
            index.index_status == v1.IndexStatus.INDEX_STATUS_ACTIVE for index in now.global_secondary_indexes
        )

    def is_gone(self) -> bool:
        """Whether there is no such table."""
        try:
            self.client.describe_table(table_name=self.name)
        except NotFound:
            return True
        return False

    def _is_deleted(self) -> bool:
        if not self.is_gone() and self.now.table_status != v1.TableStatus.TABLE_STATUS_DELETING:
            self.client.delete_table(table_name=self.name)
        return self.is_gone()


@contextmanager
def made(client: Client, name: str) -> Iterator[Table]:
    """A table that is ready to be used, for the length of the block."""
    table = Table(client, name)
    table.create()
    try:
        yield table
    finally:
        table.delete()
