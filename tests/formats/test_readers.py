"""What every reader of a format has to do, seen in the files of `shapes`."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tableadmin.formats import Found, readers, spec
from tableadmin.v1 import TableSpec
from tests.formats.test_shapes import SHAPES, read, store

# Formats that have a word for each setting of a table. A word that is absent means the default of AWS.
_COMPLETE = frozenset(
    {
        "CDK",
        "CloudFormation",
        "Pulumi stacks",
        "Terraform",
        "Terraform JSON",
        "get-template of CloudFormation",
        "part of a template of CloudFormation",
        "serverless.yml",
        "specs",
    }
)
_ROWS = ("DOCUMENTS", "TEXTS", "FOLDERS")


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[TableSpec]]:
    """The specs that each format's reader gives for the shapes."""
    made: dict[str, list[TableSpec]] = defaultdict(list)

    def noted(row: Any) -> Any:  # noqa: ANN401  # a row of any of the three tables
        if row.read is spec.read:
            made[row.format]  # the row of specs is known by its function
            return row
        return row._replace(read=_noting(row.read, made[row.format]))

    with pytest.MonkeyPatch.context() as patch:
        for rows in _ROWS:
            patch.setattr(readers, rows, tuple(map(noted, getattr(readers, rows))))
        for path in SHAPES:
            patch.chdir(tmp_path_factory.mktemp(path.stem))
            shape = yaml.safe_load(path.read_text(encoding="utf-8"))
            store(shape)
            read(shape)
    return made


def _noting(plain: Callable[[Any, Any], Found], made: list[TableSpec]) -> Callable[[Any, Any], Found]:
    def noting(given: Any, inputs: Any) -> Found:  # noqa: ANN401  # what the reader of a format takes
        found = plain(given, inputs)
        made.extend(table.spec for table in found.tables if table.spec)
        return found

    return noting


def test_what_a_format_cannot_say_is_unmanaged(specs: dict[str, list[TableSpec]]) -> None:
    """Each spec of an incomplete format has unmanaged members: `apply` would reset them to AWS's defaults."""
    complete = {name for name, made in specs.items() if any(not each.unmanaged for each in made)}
    assert set() == complete - _COMPLETE, "call spec.leave_unmanaged for what the format cannot express"


def test_every_format_has_a_shape(specs: dict[str, list[TableSpec]]) -> None:
    """The shapes have a table in each format that is read."""
    assert {"specs"} == {name for name, made in specs.items() if not made}
