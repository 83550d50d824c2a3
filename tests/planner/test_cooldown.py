"""How long a plan waits between two changes of a kind."""

import pytest

from tableadmin_server.dynamodb.cooldown import Cooldown
from tests.planner.model.table import Data
from tests.planner.tables import (
    settled,
    table,
)


@pytest.mark.parametrize(
    ("members", "cooldown", "seconds"),
    [
        ({"DeletionProtectionEnabled": True}, Cooldown.DELETION_PROTECTION, 15),
        ({"ResourcePolicy": "{}"}, Cooldown.RESOURCE_POLICY, 15),
        ({"Tags": [{"Key": "a", "Value": ""}]}, Cooldown.TAGS, 2),
        ({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}, Cooldown.CREATION, 3),
    ],
)
def test_cooldowns(members: Data, cooldown: Cooldown, seconds: float) -> None:
    """What AWS wants some time apart waits for longer than that, and not for ever."""
    driver = settled(table())
    driver.changed[cooldown] = driver.now()
    driver.control.clock += seconds
    assert driver.plan(table(**members)).waits
    driver.control.clock += 2
    assert () == driver.plan(table(**members)).waits
