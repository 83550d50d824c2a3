"""The private members of botocore that the server uses, under public names.

botocore may rename or remove a private member in any release. `missing_members` returns the missing members.
If any is missing, the server sends reads through plain boto3. Without POOL_CLASSES the length of a response
is not bounded. Without a step of the parser, botocore's own parser reads the responses.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from botocore.client import BaseClient
from botocore.parsers import JSONParser

# The members of a client, as paths of attributes.
CREDENTIALS = "_get_credentials"
SERIALIZER = "_serializer"
ENDPOINT_RULES = "_resolve_endpoint_ruleset"
POOL_CLASSES = "_endpoint.http_session._pool_classes_by_scheme"

_OF_CLIENT = (CREDENTIALS, SERIALIZER, ENDPOINT_RULES, POOL_CLASSES)

# The steps of botocore's parser of JSON that `parser` replaces: the name here, the name in botocore.
_STEPS: Mapping[str, str] = {
    "read_success": "_do_parse",
    "read_error": "_do_error_parse",
    "read_body": "_handle_json_body",
    "read_shape": "_parse_shape",
    "read_structure": "_handle_structure",
}
# The steps for these types. botocore looks them up by the name of the type and does not define them.
_BY_TYPE = "_handle_"
_STEPS_BY_TYPE: Mapping[str, str] = {
    f"read_{kind}": f"{_BY_TYPE}{kind}"
    for kind in ("list", "string", "boolean", "integer", "long", "float", "double")
}


def missing_members(client: BaseClient) -> list[str]:
    """Return the used private members that this botocore lacks, by their names in botocore."""
    return [*(path for path in _OF_CLIENT if _member(client, path) is None), *missing_steps()]


def missing_steps() -> list[str]:
    """Return the missing private members that the parser of responses needs."""
    return [private for private in _STEPS.values() if not hasattr(JSONParser, private)]


def member(client: BaseClient, path: str) -> Any:  # noqa: ANN401 - botocore has no types for them
    """Return the private member of CLIENT at PATH. Raises AttributeError if it is missing."""
    found = _member(client, path)
    if found is None:
        raise AttributeError(path)
    return found


def pool_classes(client: BaseClient) -> dict[str, type]:
    """Return CLIENT's dict of connection pool classes by URL scheme, {} if it is missing."""
    return _member(client, POOL_CLASSES) or {}


class StepParser(JSONParser):
    """botocore's parser of JSON, with its steps as public methods that a subclass can override."""

    # The step for each type of shape. botocore makes the name of the step anew for each value.
    readers: ClassVar[Mapping[str, Callable[..., Any]]]

    read_success: Any = getattr(JSONParser, _STEPS["read_success"], None)
    read_error: Any = getattr(JSONParser, _STEPS["read_error"], None)
    read_body: Any = getattr(JSONParser, _STEPS["read_body"], None)
    read_shape: Any = getattr(JSONParser, _STEPS["read_shape"], None)
    read_structure: Any = getattr(JSONParser, _STEPS["read_structure"], None)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for step, private in {**_STEPS, **_STEPS_BY_TYPE}.items():
            if step in vars(cls):
                setattr(cls, private, vars(cls)[step])
        cls.readers = {
            name.removeprefix(_BY_TYPE): getattr(cls, name) for name in dir(cls) if name.startswith(_BY_TYPE)
        }


def _member(client: BaseClient, path: str) -> Any:  # noqa: ANN401 - the same
    found: Any = client
    for name in path.split("."):
        found = getattr(found, name, None)
    return found
