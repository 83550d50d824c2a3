"""Resource policies as AWS compares them: by what they say, not by how they are written."""

import json
from typing import cast

from tableadmin.awsshape import AwsDict, AwsValue


def canonical(policy: str) -> str:
    """POLICY in one form: no spacing, sorted members, a list of one as the one, lists of texts sorted."""
    try:
        document: AwsValue = json.loads(policy)
    except ValueError:  # not ours to judge here: validation does
        return policy
    return json.dumps(_plain(document), sort_keys=True, separators=(",", ":"))


def _plain(value: AwsValue) -> AwsValue:
    if isinstance(value, dict):
        return {member: _plain(inner) for member, inner in cast("AwsDict", value).items()}
    if not isinstance(value, list):
        return value
    inner = [_plain(each) for each in value]
    if len(inner) == 1:
        return inner[0]
    return sorted(cast("list[str]", inner)) if all(isinstance(each, str) for each in inner) else inner
