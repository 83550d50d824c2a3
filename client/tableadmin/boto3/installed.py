"""Load modules of botocore, if botocore is installed.

Code that was written for boto3 catches botocore's exceptions. Other callers need not install botocore: only
this module imports botocore, at run time.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def botocore_module(name: str) -> ModuleType | None:
    """Return the module botocore.NAME, None if botocore is not installed."""
    return import_module(f"botocore.{name}") if find_spec("botocore") else None


@cache
def service_model() -> Any:  # noqa: ANN401 - a class of an optional package
    """Return the service model of DynamoDB, None if botocore is not installed."""
    loaders, model = botocore_module("loaders"), botocore_module("model")
    if loaders is None or model is None:
        return None
    return model.ServiceModel(loaders.create_loader().load_service_model("dynamodb", "service-2"), "dynamodb")
