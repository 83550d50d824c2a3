"""`PlanService`: compares tables with their specs, applies specs, exports tables, tells what they consume."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, TypeAlias

import grpc
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, ShapeError, to_aws
from tableadmin.v1 import (
    ApplyPlanRequest,
    ApplyPlanResponse,
    ExportTablesRequest,
    ExportTablesResponse,
    GetConsumedCapacityRequest,
    GetConsumedCapacityResponse,
    PlanTablesRequest,
    PlanTablesResponse,
    SpecViolation,
    TableSpec,
    ValidateTablesRequest,
    ValidateTablesResponse,
    plan_service_pb2,
)
from tableadmin_server.bounds import off_loop
from tableadmin_server.concurrency import as_ready
from tableadmin_server.consumption.reading import consumption
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.dynamodb.fields import field_path
from tableadmin_server.exporting import export_spec
from tableadmin_server.failure import Failure, FieldViolation, invalid_request
from tableadmin_server.operations.by_endpoint import OperationsByEndpoint
from tableadmin_server.operations.request import ApplyRequest
from tableadmin_server.planner import (
    NOT_BILLED,
    Violation,
    billed_live,
    billed_tables,
    cost_increase,
    plan,
    repetitions,
    validate,
)
from tableadmin_server.security.audit.requests import set_begun_operations
from tableadmin_server.security.identity import Caller, caller
from tableadmin_server.services import consumed_capacity
from tableadmin_server.services.call_metadata import called_endpoint, in_time
from tableadmin_server.services.operation_messages import operation_message
from tableadmin_server.services.plan_messages import table_error, table_plan
from tableadmin_server.services.reserved_table import ReservedTable
from tableadmin_server.tables.planned import read_for_plan
from tableadmin_server.tables.reading import background_reader

SERVICE = plan_service_pb2.DESCRIPTOR.services_by_name["PlanService"]

# No spec may name the service's own table.
_PLANNED = ReservedTable(PlanTablesRequest.DESCRIPTOR)
_APPLIED = ReservedTable(ApplyPlanRequest.DESCRIPTOR)

_MAX_REQUEST_ID = 128
_MAX_REQUESTED_BY = 250
_MAX_DELAY = timedelta(days=30)
# The largest number of violations in a response.
_MAX_VIOLATIONS = 100

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def handlers(endpoints: Endpoints, operations: OperationsByEndpoint) -> "grpc.GenericRpcHandler[Any, Any]":
    """Return the handlers of `PlanService`. They read from ENDPOINTS, and OPERATIONS make the changes."""

    async def plan_tables(request: PlanTablesRequest, context: Context) -> AsyncIterator[PlanTablesResponse]:
        endpoint = called_endpoint(endpoints, context)
        _PLANNED.check(endpoint, request)
        specs = await off_loop(partial(valid_specs, request.specs), request.ByteSize())
        async with aclosing(
            as_ready(specs, partial(_planned, endpoint, with_billing=request.include_billing))
        ) as responses:
            completed = 0
            async for response in responses:
                completed += 1
                response.completed_tables, response.total_tables = completed, len(specs)
                yield response

    async def export_tables(
        request: ExportTablesRequest, context: Context
    ) -> AsyncIterator[ExportTablesResponse]:
        endpoint = called_endpoint(endpoints, context)
        names = await _exported_names(endpoint, request)
        async with aclosing(
            as_ready(names, partial(_exported, endpoint, with_billing=request.include_billing))
        ) as responses:
            completed = 0
            async for response in responses:
                completed += 1
                response.completed_tables, response.total_tables = completed, len(names)
                yield response

    async def get_consumed_capacity(
        request: GetConsumedCapacityRequest, context: Context
    ) -> GetConsumedCapacityResponse:
        endpoint = called_endpoint(endpoints, context)
        names, length = consumed_capacity.table_names(request), consumed_capacity.window_length(request)
        reading = consumption(endpoint, names, length, datetime.now(UTC))
        found = await in_time(reading, context, "GetConsumedCapacity", endpoint, reads=True)
        return consumed_capacity.response(found, endpoint.region)

    async def validate_tables(request: ValidateTablesRequest, context: Context) -> ValidateTablesResponse:
        del context
        return await off_loop(partial(_judgement, request.specs), request.ByteSize())

    async def apply_plan(request: ApplyPlanRequest, context: Context) -> ApplyPlanResponse:
        endpoint = called_endpoint(endpoints, context)
        _APPLIED.check(endpoint, request)
        work = partial(_application, request, caller())
        apply_request = await off_loop(work, request.ByteSize())
        answer = operations.of(endpoint).apply(apply_request)
        begun = await in_time(answer, context, "ApplyPlan", endpoint, reads=False)
        set_begun_operations(each.spec.operation_id for each in begun)
        return ApplyPlanResponse(operations=map(operation_message, begun))

    return grpc.method_handlers_generic_handler(
        SERVICE.full_name,
        {
            "ApplyPlan": grpc.unary_unary_rpc_method_handler(
                apply_plan, ApplyPlanRequest.FromString, ApplyPlanResponse.SerializeToString
            ),
            "ExportTables": grpc.unary_stream_rpc_method_handler(
                export_tables, ExportTablesRequest.FromString, ExportTablesResponse.SerializeToString
            ),
            "PlanTables": grpc.unary_stream_rpc_method_handler(
                plan_tables, PlanTablesRequest.FromString, PlanTablesResponse.SerializeToString
            ),
            "GetConsumedCapacity": grpc.unary_unary_rpc_method_handler(
                get_consumed_capacity,
                GetConsumedCapacityRequest.FromString,
                GetConsumedCapacityResponse.SerializeToString,
            ),
            "ValidateTables": grpc.unary_unary_rpc_method_handler(
                validate_tables, ValidateTablesRequest.FromString, ValidateTablesResponse.SerializeToString
            ),
        },
    )


def valid_specs(specs: Sequence[TableSpec]) -> list[AwsDict]:
    """Return SPECS as AWS-shaped dicts. Raises Failure (INVALID_ARGUMENT) with their violations."""
    shaped = _shaped(specs)
    found, count = _violations(specs, shaped)
    if not found:
        return shaped
    number, first = found[0]
    name = specs[number].table_name or f"specs[{number}]"
    more = f" (and {count - 1} more: ValidateTables lists them)" if count > 1 else ""
    raise Failure(
        Code.INVALID_ARGUMENT,
        f"{name}: {first.path or 'the spec'} {first.description}{more}",
        reason="INVALID_SPEC",
        field_violations=[
            FieldViolation(_field(where, each.path), each.description) for where, each in found
        ],
    )


def _judgement(specs: Sequence[TableSpec]) -> ValidateTablesResponse:
    found, count = _violations(specs, _shaped(specs))
    return ValidateTablesResponse(
        violations=[
            SpecViolation(
                table_name=specs[number].table_name,
                path=violation.path,
                description=violation.description,
            )
            for number, violation in found
        ],
        violation_count=count,
    )


def _shaped(specs: Sequence[TableSpec]) -> list[AwsDict]:
    try:
        return [to_aws(spec) for spec in specs]
    except ShapeError as error:
        raise Failure(
            Code.INVALID_ARGUMENT,
            str(error),
            reason="MALFORMED_REQUEST",
            field_violations=[FieldViolation("specs", error.reason)],
        ) from error


def _violations(
    specs: Sequence[TableSpec], shaped: Sequence[AwsDict]
) -> tuple[list[tuple[int, Violation]], int]:
    """The first violations, each with the number of its spec, and the number of all violations."""
    found = _each_violation(specs, shaped)
    first = list(islice(found, _MAX_VIOLATIONS))
    return first, len(first) + sum(1 for _ in found)


def _each_violation(specs: Sequence[TableSpec], shaped: Sequence[AwsDict]) -> Iterator[tuple[int, Violation]]:
    """The violations, repeated table names included, each with the number of its spec."""
    names = [spec.table_name for spec in specs]
    repeated = set(repetitions(names))
    for number, spec in enumerate(shaped):
        for violation in validate(spec):
            yield number, violation
        if names[number] and number in repeated:
            yield number, Violation("TableName", f"{names[number]} occurs more than once")


def _field(number: int, path: str) -> str:
    field = field_path(path, TableSpec.DESCRIPTOR)
    return f"specs[{number}].{field}" if field else f"specs[{number}]"


def _application(request: ApplyPlanRequest, asker: Caller) -> ApplyRequest:
    """REQUEST as an ApplyRequest of the caller ASKER; raises Failure (INVALID_ARGUMENT)."""
    if not 1 <= len(request.request_id) <= _MAX_REQUEST_ID or not request.request_id.isprintable():
        raise invalid_request("request_id", f"must have 1 to {_MAX_REQUEST_ID} printable characters")
    if not request.specs:
        raise invalid_request("specs", "must have at least one element")
    specs = valid_specs(request.specs)
    unknown = request.fingerprints.keys() - {spec.table_name for spec in request.specs}
    if unknown:
        raise invalid_request("fingerprints", f"contains tables without a spec: {', '.join(sorted(unknown))}")
    return ApplyRequest(
        request.request_id,
        _digest(request),
        specs,
        dict(request.fingerprints),
        allow_destructive=request.allow_destructive,
        allow_replacement=request.allow_replacement,
        # An authenticated caller can't choose another name.
        requested_by=str(asker.principal)
        if asker.proof != "none"
        else request.requested_by[:_MAX_REQUESTED_BY],
        caller=asker.peer,
        principal=asker.principal,
        not_before=_not_before(request),
    )


def _not_before(request: ApplyPlanRequest) -> datetime | None:
    """The start time in REQUEST, None for now; raises Failure (INVALID_ARGUMENT)."""
    if not request.HasField("not_before"):
        return None
    try:
        moment = request.not_before.ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid_request("not_before", "is not a time") from error
    if moment > datetime.now(UTC) + _MAX_DELAY:
        raise invalid_request("not_before", f"must be within the next {_MAX_DELAY.days} days")
    return moment


def _digest(request: ApplyPlanRequest) -> str:
    """A hash of REQUEST without its request id and requester."""
    asked = ApplyPlanRequest()
    asked.CopyFrom(request)
    asked.ClearField("request_id")
    asked.ClearField("requested_by")
    return hashlib.sha256(asked.SerializeToString(deterministic=True)).hexdigest()


async def _planned(endpoint: Endpoint, spec: AwsDict, *, with_billing: bool) -> PlanTablesResponse:
    name = str(spec["TableName"])
    try:
        live = await read_for_plan(endpoint, name, spec)
    except Failure as failure:
        return PlanTablesResponse(table_name=name, error=table_error(failure))
    made = plan(spec, live, datetime.now(UTC))
    bill = billed_tables(made, live, endpoint.region) if with_billing else NOT_BILLED
    message = table_plan(name, made, is_aws=live.is_aws, billed=bill)
    increase = cost_increase(made, live, endpoint.region, endpoint.prices())
    if increase is not None:
        message.monthly_cost_increase = f"{increase:f}"
    return PlanTablesResponse(table_name=name, plan=message)


async def _exported_names(endpoint: Endpoint, request: ExportTablesRequest) -> Sequence[str]:
    """The names of the tables that REQUEST selects. Raises Failure."""
    chosen = [bool(request.table_names), request.HasField("prefix"), request.all_tables]
    if chosen.count(True) != 1:
        raise invalid_request("table_names", "set exactly one of table_names, prefix and all_tables")
    if request.table_names:
        return list(dict.fromkeys(request.table_names))
    names = await background_reader(endpoint).table_names()
    return [name for name in names if name.startswith(request.prefix)]


async def _exported(endpoint: Endpoint, name: str, *, with_billing: bool) -> ExportTablesResponse:
    try:
        live = await read_for_plan(endpoint, name, {})
        spec, notes = export_spec(live)
    except Failure as failure:
        return ExportTablesResponse(table_name=name, error=table_error(failure))
    bill = billed_live(live, endpoint.region) if with_billing else None
    return ExportTablesResponse(table_name=name, spec=spec, notes=notes, billed_table=bill)
