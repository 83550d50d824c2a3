"""Servers whose boto3 clients get their answers from the test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tableadmin_server.config import EndpointConfig
from tests.operations.in_process import NOWHERE, serving
from tests.operations.ways import Ways


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ways(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ways]:
    """Ways through a server of two endpoints: `strict`, and `lax` that does not validate parameters."""
    config = tmp_path_factory.mktemp("aws") / "config"
    config.write_text("[profile lax]\nparameter_validation = false\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_CONFIG_FILE", str(config))
        endpoints = {
            name: EndpointConfig(endpoint_url=NOWHERE, region="us-west-2", profile=profile)
            for name, profile in (("strict", None), ("lax", "lax"))
        }
        async with serving(endpoints) as server:
            yield Ways(server)
