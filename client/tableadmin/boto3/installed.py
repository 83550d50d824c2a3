"""Modules of botocore, where it is installed.

Code that moves over from boto3 catches botocore's exceptions, so they are what it has to get. But whoever
only calls the service need not install botocore: nothing of this package imports it, and what is there is
found at run time, here and nowhere else.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def botocore_module(name: str) -> ModuleType | None:
    """The module botocore.NAME; None where botocore is not installed."""
    return import_module(f"botocore.{name}") if find_spec("botocore") else None


@cache
def service_model() -> Any:  # noqa: ANN401 - a class of a package that need not be there
    """The service model of DynamoDB; None where botocore is not installed."""
    loaders, model = botocore_module("loaders"), botocore_module("model")
    if loaders is None or model is None:
        return None
    return model.ServiceModel(loaders.create_loader().load_service_model("dynamodb", "service-2"), "dynamodb")
