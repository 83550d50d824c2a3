"""`PlanService`: what it takes to bring tables to their specs."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import grpc
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, ShapeError, to_aws
from tableadmin.v1 import (
    PlanTablesRequest,
    PlanTablesResponse,
    SpecViolation,
    TablePlan,
    TableSpec,
    ValidateTablesRequest,
    ValidateTablesResponse,
    plan_service_pb2,
)
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.dynamodb.fields import field_path
from tableadmin_server.failure import Failure, field_violations
from tableadmin_server.observing import observed
from tableadmin_server.planner import Violation, plan, validate
from tableadmin_server.services.endpoint_choice import endpoint_name
from tableadmin_server.services.plan_messages import table_plan

SERVICE = plan_service_pb2.DESCRIPTOR.services_by_name["PlanService"]

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def handlers(endpoints: Endpoints) -> "grpc.GenericRpcHandler[Any, Any]":
    """The RPCs of `PlanService`, which read from ENDPOINTS and change nothing."""

    async def plan_tables(request: PlanTablesRequest, context: Context) -> PlanTablesResponse:
        endpoint = endpoints.named(endpoint_name(context))
        specs = valid_specs(request.specs)
        plans = await asyncio.gather(*(_planned(endpoint, spec) for spec in specs))
        return PlanTablesResponse(plans=plans)

    async def validate_tables(request: ValidateTablesRequest, context: Context) -> ValidateTablesResponse:
        del context
        found = _violations(request.specs, _shaped(request.specs))
        return ValidateTablesResponse(
            violations=[
                SpecViolation(
                    table_name=request.specs[number].table_name,
                    path=violation.path,
                    description=violation.description,
                )
                for number, violation in found
            ]
        )

    return grpc.method_handlers_generic_handler(
        SERVICE.full_name,
        {
            "PlanTables": grpc.unary_unary_rpc_method_handler(
                plan_tables, PlanTablesRequest.FromString, PlanTablesResponse.SerializeToString
            ),
            "ValidateTables": grpc.unary_unary_rpc_method_handler(
                validate_tables, ValidateTablesRequest.FromString, ValidateTablesResponse.SerializeToString
            ),
        },
    )


def valid_specs(specs: Sequence[TableSpec]) -> list[AwsDict]:
    """SPECS as AWS-shaped dicts; raises Failure (INVALID_ARGUMENT) with what is wrong with any of them."""
    shaped = _shaped(specs)
    found = list(_violations(specs, shaped))
    if not found:
        return shaped
    number, first = found[0]
    name = specs[number].table_name or f"specs[{number}]"
    more = f" (and {len(found) - 1} more: ValidateTables lists all)" if len(found) > 1 else ""
    raise Failure(
        Code.INVALID_ARGUMENT,
        f"{name}: {first.path or 'the spec'} {first.description}{more}",
        reason="INVALID_SPEC",
        details=[field_violations([(_field(where, each.path), each.description) for where, each in found])],
    )


def _shaped(specs: Sequence[TableSpec]) -> list[AwsDict]:
    try:
        return [to_aws(spec) for spec in specs]
    except ShapeError as error:
        raise Failure(
            Code.INVALID_ARGUMENT,
            str(error),
            reason="MALFORMED_REQUEST",
            details=[field_violations([("specs", error.reason)])],
        ) from error


def _violations(specs: Sequence[TableSpec], shaped: Sequence[AwsDict]) -> Iterator[tuple[int, Violation]]:
    """What is wrong, with the number of the spec; a name that is there twice too."""
    names = [spec.table_name for spec in specs]
    for number, spec in enumerate(shaped):
        for violation in validate(spec):
            yield number, violation
        if names[number] and names[number] in names[:number]:
            yield number, Violation("TableName", f"{names[number]} is there twice")


def _field(number: int, path: str) -> str:
    field = field_path(path, TableSpec.DESCRIPTOR)
    return f"specs[{number}].{field}" if field else f"specs[{number}]"


async def _planned(endpoint: Endpoint, spec: AwsDict) -> TablePlan:
    name = str(spec["TableName"])
    live = await observed(endpoint, name, spec.keys())
    return table_plan(name, plan(spec, live, datetime.now(UTC)))
