"""Redacted requests: no items, no texts of policies, no tokens of pages."""

from typing import Any

import pytest

from tableadmin_server.security.audit.redaction import of_params

ITEM = {"Artist": {"S": "secret"}}


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        ({"TableName": "Music", "Item": ITEM}, {"TableName": "Music"}),
        ({"TableName": "Music", "Key": ITEM}, {"TableName": "Music"}),
        (
            {"RequestItems": {"Music": [{"PutRequest": {"Item": ITEM}}]}},
            {"RequestItems": {"Music": [{"PutRequest": {}}]}},
        ),
        ({"Items": [ITEM]}, {}),
        ({"item": ITEM, "items": [ITEM], "key": ITEM}, {}),
        ({"next_token": "t", "page_token": "t", "resume_token": "t", "NextToken": "t"}, {}),
        ({"Tags": [{"Key": "owner", "Value": "ana"}]}, {"Tags": [{"Key": "owner", "Value": "ana"}]}),
    ],
)
def test_what_is_left_out(params: dict[str, Any], kept: dict[str, Any]) -> None:
    """Items, keys of items and tokens are left out, wherever they are. Keys of tags are kept."""
    assert kept == of_params(params)
