"""The exceptions of this client: botocore's if botocore is installed, otherwise classes of the same names.

    from tableadmin.boto3.exceptions import ClientError

replaces `from botocore.exceptions import ClientError` in code that must run without botocore.
"""

from tableadmin.boto3.installed import botocore_module
from tableadmin.boto3.standins import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    OperationNotPageableError,
    PaginationError,
    ParamValidationError,
    ReadTimeoutError,
    WaiterError,
)

__all__ = [
    "BotoCoreError",
    "ClientError",
    "ConnectionClosedError",
    "EndpointConnectionError",
    "NoCredentialsError",
    "OperationNotPageableError",
    "PaginationError",
    "ParamValidationError",
    "ReadTimeoutError",
    "WaiterError",
]

_botocore = botocore_module("exceptions")
if _botocore:
    globals().update({name: getattr(_botocore, name) for name in __all__})
