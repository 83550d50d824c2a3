"""Pages: the table of what pages through each listing, and the clients that go through them."""

from typing import assert_type

import pytest
from botocore.loaders import create_loader
from botocore.model import ListShape, ServiceModel
from google.protobuf.descriptor import FieldDescriptor
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from tableadmin import Client, Internal, NotFound, aio, v1
from tableadmin.awsshape import member_name
from tableadmin.channel import SERVICE
from tableadmin.client import PagedRpc
from tableadmin.pagination import PAGINATION, next_request, page_items
from tests.client.scripted import Step, answer, failure, serving

_LOADER = create_loader()
_MODEL = ServiceModel(_LOADER.load_service_model("dynamodb", "service-2"), "dynamodb")
_PAGINATORS = _LOADER.load_service_model("dynamodb", "paginators-1")["pagination"]

# How AWS names the number of items that a page may have.
_PAGE_SIZES = {"Limit", "MaxResults", "PageSize"}


def _aws(rpc: str) -> dict[str, str]:
    """What PAGINATION says of RPC, in the words of botocore's paginators."""
    fields, method = PAGINATION[rpc], SERVICE.methods_by_name[rpc]
    asked, answered = method.input_type.fields_by_name, method.output_type.fields_by_name
    names = {
        "input_token": member_name(asked[fields.token_in]),
        "output_token": member_name(answered[fields.token_out]),
        "result_key": member_name(answered[fields.items]),
    }
    return names | ({"limit_key": member_name(asked[fields.page_size])} if fields.page_size else {})


def test_all_that_lists_is_in_pages() -> None:
    """The table has each RPC that lists, and no other."""
    assert {name for name in SERVICE.methods_by_name if name.startswith("List")} == set(PAGINATION)


def test_botocore_pages_the_same_way() -> None:
    """Where botocore has a paginator for an operation, the table says the same."""
    known = PAGINATION.keys() & _PAGINATORS
    assert known >= {"ListTables", "ListBackups", "ListTagsOfResource"}
    assert {rpc: _PAGINATORS[rpc] for rpc in known} == {rpc: _aws(rpc) for rpc in known}


@pytest.mark.parametrize("rpc", PAGINATION)
def test_the_service_model_has_no_other_way(rpc: str) -> None:
    """Items are the only list of the answer, the token its only text, and all page sizes are known."""
    operation, names = _MODEL.operation_model(rpc), _aws(rpc)
    assert operation.input_shape is not None
    assert operation.output_shape is not None
    asked, answered = operation.input_shape.members, operation.output_shape.members
    assert [names["result_key"]] == [name for name, each in answered.items() if isinstance(each, ListShape)]
    assert {names["result_key"], names["output_token"]} == set(answered)
    assert asked[names["input_token"]].type_name == "string"
    assert [names["limit_key"]] if "limit_key" in names else [] == [*_PAGE_SIZES.intersection(asked)]


@pytest.mark.parametrize("rpc", PAGINATION)
def test_items_have_the_declared_type(rpc: str) -> None:
    """The item type that the clients declare is that of the contract's field."""
    field = SERVICE.methods_by_name[rpc].output_type.fields_by_name[PAGINATION[rpc].items]
    for client in (Client, aio.Client):
        declared = next(each for each in vars(client).values() if getattr(each, "rpc", None) == rpc)
        if field.type == FieldDescriptor.TYPE_STRING:
            assert declared.item_type is str
        else:
            assert field.message_type == declared.item_type.DESCRIPTOR


def test_the_next_request_keeps_the_rest() -> None:
    """The request for the next page differs in its token alone, and the first is left as it was."""
    first = v1.ListTablesRequest(limit=2)
    following = next_request("ListTables", first, v1.ListTablesResponse(last_evaluated_table_name="B"))
    assert following == v1.ListTablesRequest(limit=2, exclusive_start_table_name="B")
    assert first == v1.ListTablesRequest(limit=2)


def test_an_empty_token_ends_it() -> None:
    """A page whose token is missing or empty is the last."""
    assert next_request("ListExports", v1.ListExportsRequest(), v1.ListExportsResponse(next_token="")) is None
    assert next_request("ListExports", v1.ListExportsRequest(), v1.ListExportsResponse()) is None


def test_a_token_that_comes_again_is_an_error() -> None:
    """Pages that would never end are Internal."""
    same = v1.ListTablesRequest(exclusive_start_table_name="B")
    with pytest.raises(Internal, match="ListTables: the page after 'B' names itself as the next"):
        next_request("ListTables", same, v1.ListTablesResponse(last_evaluated_table_name="B"))


def test_items_of_a_page() -> None:
    """The items of a page are those of the field that the table names."""
    assert list(page_items("ListTables", v1.ListTablesResponse(table_names=["A", "B"]))) == ["A", "B"]


# Three pages, the second without items, as AWS may answer.
_PAGES = [
    v1.ListTablesResponse(table_names=["A", "B"], last_evaluated_table_name="B"),
    v1.ListTablesResponse(last_evaluated_table_name="C"),
    v1.ListTablesResponse(table_names=["D"]),
]
_REQUESTS = [
    v1.ListTablesRequest(limit=2),
    v1.ListTablesRequest(limit=2, exclusive_start_table_name="B"),
    v1.ListTablesRequest(limit=2, exclusive_start_table_name="C"),
]


def _steps() -> list[Step]:
    return [answer(page) for page in _PAGES]


def test_pages_and_items() -> None:
    """`pages` yields the answers, `items` what is listed across them."""
    with serving(*_steps(), *_steps()) as service, Client(service.target) as client:
        assert list(client.list_tables.pages(limit=2)) == _PAGES
        assert list(client.list_tables.items(v1.ListTablesRequest(limit=2))) == ["A", "B", "D"]
    assert [seen.request for seen in service.seen] == _REQUESTS * 2


async def test_pages_and_items_asynchronously() -> None:
    """The same, for `async for`."""
    with serving(*_steps(), *_steps()) as service:
        async with aio.Client(service.target) as client:
            assert [page async for page in client.list_tables.pages(limit=2)] == _PAGES
            items = client.list_tables.items(v1.ListTablesRequest(limit=2))
            assert [item async for item in items] == ["A", "B", "D"]
    assert [seen.request for seen in service.seen] == _REQUESTS * 2


def test_pages_are_asked_for_when_needed() -> None:
    """Who stops at the first page asks for no other, and a call alone gives one page."""
    with serving(*_steps()) as service, Client(service.target) as client:
        assert next(client.list_tables.pages(limit=2)) == _PAGES[0]
        assert client.list_tables(limit=2) == _PAGES[1]
    assert len(service.seen) == 2


def test_each_page_has_its_deadline() -> None:
    """`timeout` is the deadline of each page."""
    with serving(*_steps()) as service, Client(service.target) as client:
        list(client.list_tables.pages(v1.ListTablesRequest(), timeout=300))
    assert [seen.remaining for seen in service.seen] == [pytest.approx(300, rel=0.2)] * 3


def test_an_error_ends_the_pages() -> None:
    """What a page raises comes out of the iteration, after the pages before it."""
    gone = failure(Status(code=Code.NOT_FOUND, message="gone"))
    with serving(answer(_PAGES[0]), gone) as service, Client(service.target) as client:
        pages = client.list_tables.pages()
        assert next(pages) == _PAGES[0]
        with pytest.raises(NotFound, match="gone"):
            next(pages)


def test_wrong_arguments_are_refused_at_once() -> None:
    """What does not make a request is an error of the call, before anything is iterated."""
    with Client("127.0.0.1:1") as client, pytest.raises(ValueError, match="no_such_field"):
        client.list_tables.pages(no_such_field=1)  # type: ignore[call-overload] # the point


def test_other_rpcs_have_no_pages() -> None:
    """Only what lists has `pages`."""
    with Client("127.0.0.1:1") as client:
        assert not hasattr(client.describe_table, "pages")
    paged = {each.rpc for each in vars(Client).values() if isinstance(each, PagedRpc)}
    assert paged == set(PAGINATION)


def types_of_pages(client: Client) -> None:
    """Pages are responses, items have the type of what is listed: mypy reads this."""
    for page in client.list_backups.pages(table_name="Music"):
        assert_type(page, v1.ListBackupsResponse)
    for name in client.list_tables.items(limit=3):
        assert_type(name, str)
    for backup in client.list_backups.items(v1.ListBackupsRequest()):
        assert_type(backup, v1.BackupSummary)
    client.describe_table.pages()  # type: ignore[attr-defined] # it has none


async def types_of_asynchronous_pages(client: aio.Client) -> None:
    """The same, for `async for`."""
    async for page in client.list_backups.pages(table_name="Music"):
        assert_type(page, v1.ListBackupsResponse)
    async for name in client.list_tables.items(limit=3):
        assert_type(name, str)
