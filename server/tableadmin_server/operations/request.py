"""A request of ApplyPlan: table specs, and a request id that makes the request idempotent."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin_server.failure import Failure, FieldViolation
from tableadmin_server.operations.storage.items import RequestRecord
from tableadmin_server.operations.storage.record import OperationSpec, request_key
from tableadmin_server.security.identity import ANONYMOUS, Principal


@dataclass(frozen=True)
class ApplyRequest:
    """A request. DIGEST is a hash of what a repeated request with the same id must have in common."""

    request_id: str
    digest: str
    specs: Sequence[AwsDict]
    fingerprints: Mapping[str, str]
    allow_destructive: bool = False
    allow_replacement: bool = False
    requested_by: str = ""
    caller: str = ""
    principal: Principal = ANONYMOUS
    not_before: datetime | None = None
    trace: str = ""

    @property
    def key(self) -> str:
        """The key of the record of the request."""
        return request_key(self.principal, self.request_id)

    def record(self, now: datetime) -> RequestRecord:
        """Return a new record of the request, created at NOW and not checked yet."""
        names = [str(table_spec["TableName"]) for table_spec in self.specs]
        return RequestRecord(self.digest, now, {name: operation_id(now, self.key, name) for name in names})

    def operation_specs(self, request: RequestRecord) -> Iterator[OperationSpec]:
        """Yield a spec for each table. Raises Failure if REQUEST is another request with the same id."""
        if request.digest != self.digest:
            raise Failure(
                Code.INVALID_ARGUMENT,
                f"request_id: {self.request_id} was used for another request",
                reason="REQUEST_ID_REUSED",
                field_violations=[FieldViolation("request_id", "was used for another request")],
            )
        for table_spec in self.specs:
            name = str(table_spec["TableName"])
            yield OperationSpec(
                operation_id=request.operation_ids[name],
                table_name=name,
                table_spec=table_spec,
                request_id=self.request_id,
                fingerprint=self.fingerprints.get(name, ""),
                allow_destructive=self.allow_destructive,
                allow_replacement=self.allow_replacement,
                requested_by=self.requested_by,
                caller=self.caller,
                principal=self.principal,
                created=request.created,
                not_before=self.not_before,
                trace=self.trace,
            )


def operation_id(created: datetime, request_key: str, table_name: str) -> str:
    """Return an id that sorts by CREATED. Every server computes the same id from the same arguments."""
    moment = created.astimezone(UTC).strftime("%Y%m%dt%H%M%S%f")[:-3]
    digest = hashlib.sha256(f"{request_key}\n{table_name}".encode()).hexdigest()
    return f"{moment}-{digest[:12]}"
