"""What tests of the drop-in share."""

from collections.abc import Iterator

import pytest

from tableadmin.boto3 import drop_in


@pytest.fixture
def nowhere() -> Iterator[drop_in.Client]:
    """A client whose calls would fail, if it made any."""
    with drop_in.client("127.0.0.1:1") as client:
        yield client
