"""A server whose endpoints get their answers from the test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from msgspec.structs import replace

from tableadmin_server.config import EndpointConfig
from tests.mirror.http_layer import http_layer
from tests.mirror.in_process import serving
from tests.mirror.ways import Ways


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ways(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ways]:
    """Ways through a server of two endpoints: `strict`, and `lax` that does not validate parameters."""
    config = tmp_path_factory.mktemp("aws") / "config"
    config.write_text("[profile lax]\nparameter_validation = false\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_CONFIG_FILE", str(config))
        async with http_layer() as http:
            # Nobody looks for operations where answers are written down.
            strict = EndpointConfig(endpoint_url=http.url, region="us-west-2", operations_table="")
            lax = replace(strict, profile="lax")
            async with serving({"strict": strict, "lax": lax}) as server:
                yield Ways(server, http)
