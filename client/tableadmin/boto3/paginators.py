"""boto3's paginators: pages as dicts, PaginationConfig and starting tokens."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from itertools import tee
from typing import Any, ClassVar, NamedTuple

import jmespath
from google.protobuf.descriptor import Descriptor

from tableadmin.awsshape import member_name
from tableadmin.boto3.exceptions import PaginationError
from tableadmin.channel import SERVICE
from tableadmin.pagination import PAGINATION

# The key in boto3's tokens for a partly used page.
_USED = "boto_truncate_amount"


class _Keys(NamedTuple):
    """The AWS names of an operation's paging fields."""

    token_in: str
    token_out: str
    items: str
    page_size: str | None


class _Start(NamedTuple):
    """The start of an iteration: a page's token, None for the first page, and how many items to skip."""

    token: str | None = None
    skip: int = 0


class PageIterator:
    """The pages of one listing. Each iteration starts at the first page.

    `resume_token` is the token for continuing after MaxItems, None after the last item.
    """

    def __init__(
        self,
        call: Callable[..., dict[str, Any]],
        keys: _Keys,
        params: dict[str, Any],
        config: Mapping[str, Any],
    ) -> None:
        self._call = call
        self._keys = keys
        self._params = params
        self._max_items = None if config.get("MaxItems") is None else int(config["MaxItems"])
        self._starting_token: str | None = config.get("StartingToken")
        self.resume_token: str | None = None
        # Members that are equal on all pages: no listing of tables has any.
        self.non_aggregate_part: dict[str, Any] = {}

    @property
    def result_keys(self) -> list[Any]:
        """The JMESPath expressions of the items of a page."""
        return [jmespath.compile(self._keys.items)]

    def result_key_iters(self) -> list[Iterator[Any]]:
        """Return an iterator over the items of all pages for each of `result_keys`."""
        keys = self.result_keys
        return [_items(key, pages) for key, pages in zip(keys, tee(self, len(keys)), strict=True)]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        keys, seen = self._keys, 0
        token, skip = _start(self._starting_token, keys)
        while True:
            page = self._page(token, skip)
            room = None if self._max_items is None else self._max_items - seen
            items = page.get(keys.items, [])
            if room is not None and len(items) > room:
                page[keys.items] = items[:room]
                self._resume({keys.token_in: token, _USED: skip + room})
                yield page
                return
            yield page
            seen += len(items)
            following = page.get(keys.token_out)
            if not following:
                return
            if seen == self._max_items:
                self._resume({keys.token_in: following})
                return
            if following == token:
                repeated = {keys.token_in: following}
                raise PaginationError(message=f"The same next token was received twice: {repeated}")
            token, skip = following, 0

    def search(self, expression: str) -> Iterator[Any]:
        """Yield the results of the JMESPath EXPRESSION on each page. Lists are yielded item by item."""
        for page in self:
            found = jmespath.search(expression, page)
            yield from found if isinstance(found, list) else [found]

    def build_full_result(self) -> dict[str, Any]:
        """Return all items in one dict. After MaxItems, `NextToken` is the StartingToken to continue with."""
        result: dict[str, Any] = {}
        for page in self:
            if self._keys.items in page:
                result.setdefault(self._keys.items, []).extend(page[self._keys.items])
        if self.resume_token is not None:
            result["NextToken"] = self.resume_token
        return result

    def _page(self, token: str | None, skip: int) -> dict[str, Any]:
        start = {} if token is None else {self._keys.token_in: token}
        page = self._call(**self._params, **start)
        if skip:
            page[self._keys.items] = page.get(self._keys.items, [])[skip:]
        return page

    def _resume(self, token: dict[str, str | int | None]) -> None:
        self.resume_token = b64encode(json.dumps(token).encode()).decode()


class Paginator:
    """The paginator of one operation."""

    PAGE_ITERATOR_CLS: ClassVar[type[PageIterator]] = PageIterator

    def __init__(self, operation: str, call: Callable[..., dict[str, Any]]) -> None:
        self._keys = _keys(operation)
        self._call = call

    @property
    def result_keys(self) -> list[Any]:
        """The JMESPath expressions of the items of a page."""
        return [jmespath.compile(self._keys.items)]

    def paginate(self, **params: Any) -> PageIterator:  # noqa: ANN401 - the parameters of the operation
        """Return the pages of the operation with PARAMS.

        PaginationConfig may contain MaxItems, PageSize and StartingToken. Raises PaginationError for a
        PageSize if the operation has none.
        """
        config = params.pop("PaginationConfig", {})
        if config.get("PageSize") is not None:
            params[self._page_size()] = int(config["PageSize"])
        return self.PAGE_ITERATOR_CLS(self._call, self._keys, params, config)

    def _page_size(self) -> str:
        if self._keys.page_size is None:
            raise PaginationError(
                message="PageSize parameter is not supported for the pagination interface for this operation."
            )
        return self._keys.page_size


def _items(key: Any, pages: Iterator[dict[str, Any]]) -> Iterator[Any]:  # noqa: ANN401 - a JMESPath expression
    for page in pages:
        yield from key.search(page) or []


def _keys(operation: str) -> _Keys:
    method, fields = SERVICE.methods_by_name[operation], PAGINATION[operation]
    asked, answered = method.input_type, method.output_type
    return _Keys(
        _member(asked, fields.token_in),
        _member(answered, fields.token_out),
        _member(answered, fields.items),
        fields.page_size and _member(asked, fields.page_size),
    )


def _member(descriptor: Descriptor, field: str) -> str:
    return member_name(descriptor.fields_by_name[field])


def _start(starting_token: str | None, keys: _Keys) -> _Start:
    """Decode STARTING_TOKEN. A token of no page iterator is treated as a token of AWS, as in boto3."""
    if starting_token is None:
        return _Start()
    try:
        token = json.loads(b64decode(starting_token))
        return _Start(token[keys.token_in], int(token.get(_USED, 0)))
    except (ValueError, TypeError, LookupError):
        return _Start(starting_token)
