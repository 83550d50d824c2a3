"""Which operations change tables and which only read, as the contract says."""

from google.protobuf.descriptor_pb2 import MethodOptions

from tableadmin.v1 import table_admin_pb2

_METHODS = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods

READS = frozenset(
    method.name
    for method in _METHODS
    if method.GetOptions().idempotency_level == MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS
)
CHANGES = frozenset(method.name for method in _METHODS) - READS
