"""boto3 clients and how their requests are sent. Only these modules use the internals of botocore."""
