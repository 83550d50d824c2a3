"""Carries out one operation on this server: read the table, plan, make the first call, wait, repeat."""

import asyncio
import contextlib
import dataclasses
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import structlog
from google.rpc.code_pb2 import Code
from msgspec.structs import replace

from tableadmin.awsshape import AwsDict
from tableadmin_server.config import PoliciesConfig
from tableadmin_server.dynamodb.client.single_try import NotSent
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.dynamodb.endpoint import Answer, Endpoint
from tableadmin_server.dynamodb.support import knows_nothing_of, with_advice
from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution import approval, heartbeat, journal
from tableadmin_server.operations.execution.cached_reader import CachedReader
from tableadmin_server.operations.execution.events import activity_of, log_event
from tableadmin_server.operations.execution.identity import identity_of, recognize_table, replaced_failure
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
    ignored_by_last_creation,
    is_throttled,
    is_without_progress,
    left,
    retry_period,
    shows_cooldown,
)
from tableadmin_server.operations.execution.settle_waiter import SettleWaiter
from tableadmin_server.operations.execution.time_in_state import TimeInState
from tableadmin_server.operations.storage.record import Operation, OperationStatus, State
from tableadmin_server.operations.storage.store import LeaseLost
from tableadmin_server.planner import Plan, Step, cost_increase, members_of_update, plan, without_steps
from tableadmin_server.security.audit.audit import OFF, Audit
from tableadmin_server.security.audit.trail import UNWRITABLE
from tableadmin_server.security.authorization.approvals import RequiredApproval
from tableadmin_server.security.identity import acting_for
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.watching.hub import Hub

_log = structlog.get_logger()

# The delays in seconds after which a throttled call, which has changed nothing, is repeated. After the first
# delay the last read of the table is still new enough.
_THROTTLED_DELAYS = (0.1, 0.3, 0.9)
# In a long wait the remaining time is updated after so many seconds.
_COUNT = 30.0
# Seconds until a call is retried whose audit record could not be written.
_AUDIT_DELAY = 2.0
# Seconds until a call is retried that this server did not send, because its lease may have ended.
_LEASE_DELAY = 0.5
_NOT_TRUSTED = Pause(("waiting to renew this server's lease",), _LEASE_DELAY, waits_for=WaitsFor.LEASE)
_NOT_APPROVED = Pause(("policies have changed",), _LEASE_DELAY, waits_for=WaitsFor.POLICIES)


def _now() -> datetime:
    return datetime.now(UTC)


class Run:
    """Carries out OPERATION under its LEASE. CHANGED is called after each change of `operation`.

    CLOCK tells the time of day. AUDIT records each change before and after it is made. The operation waits
    for approvals for APPROVAL_TIMEOUT seconds at most. OBSERVER is told how long the steps take, TRACING
    traces them.

    `operation` is the current state. Its waits may be newer than the stored record.
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
        # The AWS operation of the last call, and when it began, until the table has settled.
        self._step: tuple[str, float] | None = None
        self._changed = changed
        # The time of day is stored for people to read, and is not compared with other times.
        self._clock = clock
        self._times = TimeInState(heartbeat.now)
        self._reader = CachedReader(endpoint, operation.spec.table_name, operation.spec.table_spec)
        self._waiter = SettleWaiter(hub, operation.spec.table_name)
        self._stopping = False
        # False if the last state of `operation` could not be written.
        self.is_saved = True
        self._failures = _Failures()
        # The steps that were refused permanently, and why; and whether a step was accepted after that.
        self._refused: list[tuple[Step, Failure]] = []
        self._accepted_since = False
        # The kinds of waits that were logged since the last accepted call.
        self._logged_waits: set[WaitsFor] = set()
        self._work: asyncio.Task[None] | None = None
        # Why the operation was abandoned.
        self._abandon_reason: Failure | None = None
        # The last known state of the table, for errors.
        self._left: tuple[str, ...] = ()
        # The plan of the last read of the table, without refused steps.
        self._plan: Plan | None = None

    def start_from(self, seen: Snapshot) -> None:
        """Begin with the table SEEN, as the checks of the request read it, instead of a first read."""
        self._reader.start_from(seen)

    def stop(self) -> None:
        """Release the operation before its next call, so that another server continues it."""
        self._stopping = True
        self._waiter.end()

    def cancel(self) -> None:
        """Cancel the operation before its next call."""
        self.operation = replace(self.operation, cancel_requested=True)
        self._waiter.end()
        self._changed()

    async def carry_out(self) -> None:
        """Run until the operation has ended or is dormant, another server has it, or `stop` was called."""
        if not self._status.state.ended:
            self._publish(journal.after_start(self._status, self._server, self._clock()))
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
        """End now with FAILURE, which says that the operations table is gone."""
        self._abandon_reason = failure
        if self._work is not None:
            self._work.cancel()

    def _end_unsaved(self, failure: Failure) -> None:
        """End with FAILURE of the operations table. The end can't be written."""
        _log.error(
            "lost the record of the operation",
            operation_id=self.operation.spec.operation_id,
            reason=failure.reason,
        )
        self.is_saved = False
        self._publish(journal.after_end(self._status, self._failed_end(failure), self._clock()))

    @property
    def _status(self) -> OperationStatus:
        return self.operation.status

    async def _reconcile(self) -> None:
        while not self._status.state.ended:
            if self._stopping:
                with contextlib.suppress(Failure):  # without a release another server takes over later
                    await self._lease.release()
                return
            decision = await self._reconcile_once()
            if self._status.state.dormant:
                self._end_step()
                return
            if isinstance(decision, End):
                self._publish(journal.after_end(self._status, decision, self._clock()))
            if isinstance(decision, Pause):
                await self._wait(decision)
        self._end_step()
        with self._tracing.end(self.operation.spec, self._status):
            await self._save_end()

    async def _save_end(self) -> None:
        """Write how the operation ended, with retries; raises LeaseLost and Failure."""
        while True:
            try:
                return await self._save()
            except Failure as failure:
                decision = self._retry_or_end(failure)
                if self._stopping or isinstance(decision, End):
                    raise
                await asyncio.sleep(decision.seconds or 0.0)

    async def _reconcile_once(self) -> End | Pause | None:
        """Read the table and make the next call. Returns the wait or the end; None to continue at once."""
        try:
            decision = await self._next()
            return await self._go_on(decision) if isinstance(decision, Step) else decision
        except Failure as failure:
            return self._retry_or_end(failure)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # a malformed answer may not repeat
            return self._retry_or_end(self._internal(error))

    def _internal(self, error: Exception) -> Failure:
        """The Failure for the unexpected ERROR, which is logged."""
        operation_id = self.operation.spec.operation_id
        _log.error("operation failed unexpectedly", operation_id=operation_id, exc_info=error)
        text = f"internal error; for details, see operation {operation_id} in the log of {self._server}"
        return Failure(Code.INTERNAL, text, reason="INTERNAL")

    async def _next(self) -> End | Pause | Step | None:
        if self.operation.cancel_requested:
            return End(State.CANCELLED)
        if not self._lease.is_trusted():  # renews the lease, or raises LeaseLost
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
        """Make the call of STEP, or make the operation dormant if STEP must wait."""
        resting = await self._resting(step)
        if resting is None:
            with self._tracing.step(self.operation.spec, step.operation):
                return await self._execute(step)
        await self._rest(resting)
        return None

    async def _resting(self, step: Step) -> OperationStatus | None:
        """The dormant status if the operation must wait before STEP, else None. Raises Failure."""
        assert self._plan is not None
        # Before the first call all steps are authorized. Later the others are only if this step has to wait.
        if self._status.calls and approval.is_approved(self._status, step, await self._required(step)):
            return None
        required = [await self._required(step) for step in self._plan.steps]
        return approval.dormant_status(
            self.operation.spec, self._status, self._plan, required, self._clock(), self._approval_timeout
        )

    async def _required(self, step: Step) -> tuple[RequiredApproval, ...]:
        """The approvals that STEP requires; () also if STEP is denied, which ends its call later."""
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
                spec.principal,
                step.operation,
                step.params,
                spec.table_name,
                spec.not_before,
                self._status.cost_increase,
            )

    async def _rest(self, status: OperationStatus) -> None:
        """Write STATUS, which is dormant, and release the operation."""
        if await self._lease.save(status):
            self.cancel()
            return
        with contextlib.suppress(Failure):  # a dormant operation can be taken over without a release
            await self._lease.release()
        self._publish(status)

    def _decide(self, live: Snapshot) -> End | Pause | Step:
        """What the operation does next if its table is LIVE."""
        spec, now = self.operation.spec, self._clock()
        status = recognize_table(self._status, live.description)
        if status is None:
            failure = replaced_failure(spec.table_name, live.description)
            return End(State.ABORTED, error_of(failure))
        status = journal.after_read(status, live, now)
        age, changed = self._ages_of(status, now)
        planned = plan(spec.table_spec, live, now, changed)
        if self._endpoint.support.learn_ignored(ignored_by_last_creation(status, live, planned)):
            live = dataclasses.replace(live, ignored_members=self._endpoint.support.ignored_members)
            planned = plan(spec.table_spec, live, now, changed)
        self._left = left(live, planned)
        # Of the whole plan: what is left of it after a call may cost more or less.
        increase = status.cost_increase if status.calls else self._cost_increase(planned, live)
        self._publish(journal.after_planning(status, planned, increase))
        self._refused = [each for each in self._refused if any(_is_same(each[0], s) for s in planned.steps)]
        possible = without_steps(planned, self._is_blocked, live, now, changed) if self._refused else planned
        if self._refused and not possible.steps:
            if not self._accepted_since and not planned.waits:
                refused, failure = self._refused[0]
                return self._failed_end(failure, refused.summary)
            # The table has changed or is changing: the endpoint may now accept the refused steps.
            self._refused.clear()
            possible = planned
        self._plan = possible
        decision = decide(spec, status, live, possible, age)
        if is_without_progress(decision) and self._learned(possible.steps[0]):
            return self._decide(
                dataclasses.replace(live, ignored_members=self._endpoint.support.ignored_members)
            )
        if isinstance(decision, Pause) and possible.steps:  # the accepted call may be another server's
            self._reader.touched(possible.steps[0].part)
        return decision

    def _cost_increase(self, planned: Plan, live: Snapshot) -> Decimal | None:
        """How much more the table costs a month after PLANNED, for policies."""
        return cost_increase(planned, live, self._endpoint.region, self._endpoint.prices())

    def _learned(self, step: Step) -> bool:
        """Note that the endpoint does not keep the members that STEP changes; whether this is new."""
        members = frozenset({step.part.value}) if step.part else frozenset[str]()
        if step.operation == "UpdateTable":
            members = members_of_update(step.params)
        return self._endpoint.support.learn_ignored(members)

    def _is_blocked(self, step: Step) -> bool:
        """Whether STEP was refused, or needs a refused step."""
        return any(_is_same(step, refused) or step.needs(refused) for refused, _ in self._refused)

    def _ages_of(self, status: OperationStatus, now: datetime) -> tuple[float, dict[Cooldown, datetime]]:
        """For how many seconds this server has known the last call, and since when each cooldown runs.

        Times that another server wrote count from when this server read them: clocks are never compared.
        """
        last = status.calls[-1] if status.calls else None
        age = self._times.seconds("", last and (len(status.calls), last.outcome, last.began, last.ended))
        seconds = {cooldown: self._times.seconds(cooldown, at) for cooldown, at in status.changed.items()}
        return age, {cooldown: now - timedelta(seconds=each) for cooldown, each in seconds.items()}

    async def _execute(self, step: Step) -> Pause | End | None:
        before = self._status
        self._end_step()
        self._step = step.operation, heartbeat.now()
        self._publish(journal.before_call(before, step, self._server, self._clock()))
        try:
            await self._save()
        except Exception:
            self._publish(before)
            raise
        if self.operation.cancel_requested:
            self._publish(before)
            return None
        try:
            activity = activity_of(self.operation.spec, step, self._endpoint.name)
            async with self._audit.change(activity) as change:
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
        except Exception as error:  # noqa: BLE001  # the change may have been made
            return self._failed(step, self._internal(error))
        finally:
            self._reader.touched(step.part)
            self._hub.trigger(self.operation.spec.table_name)
        made = _created_table_id(answer)
        self._publish(journal.after_acceptance(self._status, step, answer.request_id, self._clock(), made))
        self._ages_of(self._status, self._clock())
        self._failures.forget()
        self._accepted_since = True
        self._logged_waits.clear()
        self._waiter.reset()
        await self._save()
        return None

    def _end_step(self) -> None:
        """Tell the observer that the last call is over: the table has settled, or the next call begins."""
        if self._step is not None:
            operation, began = self._step
            self._step = None
            self._observer.step_ended(operation, heartbeat.now() - began)

    async def _sent(self, step: Step) -> Answer:
        """The answer to the call of STEP, which is repeated soon if it is throttled."""
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
            self._publish(journal.before_retry(self._status))
        return await call(step.operation, step.params, self._lease.is_trusted)

    async def _is_recognized(self) -> bool:
        """Whether the table is still the operation's table; False also if it can't be read."""
        try:
            return recognize_table(self._status, await self._reader.description()) is not None
        except Failure:
            return False

    def _failed(self, step: Step, failure: Failure) -> Pause | None:
        """What to do after the call of STEP ended with FAILURE; None to read the table and decide again."""
        self._publish(journal.after_failure(self._status, failure, self._clock()))
        if not is_throttled(failure):
            self._reader.forget()
        if self._has_learned_cooldown(step, failure):
            return None
        in_doubt = self._status.calls[-1].in_doubt
        if self._failures.another() < retry_period(failure, in_doubt=in_doubt):
            return self._retry_pause(failure)
        is_lacking = knows_nothing_of(failure) or failure.code == Code.UNIMPLEMENTED
        if not (is_lacking and self._learned(step)):
            self._refused.append((step, with_advice(failure)))
            self._accepted_since = False
        return None

    def _has_learned_cooldown(self, step: Step, failure: Failure) -> bool:
        """Whether FAILURE has shown, for the first time, that the endpoint has the cooldown of STEP."""
        _, changed = self._ages_of(self._status, now := self._clock())
        cooldown = step.cooldown
        since = now - changed[cooldown] if cooldown in changed else None
        return bool(
            cooldown
            and shows_cooldown(cooldown, failure, since)
            and self._endpoint.support.has_cooldown(cooldown)
        )

    def _later(self, failure: Failure) -> Pause | End:
        """What to do after FAILURE of a call that was not sent."""
        if failure.reason == UNWRITABLE:
            return Pause((failure.message,), _AUDIT_DELAY, waits_for=WaitsFor.AUDIT)
        return self._retry_or_end(failure)

    def _retry_or_end(self, failure: Failure) -> Pause | End:
        """A retry after a while, or the end if FAILURE is permanent or was retried for its whole period."""
        self._reader.forget()
        if self._failures.another() >= retry_period(failure, in_doubt=False):
            return self._failed_end(failure)
        return self._retry_pause(failure)

    def _retry_pause(self, failure: Failure) -> Pause:
        seconds = backoff(failure, self._failures.count, random.random())  # noqa: S311  # spreads retries
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
        """Log the wait, once for each kind of wait after an accepted call."""
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
    """Policies have changed since the last check, and require an approval."""


def _is_same(step: Step, other: Step) -> bool:
    return (step.operation, step.params) == (other.operation, other.params)


def _created_table_id(answer: Answer) -> str | None:
    """The id of the table that ANSWER describes; None if the endpoint does not return it."""
    description = cast("AwsDict", answer.data.get("TableDescription") or {})
    return identity_of(description) if description.get("TableId") else None


class _Failures:
    """Failures in a row."""

    def __init__(self) -> None:
        self.count = 0
        self._first = 0.0

    def another(self) -> float:
        """Count one more failure, and return the seconds since the first."""
        now = asyncio.get_running_loop().time()
        self._first = self._first if self.count else now
        self.count += 1
        return now - self._first

    def forget(self) -> None:
        """Start anew after a success."""
        self.count = 0
