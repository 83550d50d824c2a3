"""What a caller asks for: tables to be brought to their specs, in one request with an id of its own."""

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
    """A request; DIGEST stands for all of it that another with the same id must have too."""

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
        """What the request is remembered by."""
        return request_key(self.principal, self.request_id)

    def record(self, now: datetime) -> RequestRecord:
        """The request as it is remembered, made at the moment NOW and not checked yet."""
        names = [str(table_spec["TableName"]) for table_spec in self.specs]
        return RequestRecord(self.digest, now, {name: operation_id(now, self.key, name) for name in names})

    def operation_specs(self, request: RequestRecord) -> Iterator[OperationSpec]:
        """What is to be done for each table; raises Failure where REQUEST is another with the same id."""
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
    """An id that sorts by the time it was CREATED, the same whoever makes it for the same table."""
    moment = created.astimezone(UTC).strftime("%Y%m%dt%H%M%S%f")[:-3]
    digest = hashlib.sha256(f"{request_key}\n{table_name}".encode()).hexdigest()
    return f"{moment}-{digest[:12]}"
