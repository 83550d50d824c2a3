"""The calls of an endpoint to services beside DynamoDB, such as KMS."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias

# Receives the answer of a call.
DescribeAnswer: TypeAlias = Callable[[Mapping[str, Any]], None]
# Begins to trace a call with a name such as KMS/DescribeKey.
TraceCall: TypeAlias = Callable[[str], AbstractContextManager[DescribeAnswer]]


def untraced(_name: str) -> AbstractContextManager[DescribeAnswer]:
    """Trace nothing."""
    return nullcontext(lambda _: None)


class ServiceCalls:
    """Makes the calls to SERVICE in THREADS threads. TRACE traces each call."""

    def __init__(self, service: str, threads: int, trace: TraceCall) -> None:
        self._service = service
        self._trace = trace
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=service.lower())

    async def answer(self, operation: str, call: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return the result of CALL, which calls OPERATION in a thread. Raises what CALL raises."""
        with self._trace(f"{self._service}/{operation}") as describe:
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, call)
            describe(answer)
            return answer

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
