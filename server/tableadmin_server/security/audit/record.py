"""Audit records: OCSF API Activity (class 6003), one JSON object a line. No I/O.

A change has two records with the same `metadata.correlation_uid`: its intent, written before the change is
made, and its outcome. Everything else has one. See https://schema.ocsf.io/1.3.0/classes/api_activity.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tableadmin.version import __version__
from tableadmin_server.security.identity import Caller, Principal

# The status of a record of an intent, which OCSF has no word for.
INTENT = "Intent"

_VERSION = "1.3.0"
_CLASS = 6003
# Activities of the class, by how the names of RPCs begin; the first that fits counts.
_ACTIVITIES = (
    (1, "Create", ("Create", "Restore", "Import", "Export", "Start")),
    (4, "Delete", ("Delete", "Untag", "Forget")),
    (
        2,
        "Read",
        ("Describe", "Get", "List", "Watch", "Wait", "Plan", "ExportTables", "Validate", "Search", "Tail"),
    ),
    (3, "Update", ("Update", "Put", "Tag", "Apply", "Cancel", "Enable", "Disable", "Approve", "Reject")),
)
_OTHER = (99, "Other")
_USER_TYPES = {"User": (1, "User"), "Service": (3, "System")}
_STATUSES = {"Success": 1, "Failure": 2, INTENT: 99, "Unknown": 0}
# Codes and reasons of changes of which nobody knows whether they were made.
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

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Act:
    """Something that CALLER asks the RPC or the AWS operation OPERATION of SERVICE to do.

    NAMES are the tables, ARNs or ids that it is about, REQUEST is what was asked for, as JSON can have it.
    An act for an operation names the operation; REQUESTED_BY is who its request said had asked.
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
    """What came of an act: CODE is the name of a gRPC code. POLICIES are those that decided."""

    code: str = "OK"
    reason: str = ""
    aws_request_id: str = ""
    policies: tuple[str, ...] = ()
    denied: bool = False
    seconds: float = 0.0


def intent(act: Act, time: float) -> bytes:
    """The record that ACT is about to be done, at the moment TIME in seconds of Unix time."""
    return _line(act, time, INTENT, {})


def outcome(act: Act, result: Outcome, time: float) -> bytes:
    """The record of what came of ACT at the moment TIME."""
    members: dict[str, Any] = {
        "status_code": result.code,
        "status_detail": result.reason or None,
        "duration": round(result.seconds * 1000),
        "authorizations": [
            {"decision": "deny" if result.denied else "allow", "policy": {"uid": each}}
            for each in result.policies
        ]
        or ([{"decision": "deny"}] if result.denied else None),
        "aws_request_id": result.aws_request_id or None,
    }
    return _line(act, time, _status(act, result), members)


def _status(act: Act, result: Outcome) -> str:
    if result.code == "OK":
        return "Success"
    in_doubt = act.is_change and not result.denied and not _IN_DOUBT.isdisjoint((result.code, result.reason))
    return "Unknown" if in_doubt else "Failure"


def _line(act: Act, time: float, status: str, result: Mapping[str, Any]) -> bytes:
    activity_id, activity = _activity(act.operation)
    authorizations = result.get("authorizations")
    record = {
        "metadata": {
            "version": _VERSION,
            "product": {"name": "tableadmin-server", "vendor_name": "tableadmin", "version": __version__},
            "uid": uuid.uuid4().hex,
            "correlation_uid": act.uid,
        },
        "time": round(time * 1000),
        "category_uid": 6,
        "category_name": "Application Activity",
        "class_uid": _CLASS,
        "class_name": "API Activity",
        "activity_id": activity_id,
        "activity_name": activity,
        "type_uid": _CLASS * 100 + activity_id,
        "severity_id": 1,
        "status_id": _STATUSES[status],
        "status": status,
        "status_code": result.get("status_code"),
        "status_detail": result.get("status_detail"),
        "duration": result.get("duration"),
        "actor": {"user": _user(act.caller.principal), "authorizations": authorizations},
        "src_endpoint": _source(act.caller.peer),
        "http_request": {"user_agent": act.caller.user_agent} if act.caller.user_agent else None,
        "api": {
            "operation": act.operation,
            "service": {"name": act.service},
            "request": {"uid": act.request_id, "data": act.request},
        },
        "resources": [{"name": name} for name in act.names],
        "unmapped": _filled(
            {
                "endpoint": act.endpoint,
                "proof": act.caller.proof,
                "operation_id": act.operation_id,
                "requested_by": act.requested_by,
                "aws_request_id": result.get("aws_request_id"),
            }
        ),
    }
    return _encode(_filled(record)) + b"\n"


def _filled(members: Mapping[str, Any]) -> dict[str, Any]:
    """MEMBERS without those that say nothing; members of members too."""
    filled = {
        name: _filled(value) if isinstance(value, dict) and name != "data" else value
        for name, value in members.items()
    }
    return {name: value for name, value in filled.items() if value not in (None, "", [], {}, ())}


def _activity(operation: str) -> tuple[int, str]:
    best = max(
        (
            (len(start), number, name)
            for number, name, starts in _ACTIVITIES
            for start in starts
            if operation.startswith(start)
        ),
        default=None,
    )
    return _OTHER if best is None else best[1:]


def _user(principal: Principal) -> Mapping[str, Any]:
    type_id, type_ = _USER_TYPES[principal.type]
    return {
        "name": principal.name,
        "uid": str(principal),
        "type_id": type_id,
        "type": type_,
        "groups": [{"name": each} for each in sorted(principal.groups)],
    }


def _source(peer: str) -> Mapping[str, Any]:
    host, _, port = peer.rpartition(":")
    if port.isascii() and port.isdigit():
        return {"ip": host.strip("[]"), "port": int(port)}
    return {"name": peer or "unknown"}
