"""The files of `plan --out`: specs and their plans."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from tableadmin.cli.app.exit_codes import InputError
from tableadmin.cli.app.session import aws
from tableadmin.cli.output import whole_files
from tableadmin.cli.specs.spec_files import LoadedSpec, SpecsError

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import TablePlan

# The first member of the document, and the version of the format.
_MARK, _VERSION = "TablectlPlan", 1


class SavedPlans(NamedTuple):
    """The content of a plan file: the specs with their files, a plan for each, and the endpoint."""

    specs: Sequence[LoadedSpec]
    plans: Sequence[TablePlan]
    endpoint: str | None


def check(path: str) -> None:
    """Raise InputError if PATH exists and is not a plan file, which must not be overwritten."""
    if Path(path).exists() and _MARK not in (_document(path) or {}):
        raise InputError(f"{path}: exists and is not a plan file; nothing was written")


def write(saved: SavedPlans, path: str) -> None:
    """Replace PATH atomically with SAVED. Only the owner can read the file. Raises InputError."""
    check(path)
    document: AwsDict = {
        _MARK: _VERSION,
        "Created": datetime.now(UTC).isoformat(timespec="seconds"),
        "Endpoint": saved.endpoint,
        "Tables": [
            {"File": loaded.file, "Region": loaded.region, "Spec": aws(loaded.spec), "Plan": aws(plan)}
            for loaded, plan in zip(saved.specs, saved.plans, strict=True)
        ],
    }
    try:
        text = json.dumps(document, indent=2, ensure_ascii=False, default=datetime.isoformat) + "\n"
        whole_files.replace(Path(path), text, whole_files.PRIVATE)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def read(path: str) -> SavedPlans:
    """Read the plan file at PATH. Raises SpecsError if the file can't be read."""
    from tableadmin import v1  # noqa: PLC0415 - protobuf
    from tableadmin.awsshape import ShapeError, from_aws  # noqa: PLC0415 - protobuf

    document = _document(path)
    if document is None or _MARK not in document:
        raise SpecsError(f"{path}: not a plan file of 'tablectl plan --out' (give spec files with -f)")
    if document[_MARK] != _VERSION:
        raise SpecsError(f"{path}: written by another version of tablectl; make a new plan")
    try:
        tables = cast("list[Mapping[str, AwsDict]]", document["Tables"])
        return SavedPlans(
            [
                LoadedSpec(from_aws(each["Spec"], v1.TableSpec), str(each["File"]), str(each["Region"]))
                for each in tables
            ],
            [from_aws(each["Plan"], v1.TablePlan) for each in tables],
            cast("str | None", document["Endpoint"]),
        )
    except (ShapeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SpecsError(f"{path}: damaged plan file; make a new plan") from error


def _document(path: str) -> Mapping[str, object] | None:
    """Return the JSON object at PATH, None for other content. Raises SpecsError if PATH can't be read."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecsError(f"{path}: {error.strerror}") from error
    except ValueError:  # neither JSON nor UTF-8
        return None
    return cast("Mapping[str, object]", document) if isinstance(document, dict) else None
