"""What tests of the drop-in share."""

from collections.abc import Iterator

import pytest

import tableadmin.boto3


@pytest.fixture
def nowhere() -> Iterator[tableadmin.boto3.Client]:
    """A client whose calls would fail, if it made any."""
    with tableadmin.boto3.client("127.0.0.1:1") as client:
        yield client
