"""The paging fields of RPCs that list, and the table of an item, derived from the messages. No I/O.

AWS names these fields by the same rules in all its listings.
"""

from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from tableadmin.awsshape.rules import members_of
from tableadmin.contract.references import table_field

_TOKENS_IN = ("next_token", "page_token")
_TOKENS_OUT = ("next_token", "next_page_token")
_CURSOR_IN, _CURSOR_OUT = "exclusive_start_", "last_evaluated_"
_PAGE_SIZES = ("limit", "max_results", "page_size")


@dataclass(frozen=True)
class Listing:
    """The paging fields of an RPC.

    `token_in` and `page_size` are fields of the request, `token_out` and `items` of the response. `page_size`
    is None if AWS chooses the size of pages. `table` is the field of an item that names the item's table: ""
    if the item itself is the name, None if items have no table.
    """

    items: str
    table: str | None
    token_in: str
    token_out: str
    page_size: str | None

    @property
    def names_last_item(self) -> bool:
        """Whether the token is the name of the last item of its page. Other tokens are opaque."""
        return self.token_out.startswith(_CURSOR_OUT)

    @property
    def token_field(self) -> str:
        """The field of an item whose value is the token, "" if the item itself is the token."""
        return "" if self.table == "" else self.token_out.removeprefix(_CURSOR_OUT)


def listing(method: MethodDescriptor) -> Listing | None:
    """Return the paging fields of METHOD, None if METHOD is not paged."""
    token_out = _first(method.output_type, _TOKENS_OUT, _CURSOR_OUT)
    token_in = _first(method.input_type, _TOKENS_IN, _CURSOR_IN)
    lists = [field for field in members_of(method.output_type) if field.is_repeated]
    if token_out is None or token_in is None or len(lists) != 1:
        return None
    page_size = _first(method.input_type, _PAGE_SIZES)
    return Listing(lists[0].name, _table(lists[0]), token_in, token_out, page_size)


def _first(message: Descriptor, names: tuple[str, ...], prefix: str | None = None) -> str | None:
    """Return the first field of MESSAGE whose name is one of NAMES or begins with PREFIX."""
    return next(
        (
            field.name
            for field in message.fields
            if field.name in names or (prefix is not None and field.name.startswith(prefix))
        ),
        None,
    )


def _table(items: FieldDescriptor) -> str | None:
    return "" if items.message_type is None else table_field(items.message_type)
