"""The endpoints of the configuration, as the service lists them."""

from typing import Any

from tableadmin import Client, v1
from tests.server_process import ServerProcess


def test_endpoints_are_listed(scripted_server: ServerProcess) -> None:
    """Each endpoint has its name and region, and says which is the default; no endpoint is asked."""
    shared: Any = {"region": "us-west-2", "is_aws": False, "has_operations": False}
    with Client(scripted_server.address, endpoint="another") as client:
        assert [
            v1.ConfiguredEndpoint(name="hurried", is_default=False, **shared),
            v1.ConfiguredEndpoint(name="nowhere", is_default=False, **shared),
            v1.ConfiguredEndpoint(name="scripted", is_default=True, **shared),
        ] == list(client.list_endpoints())
