"""One operation as this server carries it out: observe, plan, take the first step, wait, begin again."""

import asyncio
import contextlib
import dataclasses
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

import structlog
from google.rpc.code_pb2 import Code
from msgspec.structs import replace

from tableadmin.awsshape import AwsDict
from tableadmin_server.config import PoliciesConfig
from tableadmin_server.dynamodb.client.single_try import NotSent
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.dynamodb.endpoint import Answer, Endpoint
from tableadmin_server.dynamodb.support import explained, knows_nothing_of
from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution import approval, heartbeat, journal
from tableadmin_server.operations.execution.audited import act_of
from tableadmin_server.operations.execution.cached_reader import CachedReader
from tableadmin_server.operations.execution.events import log_event
from tableadmin_server.operations.execution.identity import identity_of, recognized, replaced_failure
from tableadmin_server.operations.execution.lease import Lease
from tableadmin_server.operations.execution.observer import (
    UNOBSERVED,
    UNTRACED,
    OperationObserver,
    OperationTracing,
)
from tableadmin_server.operations.execution.reconcile import (
    End,
    Pause,
    WaitsFor,
    backoff,
    decide,
    error_of,
    is_throttled,
    is_without_progress,
    left,
    not_taken_over,
    retry_period,
    shows_cooldown,
)
from tableadmin_server.operations.execution.settle_waiter import SettleWaiter
from tableadmin_server.operations.execution.time_in_state import TimeInState
from tableadmin_server.operations.storage.record import Operation, OperationStatus, State
from tableadmin_server.operations.storage.store import LeaseLost
from tableadmin_server.planner import Plan, Step, in_update, plan, without
from tableadmin_server.security.audit.audit import OFF, Audit
from tableadmin_server.security.audit.trail import UNWRITABLE
from tableadmin_server.security.authorization.approvals import RequiredApproval
from tableadmin_server.security.identity import acting_for
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.watching.hub import Hub

_log = structlog.get_logger()

# Seconds after which a call that was throttled, and so has changed nothing, is made again. After the first
# of them what was read of the table is as new as it was for the first try.
_THROTTLED_DELAYS = (0.1, 0.3, 0.9)
# Seconds after which it is told anew for how long a long wait goes on.
_COUNT = 30.0
# Seconds until a call is tried again whose intent could not be recorded.
_AUDIT_DELAY = 2.0
# Seconds until a call that this server was not sure it may make is tried again.
_LEASE_DELAY = 0.5
_NOT_TRUSTED = Pause(("waiting to renew this server's lease",), _LEASE_DELAY, waits_for=WaitsFor.LEASE)
_NOT_APPROVED = Pause(("policies have changed",), _LEASE_DELAY, waits_for=WaitsFor.POLICIES)


def _now() -> datetime:
    return datetime.now(UTC)


class Run:
    """Carries out OPERATION under its LEASE; CHANGED is called whenever it has got on.

    CLOCK tells the time of day. AUDIT gets each change before and after it is made. The operation waits for
    approvals for APPROVAL_TIMEOUT seconds at most. OBSERVER learns how long the steps take, TRACING traces
    them.

    `operation` is where it stands, which may be ahead of what is written down by what is waited for.
    """

    def __init__(  # noqa: PLR0913  # what an operation works with
        self,
        operation: Operation,
        lease: Lease,
        endpoint: Endpoint,
        hub: Hub,
        server: str,
        changed: Callable[[], None],
        clock: Callable[[], datetime] = _now,
        *,
        audit: Audit = OFF,
        approval_timeout: float = PoliciesConfig().approval_timeout,
        observer: OperationObserver = UNOBSERVED,
        tracing: OperationTracing = UNTRACED,
    ) -> None:
        self.operation = operation
        self._approval_timeout = timedelta(seconds=approval_timeout)
        self._lease = lease
        self._endpoint = endpoint
        self._hub = hub
        self._server = server
        self._audit = audit
        self._observer = observer
        self._tracing = tracing
        # The operation of AWS that was called last, and when, until the table has settled after the call.
        self._step: tuple[str, float] | None = None
        self._changed = changed
        # Of day: what it says is written down for people, and compared with nothing.
        self._clock = clock
        self._times = TimeInState(heartbeat.now)
        self._reader = CachedReader(endpoint, operation.spec.table_name, operation.spec.table_spec)
        self._waiter = SettleWaiter(hub, operation.spec.table_name)
        self._stopping = False
        # False once `operation` is ahead of what is written down for good.
        self.is_saved = True
        self._failures = _Failures()
        # The steps that were refused for good, and why; and whether another was accepted after that.
        self._refused: list[tuple[Step, Failure]] = []
        self._accepted_since = False
        # The kinds of waits that the log has told since the last accepted call.
        self._logged_waits: set[WaitsFor] = set()
        self._work: asyncio.Task[None] | None = None
        # Why what remembers the operation is no more.
        self._abandon_reason: Failure | None = None
        # What the table was last seen to be left in.
        self._left: tuple[str, ...] = ()
        # The calls that are left to make, as of the last look at the table.
        self._plan: Plan | None = None

    def start_from(self, seen: Snapshot) -> None:
        """Begin with the table as the checks of the request have SEEN it: they were its first look."""
        self._reader.start_from(seen)

    def stop(self) -> None:
        """Give the operation back before its next call, so that another server goes on with it."""
        self._stopping = True
        self._waiter.end()

    def cancel(self) -> None:
        """End the operation before its next call."""
        self.operation = replace(self.operation, cancel_requested=True)
        self._waiter.end()
        self._changed()

    async def carry_out(self) -> None:
        """Go on until the operation has ended or is dormant, another server has it, or `stop` was called."""
        if not self._status.state.ended:
            self._publish(journal.started(self._status, self._server, self._clock()))
        self._work = asyncio.create_task(self._reconcile())
        try:
            await self._work
        except LeaseLost:
            _log.info("another server took over the operation", operation_id=self.operation.spec.operation_id)
        except Failure as failure:
            self._end_unsaved(failure)
        except asyncio.CancelledError:
            if self._abandon_reason is None:
                raise
            self._end_unsaved(self._abandon_reason)

    def abandon(self, failure: Failure) -> None:
        """Go on no longer: what remembers the operation is gone, as FAILURE says."""
        self._abandon_reason = failure
        if self._work is not None:
            self._work.cancel()

    def _end_unsaved(self, failure: Failure) -> None:
        """End with FAILURE of the table that remembers it, in which this can't be written down any more."""
        _log.error(
            "lost the record of the operation",
            operation_id=self.operation.spec.operation_id,
            reason=failure.reason,
        )
        self.is_saved = False
        self._publish(journal.ended(self._status, self._failed_end(failure), self._clock()))

    @property
    def _status(self) -> OperationStatus:
        return self.operation.status

    async def _reconcile(self) -> None:
        while not self._status.state.ended:
            if self._stopping:
                with contextlib.suppress(Failure):  # another server takes over all the same, only later
                    await self._lease.release()
                return
            decision = await self._reconcile_once()
            if self._status.state.dormant:
                self._end_step()
                return
            if isinstance(decision, End):
                self._publish(journal.ended(self._status, decision, self._clock()))
            if isinstance(decision, Pause):
                await self._wait(decision)
        self._end_step()
        with self._tracing.end(self.operation.spec, self._status):
            await self._save_end()

    async def _save_end(self) -> None:
        """Write down how it ended, which may take several tries; raises LeaseLost and Failure."""
        while True:
            try:
                return await self._save()
            except Failure as failure:
                again = self._retry_or_end(failure)
                if self._stopping or isinstance(again, End):
                    raise
                await asyncio.sleep(again.seconds or 0.0)

    async def _reconcile_once(self) -> End | Pause | None:
        """Look at the table and do what comes next; what is left to do then."""
        try:
            decision = await self._next()
            return await self._go_on(decision) if isinstance(decision, Step) else decision
        except Failure as failure:
            return self._retry_or_end(failure)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # an answer that nobody can read may not be the next one too
            return self._retry_or_end(self._internal(error))

    def _internal(self, error: Exception) -> Failure:
        """What ERROR, which nobody foresaw, means for the operation; the log has the error itself."""
        operation_id = self.operation.spec.operation_id
        _log.error("operation failed unexpectedly", operation_id=operation_id, exc_info=error)
        text = f"internal error; for details, see operation {operation_id} in the log of {self._server}"
        return Failure(Code.INTERNAL, text, reason="INTERNAL")

    async def _next(self) -> End | Pause | Step | None:
        if self.operation.cancel_requested:
            return End(State.CANCELLED)
        if not self._lease.is_trusted():  # after a gap it may be another server's: this tells
            await self._save()
        live = await self._reader.read()
        decision = self._decide(live)
        if not isinstance(decision, Step):
            self._failures.forget()
        if isinstance(decision, End) and not self._reader.is_whole:
            self._reader.forget()
            return None
        return decision

    async def _go_on(self, step: Step) -> Pause | End | None:
        """Make the call of STEP, or leave the operation alone until it may go on."""
        resting = await self._resting(step)
        if resting is None:
            with self._tracing.step(self.operation.spec, step.operation):
                return await self._execute(step)
        await self._rest(resting)
        return None

    async def _resting(self, step: Step) -> OperationStatus | None:
        """What the operation waits for before the call of STEP; None if it may go on. Raises Failure."""
        assert self._plan is not None
        # Before the first call all steps are asked about, and later the others only if this one has to wait.
        if self._status.calls and approval.is_approved(self._status, step, await self._required(step)):
            return None
        required = [await self._required(step) for step in self._plan.steps]
        return approval.resting(
            self.operation.spec, self._status, self._plan, required, self._clock(), self._approval_timeout
        )

    async def _required(self, step: Step) -> tuple[RequiredApproval, ...]:
        """The approvals that STEP requires; () also where it is denied, which its call will show."""
        try:
            return await self._authorized(step)
        except Failure as failure:
            if failure.code != Code.PERMISSION_DENIED:
                raise
            return ()

    async def _authorized(self, step: Step) -> tuple[RequiredApproval, ...]:
        spec = self.operation.spec
        with acting_for(spec.principal, spec.caller):
            return await self._endpoint.authorize(
                spec.principal, step.operation, step.params, spec.table_name, spec.not_before
            )

    async def _rest(self, status: OperationStatus) -> None:
        """Leave the operation to whoever approves it, or to whoever finds that its time has come."""
        if await self._lease.save(status):
            self.cancel()
            return
        with contextlib.suppress(Failure):  # nobody asks who had it
            await self._lease.release()
        self._publish(status)

    def _decide(self, live: Snapshot) -> End | Pause | Step:
        """What comes next when the table is as LIVE."""
        spec, now = self.operation.spec, self._clock()
        status = recognized(self._status, live.description)
        if status is None:
            failure = replaced_failure(spec.table_name, live.description)
            return End(State.ABORTED, error_of(failure))
        status = journal.seen(status, live, now)
        age, changed = self._ages_of(status, now)
        planned = plan(spec.table_spec, live, now, changed)
        if self._endpoint.support.does_not_hold(not_taken_over(status, live, planned)):
            live = dataclasses.replace(live, unheld=self._endpoint.support.unheld)
            planned = plan(spec.table_spec, live, now, changed)
        self._left = left(live, planned)
        self._publish(journal.planned(status, planned))
        self._refused = [each for each in self._refused if any(_is_same(each[0], s) for s in planned.steps)]
        possible = without(planned, self._is_blocked, live, now, changed) if self._refused else planned
        if self._refused and not possible.steps:
            if not self._accepted_since and not planned.waits:
                refused, failure = self._refused[0]
                return self._failed_end(failure, refused.summary)
            # The table has changed, or still does: the endpoint may accept now what it refused before.
            self._refused.clear()
            possible = planned
        self._plan = possible
        decision = decide(spec, status, live, possible, age)
        if is_without_progress(decision) and self._learned(possible.steps[0]):
            return self._decide(dataclasses.replace(live, unheld=self._endpoint.support.unheld))
        if isinstance(decision, Pause) and possible.steps:  # it may be another server's call that shows late
            self._reader.touched(possible.steps[0].part)
        return decision

    def _learned(self, step: Step) -> bool:
        """Remember that the endpoint does not hold what STEP changes; whether this was not known."""
        members = frozenset({step.part.value}) if step.part else frozenset[str]()
        if step.operation == "UpdateTable":
            members = in_update(step.params)
        return self._endpoint.support.does_not_hold(members)

    def _is_blocked(self, step: Step) -> bool:
        """Whether STEP was refused, or needs one that was."""
        return any(_is_same(step, refused) or step.needs(refused) for refused, _ in self._refused)

    def _ages_of(self, status: OperationStatus, now: datetime) -> tuple[float, dict[Cooldown, datetime]]:
        """For how long this server has known of the last call, and since when of what has a cooldown.

        Whatever another server wrote counts from when this one read it: clocks of machines are not compared.
        """
        last = status.calls[-1] if status.calls else None
        age = self._times.seconds("", last and (len(status.calls), last.outcome, last.began, last.ended))
        seconds = {cooldown: self._times.seconds(cooldown, at) for cooldown, at in status.changed.items()}
        return age, {cooldown: now - timedelta(seconds=each) for cooldown, each in seconds.items()}

    async def _execute(self, step: Step) -> Pause | End | None:
        before = self._status
        self._end_step()
        self._step = step.operation, heartbeat.now()
        self._publish(journal.announced(before, step, self._server, self._clock()))
        try:
            await self._save()
        except Exception:
            self._publish(before)
            raise
        if self.operation.cancel_requested:
            self._publish(before)
            return None
        try:
            async with self._audit.change(act_of(self.operation.spec, step, self._endpoint.name)) as change:
                answer = await self._sent(step)
                change.aws_request_id = answer.request_id
        except NotSent as error:
            self._publish(before)
            return _NOT_APPROVED if isinstance(error, _Unapproved) else _NOT_TRUSTED
        except Failure as failure:
            if failure.not_sent:
                self._publish(before)
                return self._later(failure)
            return self._failed(step, failure)
        except Exception as error:  # noqa: BLE001  # nobody knows whether the change was made
            return self._failed(step, self._internal(error))
        finally:
            self._reader.touched(step.part)
            self._hub.trigger(self.operation.spec.table_name)
        made = _created_table_id(answer)
        self._publish(journal.accepted(self._status, step, answer.request_id, self._clock(), made))
        self._ages_of(self._status, self._clock())
        self._failures.forget()
        self._accepted_since = True
        self._logged_waits.clear()
        self._waiter.reset()
        await self._save()
        return None

    def _end_step(self) -> None:
        """The table has settled after the last call, or another call is due."""
        if self._step is not None:
            operation, began = self._step
            self._step = None
            self._observer.step_ended(operation, heartbeat.now() - began)

    async def _sent(self, step: Step) -> Answer:
        """The answer to the call of STEP, which is soon made again where it was only throttled."""
        if not approval.is_approved(self._status, step, await self._authorized(step)):
            raise _Unapproved
        call = self._endpoint.background.single_call
        for seconds in _THROTTLED_DELAYS:
            try:
                return await call(step.operation, step.params, self._lease.is_trusted)
            except Failure as failure:
                if self._stopping or self.operation.cancel_requested or not is_throttled(failure):
                    raise
                self._log_wait(WaitsFor.THROTTLING, (failure.message,))
                await asyncio.sleep(seconds)
                if seconds > _THROTTLED_DELAYS[0] and not await self._is_recognized():
                    raise
            self._publish(journal.repeated(self._status))
        return await call(step.operation, step.params, self._lease.is_trusted)

    async def _is_recognized(self) -> bool:
        """Whether the table is still the operation's own; False also where that can't be read."""
        try:
            return recognized(self._status, await self._reader.description()) is not None
        except Failure:
            return False

    def _failed(self, step: Step, failure: Failure) -> Pause | None:
        """What to do after the call of STEP ended in FAILURE: the table, read anew, decides."""
        self._publish(journal.failed(self._status, failure, self._clock()))
        if not is_throttled(failure):
            self._reader.forget()
        if self._has_learned_cooldown(step, failure):
            return None
        in_doubt = self._status.calls[-1].in_doubt
        if self._failures.another() < retry_period(failure, in_doubt=in_doubt):
            return self._retry_pause(failure)
        is_lacking = knows_nothing_of(failure) or failure.code == Code.UNIMPLEMENTED
        if not (is_lacking and self._learned(step)):
            self._refused.append((step, explained(failure)))
            self._accepted_since = False
        return None

    def _has_learned_cooldown(self, step: Step, failure: Failure) -> bool:
        """Whether FAILURE has shown that the endpoint has the cooldown of STEP, which was not known."""
        _, changed = self._ages_of(self._status, now := self._clock())
        cooldown = step.cooldown
        since = now - changed[cooldown] if cooldown in changed else None
        return bool(
            cooldown
            and shows_cooldown(cooldown, failure, since)
            and self._endpoint.support.has_cooldown(cooldown)
        )

    def _later(self, failure: Failure) -> Pause | End:
        """What to do after FAILURE, which ended a call before the call was sent."""
        if failure.reason == UNWRITABLE:
            return Pause((failure.message,), _AUDIT_DELAY, waits_for=WaitsFor.AUDIT)
        return self._retry_or_end(failure)

    def _retry_or_end(self, failure: Failure) -> Pause | End:
        """Try again after a while, unless that is of no use, or has been tried for long enough."""
        self._reader.forget()
        if self._failures.another() >= retry_period(failure, in_doubt=False):
            return self._failed_end(failure)
        return self._retry_pause(failure)

    def _retry_pause(self, failure: Failure) -> Pause:
        seconds = backoff(failure, self._failures.count, random.random())  # noqa: S311  # it only spreads tries
        waits = (f"{failure.message} (retry in {seconds:.3g} s)",)
        waits_for = WaitsFor.THROTTLING if is_throttled(failure) else WaitsFor.RETRY
        return Pause(waits, seconds, waits_for=waits_for)

    def _failed_end(self, failure: Failure, call: str = "") -> End:
        return End(State.FAILED, error_of(failure, call, self._left))

    async def _wait(self, pause: Pause) -> None:
        self._publish(replace(self._status, waits=pause.waits))
        self._log_wait(pause.waits_for, pause.waits)
        if pause.seconds is None:
            await self._waiter.settle()
        else:
            await self._waiter.sleep(min(pause.seconds, _COUNT) if pause.is_counted else pause.seconds)

    def _log_wait(self, waits_for: WaitsFor, waits: tuple[str, ...]) -> None:
        """Log that the operation begins to wait, once for each kind of wait after an accepted call."""
        if waits_for not in self._logged_waits:
            self._logged_waits.add(waits_for)
            spec, endpoint = self.operation.spec, self._endpoint.name
            log_event("operation waits", spec, endpoint, waits_for=waits_for, waits=list(waits))

    async def _save(self) -> None:
        if await self._lease.save(self._status):
            self.cancel()

    def _publish(self, status: OperationStatus) -> None:
        self.operation = replace(self.operation, status=status)
        self._changed()


class _Unapproved(NotSent):
    """Policies have changed since the last look, and require an approval."""


def _is_same(step: Step, other: Step) -> bool:
    return (step.operation, step.params) == (other.operation, other.params)


def _created_table_id(answer: Answer) -> str | None:
    """The id of the table that ANSWER describes; None where the endpoint does not say it."""
    description = cast("AwsDict", answer.data.get("TableDescription") or {})
    return identity_of(description) if description.get("TableId") else None


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
