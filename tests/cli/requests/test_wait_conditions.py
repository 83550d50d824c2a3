"""The conditions of tablectl ask for what the service needs."""

from unittest.mock import sentinel

import pytest

from tableadmin.cli.requests.contract_words import WAIT_CONDITIONS
from tableadmin.cli.requests.wait_conditions import KINDS
from tableadmin.v1 import WaitCondition, WaitRequest
from tableadmin_server.failure import Failure
from tableadmin_server.watching.wait import wait_target


def required(name: str) -> set[str]:
    """The fields without which the service refuses to wait for the condition NAME."""
    given = WaitRequest(condition=WaitCondition.Value(f"WAIT_CONDITION_{name}"))
    fields: set[str] = set()
    while True:
        try:
            wait_target(given, sentinel.hub)
        except Failure as failure:
            (violation,) = failure.field_violations
            setattr(given, violation.field, "x")
            fields.add(violation.field)
        except AttributeError:  # nothing is missing: the hub is asked
            return fields
        else:
            return fields


@pytest.mark.parametrize("name", WAIT_CONDITIONS)
def test_fields_of_a_condition(name: str) -> None:
    """A condition of tablectl has exactly the fields that the service requires."""
    (kind,) = [each for each in KINDS.values() if each.name == name]
    assert required(name) == {kind.of, kind.argument} - {""}, (
        "add the first word of the condition to _ARGUMENTS or _WITH_ARN in "
        "client/tableadmin/cli/requests/wait_conditions.py"
    )
