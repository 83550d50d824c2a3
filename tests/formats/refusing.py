"""How tests ask what a text is refused for, and what a spec leaves alone."""

import pytest

from tableadmin.formats import SpecError, read
from tableadmin.v1 import TableSpec, UnmanagedMember


def refusal(text: str, **parameters: str) -> str:
    """The one line that TEXT is refused with, read as `f`."""
    with pytest.raises(SpecError) as refused:
        read(
            text, name="f", parameters={name.replace("__", "::"): value for name, value in parameters.items()}
        )
    assert "\n" not in str(refused.value)
    return str(refused.value)


KEPT = "not in the configuration, and Terraform keeps what is set"


def left_alone(spec: TableSpec, *lacking: str) -> list[UnmanagedMember]:
    """The members that SPEC does not manage, but for LACKING, what the format has no member for.

    Blocks that a configuration of Terraform does not have, and Terraform keeps, are left out too.
    """
    return [
        member
        for member in spec.unmanaged
        if member.path not in {"VectorIndexes", *lacking} and member.reason != KEPT
    ]
