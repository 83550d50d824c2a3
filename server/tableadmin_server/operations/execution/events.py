"""Log events of operations."""

import structlog

from tableadmin_server.operations.storage.record import OperationSpec

_log = structlog.get_logger()


def log_event(event: str, spec: OperationSpec, endpoint: str, **facts: object) -> None:
    """Log EVENT of the operation of SPEC at ENDPOINT, with those FACTS that are not None."""
    _log.info(
        event,
        operation_id=spec.operation_id,
        table=spec.table_name,
        endpoint=endpoint,
        request_id=spec.request_id,
        principal=str(spec.principal),
        requested_by=spec.requested_by or None,
        peer=spec.caller,
        **{name: value for name, value in facts.items() if value is not None},
    )
