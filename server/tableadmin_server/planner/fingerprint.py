"""The fingerprint of the live state that a plan was made from, and what has changed since."""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace

from tableadmin.awsshape import AwsValue
from tableadmin_server.planner.aws import text
from tableadmin_server.planner.changes import differences
from tableadmin_server.planner.state.index import UNMANAGED
from tableadmin_server.planner.state.live import auto_scaled
from tableadmin_server.planner.state.table_state import TableState, parse_definition
from tableadmin_server.planner.state.unmanaged import Unmanaged
from tableadmin_server.tables.snapshot import Snapshot

# Characters of a digest. A digest detects that a setting has changed; it is no protection against forgery.
_DIGITS = 10
_MAX_BYTES = 256 * 1024


def fingerprint(live: Snapshot, at: TableState | None, unmanaged: Unmanaged) -> str:
    """A text that is equal for equal settings of the same table.

    Sizes, times, statuses, capacity that AWS changes by itself and the UNMANAGED settings do not count. The
    text holds a digest of each setting, so that `changed_settings` can name the settings that differ.
    """
    digests = {} if at is None else _digests(live, at, unmanaged)
    packed = zlib.compress(json.dumps(digests, separators=(",", ":"), sort_keys=True).encode())
    return base64.urlsafe_b64encode(packed).decode()


def changed_settings(before: str, after: str) -> list[str]:
    """The paths, in AWS member names, of the settings that differ between two fingerprints.

    [""] means that the table was created, deleted or replaced. Raises ValueError for a text that is no
    fingerprint.
    """
    then, now = _read(before), _read(after)
    if bool(then) != bool(now) or then.get(_IDENTITY) != now.get(_IDENTITY):
        return [""]
    return sorted(path for path in then.keys() | now.keys() if then.get(path) != now.get(path))


_IDENTITY = "TableId"


def _digests(live: Snapshot, at: TableState, unmanaged: Unmanaged) -> dict[str, str]:
    identity = {_IDENTITY: _digest(text(live.description or {}, _IDENTITY))}
    settings = {
        each.path: unmanaged.stripped(each.path, each.after)
        for each in differences(parse_definition({}), _still(live, at))
    }
    return {**identity, **{path: _digest(value) for path, value in settings.items() if value is not None}}


def _still(live: Snapshot, at: TableState) -> TableState:
    """AT without the capacity that AWS changes by itself."""
    still, scaled = at.draft(), auto_scaled(live)
    still.warm = UNMANAGED
    if "" in scaled:
        still.throughput = None
    still.indexes = {
        name: replace(index, warm=UNMANAGED, throughput=None if name in scaled else index.throughput)
        for name, index in still.indexes.items()
    }
    return still


def _digest(value: AwsValue) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:_DIGITS]


def _read(fingerprint: str) -> Mapping[str, str]:
    try:
        packed = base64.urlsafe_b64decode(fingerprint.encode("ascii"))
        read = json.loads(zlib.decompressobj().decompress(packed, _MAX_BYTES))
    except (ValueError, RecursionError, zlib.error) as error:
        raise ValueError("not a fingerprint of a plan") from error
    if not isinstance(read, dict) or not all(isinstance(digest, str) for digest in read.values()):
        raise ValueError("not a fingerprint of a plan")
    return read
