"""What tests of traces share."""

from collections.abc import Iterator

import pytest

from tests.server.tracing.collector import Collector, collecting


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Where the server of a module sends its spans."""
    with collecting() as found:
        yield found
