"""What a caller asks for: tables to be brought to their specs, in one request with an id of its own."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin_server.failure import Failure, FieldViolation
from tableadmin_server.operations.storage.items import Request
from tableadmin_server.operations.storage.record import Order


@dataclass(frozen=True)
class Application:
    """A request; DIGEST stands for all of it that another with the same id must have too."""

    request_id: str
    digest: str
    specs: Sequence[AwsDict]
    fingerprints: Mapping[str, str]
    allow_destructive: bool = False
    allow_replacement: bool = False
    requested_by: str = ""
    caller: str = ""

    def remembered(self, now: datetime) -> Request:
        """The request as it is remembered, made at the moment NOW and not checked yet."""
        names = [str(spec["TableName"]) for spec in self.specs]
        return Request(self.digest, now, {name: operation_id(now, self.request_id, name) for name in names})

    def orders(self, request: Request) -> Iterator[Order]:
        """What is to be done for each table; raises Failure where REQUEST is another with the same id."""
        if request.digest != self.digest:
            raise Failure(
                Code.INVALID_ARGUMENT,
                f"request_id: {self.request_id} was used for another request",
                reason="REQUEST_ID_REUSED",
                field_violations=[FieldViolation("request_id", "was used for another request")],
            )
        for spec in self.specs:
            name = str(spec["TableName"])
            yield Order(
                operation_id=request.operation_ids[name],
                table_name=name,
                spec=spec,
                request_id=self.request_id,
                fingerprint=self.fingerprints.get(name, ""),
                allow_destructive=self.allow_destructive,
                allow_replacement=self.allow_replacement,
                requested_by=self.requested_by,
                caller=self.caller,
                created=request.created,
            )


def operation_id(created: datetime, request_id: str, table_name: str) -> str:
    """An id that sorts by the time it was CREATED, the same whoever makes it for the same table."""
    moment = created.astimezone(UTC).strftime("%Y%m%dt%H%M%S%f")[:-3]
    digest = hashlib.sha256(f"{request_id}\n{table_name}".encode()).hexdigest()
    return f"{moment}-{digest[:12]}"
