"""The spec of a table as a person writes it."""

_TABLE = """\
TableName: {name}
AttributeDefinitions:
- {{AttributeName: Artist, AttributeType: S}}
- {{AttributeName: SongTitle, AttributeType: S}}
{attributes}KeySchema:
- {{AttributeName: Artist, KeyType: HASH}}
- {{AttributeName: SongTitle, KeyType: RANGE}}
ProvisionedThroughput: {{ReadCapacityUnits: {units}, WriteCapacityUnits: {units}}}
"""
_ATTRIBUTES = """\
- {AttributeName: Genre, AttributeType: S}
- {AttributeName: Price, AttributeType: N}
"""
_INDEX = """\
GlobalSecondaryIndexes:
- IndexName: GenreAndPriceIndex
  KeySchema:
  - {{AttributeName: Genre, KeyType: HASH}}
  - {{AttributeName: Price, KeyType: RANGE}}
  Projection: {{ProjectionType: ALL}}
  ProvisionedThroughput: {{ReadCapacityUnits: {units}, WriteCapacityUnits: {units}}}
"""


def plain(name: str, units: int = 5) -> str:
    """A table of songs."""
    return _TABLE.format(name=name, units=units, attributes="")


def indexed(name: str, units: int = 10) -> str:
    """That table with an index."""
    return _TABLE.format(name=name, units=units, attributes=_ATTRIBUTES) + _INDEX.format(units=units)
