"""Copy the items of a table across the calls of one stream. No I/O."""

from collections.abc import Sequence
from typing import ClassVar

from tableadmin.errors import TableAdminError
from tableadmin.streams.resumable import ResumableStream
from tableadmin.v1 import CopyItemsRequest, CopyItemsResponse


class ResumableCopy(ResumableStream[CopyItemsRequest, CopyItemsResponse, CopyItemsResponse]):
    """Copy the items of a small table to a table with other keys: a response for each progress.

    The last response has the result. The call checks all items before it writes any, never replaces an item
    of the target, and compares both tables at the end. `validate_only` checks and writes nothing.
    `max_items` and `max_bytes` limit the size of each table, `max_units_per_second` limits the consumed
    capacity. CopyItemsRequest describes each of them.

    The stream has no deadline. After a lost connection, the copy begins again and writes the remaining items.
    The numbers are then those of the last call.

    Raises TableAdminError: FailedPrecondition if the items cannot be copied, with the reason
    `COPIES_DISABLED`, `COPY_TABLE_NOT_ACTIVE`, `COPY_TOO_LARGE`, `ITEMS_NOT_COPYABLE` or
    `TARGET_HAS_OTHER_ITEMS`. Aborted with the reason `COPY_DIFFERS` if the tables differ at the end. The
    response with the numbers comes before the error.
    """

    rpc: ClassVar[str] = "CopyItems"

    def __init__(  # the fields of the request, as keywords
        self,
        source_table_name: str,
        target_table_name: str,
        *,
        validate_only: bool = False,
        max_items: int | None = None,
        max_bytes: int | None = None,
        max_units_per_second: float | None = None,
    ) -> None:
        super().__init__()
        self._request = CopyItemsRequest(
            source_table_name=source_table_name,
            target_table_name=target_table_name,
            validate_only=validate_only or None,
            max_items=max_items,
            max_bytes=max_bytes,
            max_units_per_second=max_units_per_second,
        )

    def next_call(self) -> tuple[CopyItemsRequest, float | None]:
        """Return the request, without a deadline: a copy takes minutes."""
        return self._request, None

    def received(self, response: CopyItemsResponse) -> Sequence[CopyItemsResponse]:
        """Return RESPONSE."""
        self._note_answer()
        return (response,)

    def ended(self, error: TableAdminError | None = None) -> Sequence[CopyItemsResponse]:
        """Return no responses. The stream is finished when a call has succeeded."""
        self.finished |= error is None
        super().ended(error)
        return ()

    def _lost(self, error: TableAdminError) -> Sequence[CopyItemsResponse]:
        self._back_off(error)
        return ()
