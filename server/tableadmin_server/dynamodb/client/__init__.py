"""boto3 clients and how their requests are sent: the only modules that know botocore from inside."""
