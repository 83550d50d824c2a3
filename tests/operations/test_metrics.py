"""What the metrics of the servers say of operations."""

from collections.abc import Iterator

import pytest

from tests.engines import Engine
from tests.operations.harness.specs import after, before
from tests.operations.harness.world import (
    SUCCEEDED,
    World,
    apply_request,
    replicated,
    standing_after,
    until,
)
from tests.server.metrics.scraping import FLAGS, scraped


@pytest.fixture
def measured(own_engine: Engine) -> Iterator[World]:
    """Two replicas with metrics and a short lease."""
    with replicated(own_engine, "--operation-lease", "4", *FLAGS) as world:
        yield world


def test_the_life_of_an_operation(measured: World, table_name: str) -> None:
    """An operation is RUNNING at its server, then taken over, and ends at the other one, with its steps."""
    first, second = measured.replicas
    measured.made(before(table_name))
    running = {"endpoint": "default", "state": "RUNNING"}
    with standing_after(measured, table_name, 1) as stands:
        (operation,) = measured.begun(apply_request(after(table_name)), first)
        assert stands.wait(60)
        scrape = scraped(first.process)
        assert 1 == scrape.value("tableadmin_operations", **running)
        assert 0 < scrape.value("tableadmin_operation_oldest_age_seconds", endpoint="default") < 300
        assert 0 < scrape.value("tableadmin_lease_renewals_total", endpoint="default", outcome="written")
        first.kill()
    (ended,) = measured.ended([operation])
    assert SUCCEEDED == ended.state
    succeeded = {"endpoint": "default", "state": "SUCCEEDED"}
    until(lambda: scraped(second.process).value("tableadmin_operations_ended_total", **succeeded) == 1)
    scrape = scraped(second.process)
    assert 0 == scrape.value("tableadmin_operations", **running)
    assert 1 == scrape.value("tableadmin_operation_takeovers_total", endpoint="default")
    assert 1 == scrape.value("tableadmin_operation_seconds_count", **succeeded)
    assert 0 < scrape.value("tableadmin_operation_seconds_sum", **succeeded) < 300
    assert 0 < scrape.sum("tableadmin_operation_step_seconds_count", endpoint="default")
    assert table_name not in scrape.text
    first.restart()
