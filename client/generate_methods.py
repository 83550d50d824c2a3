"""Writes the methods of the asyncio client for the RPCs of AWS from the contract; `make proto` runs it.

    python client/generate_methods.py [OUTPUT]

OUTPUT is the file to write; without it, `client/tableadmin/aio.py`. What stands after the line BEGINNING
there is replaced, and nothing else. `generate_sync.py` makes the synchronous client of the result.
"""

import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from botocore import xform_name
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor

from tableadmin.channel import SERVICE
from tableadmin.contract.listings import listing

AIO = Path(__file__).resolve().parent / "tableadmin" / "aio.py"
BEGINNING = "    # The RPCs of AWS, from here to the end, are written by `make proto`: do not edit.\n"

_RUFF = Path(sys.executable).with_name("ruff")
_SCALARS = {FieldDescriptor.TYPE_STRING: "str"}


def with_methods(source: str) -> str:
    """SOURCE, the module of the asyncio client, with the methods of the contract; raises ValueError."""
    written, beginning, _ = source.partition(BEGINNING)
    if not beginning:
        raise ValueError(f"aio.py no longer has the line {BEGINNING.strip()!r}")
    command = [str(_RUFF), "format", f"--stdin-filename={AIO}", "-"]
    text = written + beginning + "".join(_methods())
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _methods() -> Iterator[str]:
    """The lines of all methods, by the file of the contract that has their messages."""
    by_file = sorted(SERVICE.methods, key=lambda each: each.input_type.file.name)
    for file, methods in groupby(by_file, lambda each: each.input_type.file.name):
        yield f"\n    # From {Path(file).name}\n"
        yield from (f"    {xform_name(each.name)} = {_declaration(each)}\n" for each in methods)


def _declaration(method: MethodDescriptor) -> str:
    types = f"v1.{method.input_type.name}, v1.{method.output_type.name}"
    paging = listing(method)
    if paging is None:
        return f"Rpc({types})"
    items = method.output_type.fields_by_name[paging.items]
    item = f"v1.{items.message_type.name}" if items.message_type else _SCALARS[items.type]
    return f"PagedRpc({types}, {item})"


if __name__ == "__main__":
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else AIO
    output.write_text(with_methods(AIO.read_text(encoding="utf-8")), encoding="utf-8")
