"""The endpoints, their calls and the meaning of their errors. The only package that calls boto3."""
