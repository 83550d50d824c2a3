"""A drop-in for boto3's DynamoDB client where it administers tables: the same calls, through Table Admin.

    import tableadmin.boto3

    dynamodb = tableadmin.boto3.client("127.0.0.1:50051")  # was: boto3.client("dynamodb")
    dynamodb.describe_table(TableName="Music")["Table"]["TableStatus"]

Methods, keyword arguments, answers, errors, paginators and waiters are boto3's. Neither boto3 nor botocore is
needed; where botocore is installed, errors are instances of its classes.
"""

from tableadmin.boto3.drop_in import Client, client

__all__ = ["Client", "client"]
