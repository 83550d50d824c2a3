"""The endpoints, their calls and their errors. The only package that calls boto3."""
