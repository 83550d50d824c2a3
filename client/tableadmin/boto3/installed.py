"""Modules of botocore, where it is installed.

Code that moves over from boto3 catches botocore's exceptions, so they are what it has to get. But whoever
only calls the service need not install botocore: nothing of this package imports it, and what is there is
found at run time, here and nowhere else.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


def botocore_module(name: str) -> ModuleType | None:
    """The module botocore.NAME; None where botocore is not installed."""
    return import_module(f"botocore.{name}") if find_spec("botocore") else None
