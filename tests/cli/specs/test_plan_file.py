"""Files of `plan --out`."""

import json
from pathlib import Path

import pytest

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.cli.app.exit_codes import InputError
from tableadmin.cli.specs.plan_file import SavedPlans, check, read, write
from tableadmin.cli.specs.spec_files import LoadedSpec, SpecsError
from tableadmin.v1 import TablePlan, TableSpec
from tests.cli.views.test_plan_text import FILMS, MUSIC, STILL

SPEC: AwsDict = {
    "TableName": "Music",
    "KeySchema": [{"AttributeName": "A", "KeyType": "HASH"}],
    "ResourcePolicy": '{"Version":"2012-10-17"}',
    "Tags": [],
    "RestoreSource": {"SourceTableName": "Films", "RestoreDateTime": "2026-01-31T12:00:00Z"},
}
KEPT = SavedPlans(
    [
        LoadedSpec(from_aws({**SPEC, "TableName": str(plan["TableName"])}, TableSpec), "a.yaml")
        for plan in (MUSIC, FILMS, STILL)
    ],
    [from_aws({**plan, "Fingerprint": "eNo="}, TablePlan) for plan in (MUSIC, FILMS, STILL)],
    "eu",
)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Specs, their files, plans with fingerprints, and the endpoint; nobody but the owner may read them."""
    path = tmp_path / "a.plan"
    write(KEPT, str(path))
    assert KEPT == read(str(path))
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == [*tmp_path.iterdir()]
    write(SavedPlans([], [], None), str(path))
    assert SavedPlans([], [], None) == read(str(path))


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """A plan file behind a symbolic link is written where the link leads to."""
    link, path = tmp_path / "link", tmp_path / "a.plan"
    link.symlink_to(path)
    write(KEPT, str(link))
    assert (True, KEPT) == (link.is_symlink(), read(str(path)))


@pytest.mark.parametrize("text", ["TableName: Music\n", "{}", "[1]", "", '{"Tables": []}'])
def test_only_a_plan_file_is_overwritten(tmp_path: Path, text: str) -> None:
    """What is no plan file stays as it is, and is none to read from."""
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match="exists and is not a plan file; nothing was written"):
        check(str(path))
    with pytest.raises(InputError, match="exists and is not a plan file; nothing was written"):
        write(KEPT, str(path))
    assert text == path.read_text()
    with pytest.raises(SpecsError, match="not a plan file of 'tablectl plan --out'"):
        read(str(path))


def test_what_is_not_there_can_be_written_and_not_read(tmp_path: Path) -> None:
    """A new file is no trouble; one whose folder is missing is, and is named."""
    check(str(tmp_path / "new.plan"))
    with pytest.raises(SpecsError, match="No such file"):
        read(str(tmp_path / "new.plan"))
    with pytest.raises(InputError, match=r"no/where\.plan: No such file"):
        write(KEPT, str(tmp_path / "no" / "where.plan"))


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"TablectlPlan": 2}, "written by another version of tablectl"),
        ({"Tables": 1}, "damaged"),
        ({"Tables": [{"File": "a"}]}, "damaged"),
        ({"Tables": [{"File": "a", "Spec": {"Tablename": "x"}, "Plan": {}}]}, "damaged"),
    ],
)
def test_a_damaged_file(tmp_path: Path, members: dict[str, object], said: str) -> None:
    """What is missing or unknown in a plan file makes it useless, in one line."""
    path = tmp_path / "a.plan"
    write(KEPT, str(path))
    path.write_text(json.dumps({**json.loads(path.read_text()), **members}))
    with pytest.raises(SpecsError, match=f"a.plan: {said}"):
        read(str(path))
