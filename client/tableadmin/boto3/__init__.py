"""A drop-in for boto3's DynamoDB client where it administers tables: the same calls, through Table Admin.

    import tableadmin.boto3

    dynamodb = tableadmin.boto3.client("127.0.0.1:50051")  # was: boto3.client("dynamodb")
    dynamodb.describe_table(TableName="Music")["Table"]["TableStatus"]

Methods, keyword arguments, answers, errors, paginators and waiters are boto3's. Neither boto3 nor botocore is
needed; where botocore is installed, errors are instances of its classes.
"""

from typing import NoReturn

from tableadmin.boto3.drop_in import Client, client

__all__ = ["Client", "client"]

_HINTS = {
    "resource": ": use client(), and get_waiter('table_exists') for Table(...).wait_until_exists()",
    "Session": ": use client(); the service has the credentials and the Region",
}


def __getattr__(name: str) -> NoReturn:
    """Say what to use in place of boto3's other ways to DynamoDB, which offer items too."""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_HINTS.get(name, '')}", name=name)
