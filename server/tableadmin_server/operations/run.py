"""One operation as this server carries it out: observe, plan, take the first step, wait, begin again."""

import asyncio
import contextlib
import dataclasses
import random
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from google.rpc.code_pb2 import Code
from msgspec.structs import replace

from tableadmin_server.dynamodb.endpoint import Answer, Endpoint
from tableadmin_server.dynamodb.single_try import Unwanted
from tableadmin_server.failure import Failure
from tableadmin_server.operations import journal
from tableadmin_server.operations.lease import Lease
from tableadmin_server.operations.reconcile import (
    End,
    Pause,
    decide,
    delay,
    is_throttled,
    left,
    patience,
    trouble_of,
)
from tableadmin_server.operations.record import Operation, Progress, State
from tableadmin_server.operations.sight import Sight
from tableadmin_server.operations.store import LeaseLost
from tableadmin_server.operations.waiting import Patience
from tableadmin_server.planner import Step, plan
from tableadmin_server.watching.hub import Hub

_log = structlog.get_logger()

# Seconds after which a call that was throttled, and so has changed nothing, is made again.
_AGAIN = (0.1, 0.3, 0.9)
# Seconds until a call that this server was not sure it may make is tried again.
_UNHEARD = 0.5


class Run:
    """Carries out OPERATION under its LEASE; CHANGED is called whenever it has got on.

    `operation` is where it stands, which may be ahead of what is written down by what is waited for.
    """

    def __init__(
        self,
        operation: Operation,
        lease: Lease,
        endpoint: Endpoint,
        hub: Hub,
        server: str,
        changed: Callable[[], None],
    ) -> None:
        self.operation = operation
        self._lease = lease
        self._endpoint = endpoint
        self._hub = hub
        self._server = server
        self._changed = changed
        self._sight = Sight(endpoint, operation.order.table_name, operation.order.spec.keys())
        self._patience = Patience(hub, operation.order.table_name)
        self._stopping = False
        # False once `operation` is ahead of what is written down for good.
        self.is_written_down = True
        self._failures = _Failures()
        self._work: asyncio.Task[None] | None = None
        # Why what remembers the operation is no more.
        self._loss: Failure | None = None
        # What the table was last seen to be left in.
        self._left: tuple[str, ...] = ()

    def stop(self) -> None:
        """Give the operation back before its next call, so that another server goes on with it."""
        self._stopping = True
        self._patience.end()

    def cancel(self) -> None:
        """End the operation before its next call."""
        self.operation = replace(self.operation, cancel_requested=True)
        self._patience.end()
        self._changed()

    async def carry_out(self) -> None:
        """Go on until the operation has ended, another server has it, or `stop` was called."""
        if not self._progress.state.ended:
            self._show(journal.begun(self._progress, self._server, _now()))
        self._work = asyncio.create_task(self._reconcile())
        try:
            await self._work
        except LeaseLost:
            _log.info("operation.taken_over", operation_id=self.operation.order.operation_id)
        except Failure as failure:
            self._leave(failure)
        except asyncio.CancelledError:
            if self._loss is None:
                raise
            self._leave(self._loss)

    def lose(self, failure: Failure) -> None:
        """Go on no longer: what remembers the operation is gone, as FAILURE says."""
        self._loss = failure
        if self._work is not None:
            self._work.cancel()

    def _leave(self, failure: Failure) -> None:
        """End with FAILURE of the table that remembers it, in which this can't be written down any more."""
        _log.error("operation.lost", operation_id=self.operation.order.operation_id, reason=failure.reason)
        self.is_written_down = False
        self._show(journal.ended(self._progress, self._end_of(failure), _now()))

    @property
    def _progress(self) -> Progress:
        return self.operation.progress

    async def _reconcile(self) -> None:
        while not self._progress.state.ended:
            if self._stopping:
                with contextlib.suppress(Failure):  # another server takes over all the same, only later
                    await self._lease.give_back()
                return
            decision = await self._turn()
            if isinstance(decision, End):
                self._show(journal.ended(self._progress, decision, _now()))
            if isinstance(decision, Pause):
                await self._wait(decision)
        await self._write_down()

    async def _write_down(self) -> None:
        """Write down how it ended, which may take several tries; raises LeaseLost and Failure."""
        while True:
            try:
                return await self._save()
            except Failure as failure:
                again = self._put_up_with(failure)
                if self._stopping or isinstance(again, End):
                    raise
                await asyncio.sleep(again.seconds or 0.0)

    async def _turn(self) -> End | Pause | None:
        """Look at the table and do what comes next; what is left to do then."""
        try:
            decision = await self._next()
            return await self._take(decision) if isinstance(decision, Step) else decision
        except Failure as failure:
            return self._put_up_with(failure)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # an answer that nobody can read may not be the next one too
            return self._put_up_with(self._internal(error))

    def _internal(self, error: Exception) -> Failure:
        """What ERROR, which nobody foresaw, means for the operation; the log has the error itself."""
        operation_id = self.operation.order.operation_id
        _log.error("operation.broken", operation_id=operation_id, exc_info=error)
        text = f"internal error; the log of {self._server} has more under {operation_id}"
        return Failure(Code.INTERNAL, text, reason="INTERNAL")

    async def _next(self) -> End | Pause | Step | None:
        if self.operation.cancel_requested:
            return End(State.CANCELLED)
        if not self._lease.is_trusted():  # after a gap it may be another server's: this tells
            await self._save()
        order = self.operation.order
        live = await self._sight.look()
        now = _now()
        progress = journal.seen(self._progress, live, now)
        live = dataclasses.replace(live, changed=progress.changed)
        planned = plan(order.spec, live, now)
        self._left = left(live, planned)
        self._show(journal.planned(progress, planned))
        decision = decide(order, progress, live, planned, now)
        if not isinstance(decision, Step):
            self._failures.forget()
        if isinstance(decision, End) and not self._sight.is_whole:
            self._sight.forget()
            return None
        return decision

    async def _take(self, step: Step) -> Pause | End | None:
        before, in_doubt = self._progress, journal.is_in_doubt(self._progress, step)
        self._show(journal.announced(before, step, self._server, _now()))
        try:
            await self._save()
        except Exception:
            self._show(before)
            raise
        if self.operation.cancel_requested:
            self._show(before)
            return None
        try:
            answer = await self._sent(step)
        except Unwanted:
            self._show(before)
            return Pause(("this server to be heard again by the others",), _UNHEARD)
        except Failure as failure:
            self._show(journal.failed(self._progress, failure, _now()))
            return self._put_up_with(failure, step.summary, in_doubt=in_doubt)
        finally:
            self._sight.touched(step.part)
            self._hub.poke(self.operation.order.table_name)
        self._show(journal.accepted(self._progress, step, answer.request_id, _now()))
        self._failures.forget()
        self._patience.begin_anew()
        await self._save()
        return None

    async def _sent(self, step: Step) -> Answer:
        """The answer to the call of STEP, which is soon made again where it was only throttled."""
        for seconds in _AGAIN:
            try:
                return await self._endpoint.single_call(step.operation, step.params, self._lease.is_trusted)
            except Failure as failure:
                if self._stopping or self.operation.cancel_requested or not is_throttled(failure):
                    raise
            await asyncio.sleep(seconds)
            self._show(journal.repeated(self._progress))
        return await self._endpoint.single_call(step.operation, step.params, self._lease.is_trusted)

    def _put_up_with(self, failure: Failure, call: str = "", *, in_doubt: bool = False) -> Pause | End:
        """Try again after a while, unless that is of no use, or has been tried for long enough."""
        self._sight.forget()
        if self._failures.another() >= patience(failure, in_doubt=in_doubt):
            return self._end_of(failure, call)
        seconds = delay(failure, self._failures.count, random.random())  # noqa: S311  # it only spreads tries
        return Pause((f"{failure.message} (again in {seconds:.3g} s)",), seconds)

    def _end_of(self, failure: Failure, call: str = "") -> End:
        return End(State.FAILED, trouble_of(failure, call, self._left))

    async def _wait(self, pause: Pause) -> None:
        self._show(replace(self._progress, waits=pause.waits))
        if pause.seconds is None:
            await self._patience.settle()
        else:
            await self._patience.sleep(pause.seconds)

    async def _save(self) -> None:
        if await self._lease.save(self._progress):
            self.cancel()

    def _show(self, progress: Progress) -> None:
        self.operation = replace(self.operation, progress=progress)
        self._changed()


class _Failures:
    """Failures in a row."""

    def __init__(self) -> None:
        self.count = 0
        self._first = 0.0

    def another(self) -> float:
        """Count one more; for how many seconds they have gone on."""
        now = asyncio.get_running_loop().time()
        self._first = self._first if self.count else now
        self.count += 1
        return now - self._first

    def forget(self) -> None:
        """Something went well."""
        self.count = 0


def _now() -> datetime:
    return datetime.now(UTC)
