"""Files in every format, read by name."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tableadmin.formats import read
from tableadmin.v1 import TableSpec

Reading: TypeAlias = Callable[..., dict[str, TableSpec]]
DOCUMENTS = Path(__file__).parent / "documents"


@pytest.fixture
def reading() -> Reading:
    """Reads a file of the documents folder; gives its specs by table name."""

    def read_document(
        name: str, parameters: dict[str, str] | None = None, notes: list[str] | None = None
    ) -> dict[str, TableSpec]:
        text = (DOCUMENTS / name).read_text(encoding="utf-8")
        specs = read(text, name=name, parameters=parameters, notes=notes)
        return {spec.table_name: spec for spec in specs}

    return read_document
