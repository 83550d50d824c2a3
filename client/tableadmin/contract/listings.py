"""How RPCs that list are paged, and of which table an item is: derived from their messages. No I/O.

AWS names the fields of all its listings by the same rules.
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
    """The fields by which an RPC lists.

    `token_in` and `page_size` are the request's, `token_out` and `items` the response's. `page_size` is None
    where AWS alone decides how much a page holds. `table` is the field of an item that names the table which
    the item is of: "" where an item is itself the name, None where items are of no table.
    """

    items: str
    table: str | None
    token_in: str
    token_out: str
    page_size: str | None

    @property
    def names_last_item(self) -> bool:
        """Whether the token names the last item of its page, as other tokens do not."""
        return self.token_out.startswith(_CURSOR_OUT)

    @property
    def token_field(self) -> str:
        """The field of an item that a token which names the item holds; "" where the item is the name."""
        return "" if self.table == "" else self.token_out.removeprefix(_CURSOR_OUT)


def listing(method: MethodDescriptor) -> Listing | None:
    """How METHOD lists; None where it does not answer in pages."""
    token_out = _first(method.output_type, _TOKENS_OUT, _CURSOR_OUT)
    token_in = _first(method.input_type, _TOKENS_IN, _CURSOR_IN)
    lists = [field for field in members_of(method.output_type) if field.is_repeated]
    if token_out is None or token_in is None or len(lists) != 1:
        return None
    page_size = _first(method.input_type, _PAGE_SIZES)
    return Listing(lists[0].name, _table(lists[0]), token_in, token_out, page_size)


def _first(message: Descriptor, names: tuple[str, ...], prefix: str | None = None) -> str | None:
    """The field of MESSAGE that has one of NAMES or begins with PREFIX."""
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
