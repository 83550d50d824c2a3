"""Whether the key of a spec is the key that a table has."""

from dataclasses import replace
from typing import cast

import pytest

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import ChangeClass, plan
from tableadmin_server.planner.state.key import Same, compare_keys
from tests.planner.model.table import Data
from tests.planner.tables import KEY, planned, settled, table

OTHER = f"{KEY[:-1]}2"
MANAGED = "arn:aws:kms:us-west-2:000000000000:alias/aws/dynamodb"


@pytest.mark.parametrize(
    ("desired", "live", "is_aws", "same"),
    [
        (KEY, KEY, True, Same.YES),
        ("1", KEY, True, Same.YES),
        (OTHER, KEY, True, Same.NO),
        ("2", KEY, True, Same.NO),
        ("alias/any", KEY, True, Same.UNKNOWN),
        ("", KEY, True, Same.UNKNOWN),
        ("", KEY, False, Same.NO),
        ("", MANAGED, False, Same.YES),
        ("alias/aws/dynamodb", MANAGED, False, Same.YES),
        ("alias/aws/dynamodb", KEY, False, Same.UNKNOWN),
        (KEY, "", True, Same.UNKNOWN),
        ("alias/known", KEY, True, Same.YES),
        ("alias/known", OTHER, True, Same.NO),
    ],
)
def test_compared(desired: str, live: str, same: Same, *, is_aws: bool) -> None:
    """ARNs and ids are compared; of aliases KMS tells the key, or nobody knows."""
    assert same is compare_keys(desired, live, {"alias/known": KEY}, is_aws=is_aws)


def encrypted(key: str = "") -> Data:
    """A table that is encrypted by KMS, with KEY or the key that AWS manages."""
    return table(SSESpecification={"Enabled": True, **({"KMSMasterKeyId": key} if key else {})})


@pytest.mark.parametrize("key", ["", "alias/any"])
def test_unknown(key: str) -> None:
    """A key that can't be compared is never equal: the plan has no change and is uncertain."""
    made = planned(encrypted(KEY), encrypted(key))
    assert ([], []) == (made.changes, made.steps)
    assert [("SSESpecification.KMSMasterKeyId", True)] == [(w.path, w.uncertain) for w in made.warnings]
    assert KEY in made.warnings[0].description


@pytest.mark.parametrize(("arn", "changes"), [(KEY, 0), (OTHER, 1)])
def test_known(arn: str, changes: int) -> None:
    """An alias whose key KMS has told is compared by that key."""
    driver = settled(encrypted(KEY))
    live = replace(driver.observed(), key_aliases={"alias/any": arn, "alias/aws/dynamodb": arn})
    for key in ("", "alias/any"):
        made = plan(cast("AwsDict", encrypted(key)), live, driver.now())
        assert changes == len(made.changes)
        assert not any(each.uncertain for each in made.warnings)
        assert {change.change_class for change in made.changes} <= {ChangeClass.DISRUPTIVE}


def test_removal() -> None:
    """A spec without encryption by KMS takes the key of the table away, which is told as such."""
    (change,) = planned(encrypted(KEY), table()).changes
    assert (ChangeClass.DISRUPTIVE, True) == (
        change.change_class,
        "no longer controls access" in change.effect,
    )


@pytest.mark.parametrize(
    ("key", "arn", "changes", "uncertain"),
    [("alias/any", KEY, 0, 0), ("alias/any", OTHER, 1, 0), ("", KEY, 0, 0), ("", OTHER, 0, 1)],
)
def test_known_of_replica(key: str, arn: str, changes: int, uncertain: int) -> None:
    """An alias of a replica is compared by the key in the replica's region; AWS can't take a key away."""
    driver = settled(table(Replicas=[{"RegionName": "eu-west-1", "KMSMasterKeyId": KEY}]))
    aliases = dict.fromkeys(("alias/any", "alias/aws/dynamodb"), arn)
    live = replace(driver.observed(), replica_key_aliases={"eu-west-1": aliases})
    replica = {"RegionName": "eu-west-1", **({"KMSMasterKeyId": key} if key else {})}
    made = plan(cast("AwsDict", table(Replicas=[replica])), live, driver.now())
    assert (changes, uncertain) == (len(made.changes), sum(each.uncertain for each in made.warnings))


def test_replica() -> None:
    """The key of a replica that the spec gives as an alias or leaves out can't be compared."""
    before = table(Replicas=[{"RegionName": "eu-west-1", "KMSMasterKeyId": KEY}])
    for replica in ({"RegionName": "eu-west-1"}, {"RegionName": "eu-west-1", "KMSMasterKeyId": "alias/any"}):
        made = planned(before, table(Replicas=[replica]))
        assert [] == made.changes
        assert [True] == [each.uncertain for each in made.warnings if each.path.endswith("KMSMasterKeyId")]
