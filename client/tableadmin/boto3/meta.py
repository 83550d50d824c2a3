"""The `meta` attribute of a client."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from tableadmin.boto3.events import Events
from tableadmin.boto3.installed import botocore_module, service_model
from tableadmin.boto3.standins import Config, ServiceModel

# The partitions by the beginnings of their Regions' names.
_PARTITIONS: Mapping[str, str] = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}


class ClientMeta:
    """The address of Table Admin, the service's Region, the operation names and the events.

    `events` has botocore's events `provide-client-params`, `before-parameter-build`, `after-call` and
    `after-call-error`. No event has an HTTP request or response.
    """

    def __init__(
        self,
        endpoint_url: str,
        method_to_api_mapping: Mapping[str, str],
        read_timeout: float | None,
        region: Callable[[], str | None],
    ) -> None:
        self.endpoint_url = endpoint_url
        self.method_to_api_mapping = dict(method_to_api_mapping)
        self.events = Events()
        self._read_timeout = read_timeout
        self._region = region
        self._known_region: str | None = None

    @property
    def region_name(self) -> str | None:
        """The Region of the endpoint, from the service. None while the service does not answer."""
        if self._known_region is None:
            self._known_region = self._region()
        return self._known_region

    @property
    def partition(self) -> str:
        """The partition of the Region, such as "aws"."""
        region = self.region_name or ""
        return next((name for begin, name in _PARTITIONS.items() if region.startswith(begin)), "aws")

    @cached_property
    def config(self) -> Any:  # noqa: ANN401 - botocore's Config, or its stand-in
        """The Region, and `read_timeout`, the deadline of a call in seconds. Changes have no effect."""
        module = botocore_module("config")
        make = module.Config if module else Config
        return make(region_name=self.region_name, read_timeout=self._read_timeout)

    @property
    def service_model(self) -> Any:  # noqa: ANN401 - botocore's ServiceModel, or its stand-in
        """The service model of DynamoDB from botocore. Without botocore, it has only the operation names."""
        return service_model() or ServiceModel(sorted(self.method_to_api_mapping.values()))
