"""Audit records: OCSF API Activity (class 6003), one JSON object a line. No I/O.

A change has two records with the same `metadata.correlation_uid`: its intent, written before the change is
made, and its outcome. Every other activity has one record. See https://schema.ocsf.io/1.3.0/classes/api_activity.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import msgspec

from tableadmin import __version__
from tableadmin_server.security.identity import Caller, Principal

# The status of an intent. OCSF has no such status.
INTENT = "Intent"

_VERSION = "1.3.0"
_CLASS = 6003
_PRODUCT = {"name": "tableadmin-server", "vendor_name": "tableadmin", "version": __version__}
# The activities of the class, by the beginning of an RPC's name. The longest match counts.
_ACTIVITIES = (
    (1, "Create", ("Create", "Restore", "Import", "Export", "Start")),
    (4, "Delete", ("Delete", "Untag", "Forget")),
    (
        2,
        "Read",
        ("Describe", "Get", "List", "Watch", "Wait", "Plan", "ExportTables", "Validate", "Search", "Tail"),
    ),
    (
        3,
        "Update",
        ("Copy", "Update", "Put", "Tag", "Apply", "Cancel", "Enable", "Disable", "Approve", "Reject"),
    ),
)
_OTHER = (99, "Other")
_USER_TYPES = {"User": (1, "User"), "Service": (3, "System")}
_STATUSES = {"Success": 1, "Failure": 2, INTENT: 99, "Unknown": 0}
# The codes and reasons of changes that may or may not have been made.
_IN_DOUBT = frozenset(
    {
        "CANCELLED",
        "DEADLINE_EXCEEDED",
        "ENDPOINT_ANSWER_UNREADABLE",
        "ENDPOINT_UNREACHABLE",
        "INTERNAL",
        "UNKNOWN",
    }
)

_encode = msgspec.json.Encoder(enc_hook=str).encode


@dataclass(frozen=True)
class Activity:
    """A call by CALLER of the RPC or AWS operation OPERATION of SERVICE.

    NAMES are the tables, ARNs or ids of the call. REQUEST is the redacted request. OPERATION_ID is the
    operation that the call is about or that makes the call. REQUESTED_BY is the requester as the request of
    the operation names it.
    """

    caller: Caller
    service: str
    operation: str
    endpoint: str = ""
    names: tuple[str, ...] = ()
    request: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = ""
    operation_id: str = ""
    requested_by: str = ""
    is_change: bool = True
    uid: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True)
class Outcome:
    """The outcome of an activity. CODE is the name of a gRPC code. POLICIES are the policies that decided.

    OPERATION_IDS are the operations that the activity has begun. NOT_SENT says that the endpoint was not
    called.
    """

    code: str = "OK"
    reason: str = ""
    aws_request_id: str = ""
    policies: tuple[str, ...] = ()
    operation_ids: tuple[str, ...] = ()
    denied: bool = False
    not_sent: bool = False
    seconds: float = 0.0


class _Record(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A record, with OCSF's names of members. Empty members are left out."""

    metadata: dict[str, Any]
    time: int
    category_uid: int
    category_name: str
    class_uid: int
    class_name: str
    activity_id: int
    activity_name: str
    type_uid: int
    severity_id: int
    status_id: int
    status: str
    status_code: str = ""
    status_detail: str = ""
    duration: int | None = None
    actor: "_Actor"
    src_endpoint: dict[str, Any]
    http_request: dict[str, str] | None = None
    api: dict[str, Any]
    resources: list[dict[str, str]] = []
    unmapped: "_Unmapped"


class _Actor(msgspec.Struct, omit_defaults=True):
    user: "_User"
    authorizations: list[dict[str, Any]] = []


class _User(msgspec.Struct, omit_defaults=True, kw_only=True):
    name: str
    uid: str
    type_id: int
    type: str
    groups: list[dict[str, str]] = []


class _Unmapped(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Members that OCSF does not have."""

    endpoint: str = ""
    proof: str = ""
    operation_id: str = ""
    operation_ids: tuple[str, ...] = ()
    requested_by: str = ""
    aws_request_id: str = ""


def intent(activity: Activity, time: float) -> bytes:
    """Return the record of the intent of ACTIVITY at TIME, a Unix time in seconds."""
    return _line(_record(activity, time, INTENT))


def outcome(activity: Activity, result: Outcome, time: float) -> bytes:
    """Return the record of the outcome of ACTIVITY at TIME, a Unix time in seconds."""
    record = _record(activity, time, _status(activity, result))
    record.status_code, record.status_detail = result.code, result.reason
    record.duration = round(result.seconds * 1000)
    record.actor.authorizations = _authorizations(result)
    record.unmapped.aws_request_id = result.aws_request_id
    record.unmapped.operation_ids = result.operation_ids
    return _line(record)


def _line(record: _Record) -> bytes:
    return _encode(record) + b"\n"


def _status(activity: Activity, result: Outcome) -> str:
    if result.code == "OK":
        return "Success"
    is_refused = result.denied or result.not_sent
    in_doubt = (
        activity.is_change and not is_refused and not _IN_DOUBT.isdisjoint((result.code, result.reason))
    )
    return "Unknown" if in_doubt else "Failure"


def _authorizations(result: Outcome) -> list[dict[str, Any]]:
    decision = "deny" if result.denied else "allow"
    if result.denied and not result.policies:
        return [{"decision": decision}]
    return [{"decision": decision, "policy": {"uid": each}} for each in result.policies]


def _record(activity: Activity, time: float, status: str) -> _Record:
    activity_id, activity_name = _activity(activity.operation)
    return _Record(
        metadata={
            "version": _VERSION,
            "product": _PRODUCT,
            "uid": uuid.uuid4().hex,
            "correlation_uid": activity.uid,
        },
        time=round(time * 1000),
        category_uid=6,
        category_name="Application Activity",
        class_uid=_CLASS,
        class_name="API Activity",
        activity_id=activity_id,
        activity_name=activity_name,
        type_uid=_CLASS * 100 + activity_id,
        severity_id=1,
        status_id=_STATUSES[status],
        status=status,
        actor=_Actor(_user(activity.caller.principal)),
        src_endpoint=_source(activity.caller.peer),
        http_request={"user_agent": activity.caller.user_agent} if activity.caller.user_agent else None,
        api={
            "operation": activity.operation,
            "service": {"name": activity.service},
            "request": {"uid": activity.request_id, "data": activity.request},
        },
        resources=[{"name": name} for name in activity.names],
        unmapped=_Unmapped(
            endpoint=activity.endpoint,
            proof=activity.caller.proof,
            operation_id=activity.operation_id,
            requested_by=activity.requested_by,
        ),
    )


@cache
def _activity(operation: str) -> tuple[int, str]:
    fitting = [
        (len(start), (number, name))
        for number, name, starts in _ACTIVITIES
        for start in starts
        if operation.startswith(start)
    ]
    return max(fitting)[1] if fitting else _OTHER


@lru_cache(1000)
def _user(principal: Principal) -> _User:
    type_id, type_ = _USER_TYPES[principal.type]
    return _User(
        name=principal.name,
        uid=str(principal),
        type_id=type_id,
        type=type_,
        groups=[{"name": each} for each in sorted(principal.groups)],
    )


def _source(peer: str) -> dict[str, Any]:
    host, _, port = peer.rpartition(":")
    if port.isascii() and port.isdigit():
        return {"ip": host.strip("[]"), "port": int(port)}
    return {"name": peer or "unknown"}
