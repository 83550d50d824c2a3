"""What the metadata of a call says."""

from typing import cast

import pytest

from tableadmin_server.services.call_metadata import Context, time_limit


class Deadline:
    """The context of a call whose deadline is in so many SECONDS, None for no deadline."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds

    def time_remaining(self) -> float | None:
        """See grpc.aio.ServicerContext."""
        return self._seconds


@pytest.mark.parametrize(
    ("remaining", "limit"),
    [(None, None), (30.0, 29.8), (0.5, 0.3), (0.4, 0.2), (0.3, 0.15), (0.1, 0.05), (0.0, 0.0)],
)
def test_time_limit(remaining: float | None, limit: float | None) -> None:
    """The endpoint has until 0.2 s before the deadline; of a deadline below 0.4 s it has half."""
    assert pytest.approx(limit) == time_limit(cast("Context", Deadline(remaining)))
