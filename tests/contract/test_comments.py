"""The comments of the .proto files are the API documentation."""

import re
from pathlib import Path

import botocore.session
import pytest

from tests.parity import CONTRACT

PROTO = Path(__file__).parents[2] / "proto" / "tableadmin" / "v1"
_AWS = botocore.session.get_session().get_service_model("dynamodb")
_PAGE = "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_{}.html"
# A message or RPC with the lines of comment before it.
_DOCUMENTED = re.compile(r"((?:^ *//.*\n)+) *(message|rpc) (\w+)", re.MULTILINE)
_DOCUMENTS = {
    (kind, name): comment
    for path in sorted(PROTO.glob("*.proto"))
    for comment, kind, name in _DOCUMENTED.findall(path.read_text(encoding="utf-8"))
}
_PAGES = re.compile(_PAGE.format(r"(\w+)"))


def _page(name: str) -> str | None:
    """The AWS operation or data type that the message NAME mirrors; None for the service's own."""
    operation = re.sub("(Request|Response)$", "", name)
    if operation != name:
        return operation if operation in _AWS.operation_names else None
    return name if name in _AWS.shape_names else None


_MIRRORED = {
    (kind, name): page
    for kind, name in _DOCUMENTS
    if (page := _page(name) if kind == "message" else name if name in CONTRACT.methods_by_name else None)
}


@pytest.mark.parametrize(("kind", "name"), _DOCUMENTS)
def test_links_its_page(kind: str, name: str) -> None:
    """The comment of a message or RPC that AWS has links its page of the AWS API reference, and no other."""
    page = _MIRRORED.get((kind, name))
    assert _PAGES.findall(_DOCUMENTS[kind, name]) == [page] * (page is not None)


def test_every_operation_is_documented() -> None:
    """The pages linked from RPCs are those of all operations of the contract."""
    assert {page for (kind, _), page in _MIRRORED.items() if kind == "rpc"} == set(CONTRACT.methods_by_name)
