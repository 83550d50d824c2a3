"""How tests ask what a text is refused for."""

import pytest

from tableadmin.formats import SpecError, read


def refusal(text: str, **parameters: str) -> str:
    """The one line that TEXT is refused with, read as `f`."""
    with pytest.raises(SpecError) as refused:
        read(
            text, name="f", parameters={name.replace("__", "::"): value for name, value in parameters.items()}
        )
    assert "\n" not in str(refused.value)
    return str(refused.value)
