"""The tables that the benchmark describes: one for each caller, so that no two requests are the same."""

from typing import cast

from tableadmin.awsshape import AwsDict
from tests.engines.engine import Engine

COUNT = 64
NAMES = [f"bench-{number:02}" for number in range(COUNT)]


def create_tables(engine: Engine) -> None:
    """Create the tables, with a key of two attributes and an index, as DynamoDB's own examples have them."""
    client = engine.boto3()
    for name in NAMES:
        client.create_table(
            TableName=name,
            AttributeDefinitions=[
                {"AttributeName": "Artist", "AttributeType": "S"},
                {"AttributeName": "SongTitle", "AttributeType": "S"},
                {"AttributeName": "Genre", "AttributeType": "S"},
                {"AttributeName": "Price", "AttributeType": "N"},
            ],
            KeySchema=[
                {"AttributeName": "Artist", "KeyType": "HASH"},
                {"AttributeName": "SongTitle", "KeyType": "RANGE"},
            ],
            ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "GenreAndPriceIndex",
                    "KeySchema": [
                        {"AttributeName": "Genre", "KeyType": "HASH"},
                        {"AttributeName": "Price", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
                }
            ],
        )


def description(engine: Engine) -> AwsDict:
    """What boto3 returns for one of the tables, without the part that is boto3's own."""
    answer = engine.boto3().describe_table(TableName=NAMES[0])
    return {"Table": cast("AwsDict", answer["Table"])}
