"""The names of spans and of their attributes, which docs/reference/traces.md describes.

OpenTelemetry's semantic conventions are copied here, because the package with their constants renames them
between releases.
"""

from typing import Final

# Spans. The others have the name of their RPC, or the service and the operation of AWS.
STEP: Final = "operation step"
END: Final = "operation end"

# Events of the span of a call to an endpoint.
SENT: Final = "sent"
ATTEMPT_FAILED: Final = "attempt failed"

# Attributes of the semantic conventions.
SYSTEM: Final = "rpc.system.name"
METHOD: Final = "rpc.method"
STATUS_CODE: Final = "rpc.response.status_code"
ERROR_TYPE: Final = "error.type"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
HTTP_STATUS: Final = "http.response.status_code"
REGION: Final = "cloud.region"
DATABASE: Final = "db.system.name"
TABLES: Final = "aws.dynamodb.table_names"
AWS_REQUEST_ID: Final = "aws.request_id"

# Attributes of the service.
ENDPOINT: Final = "tableadmin.endpoint"
REQUEST_ID: Final = "tableadmin.request_id"
REASON: Final = "tableadmin.reason"
OPERATION_ID: Final = "tableadmin.operation.id"
OPERATION_REQUEST_ID: Final = "tableadmin.operation.request_id"
OPERATION_CALL: Final = "tableadmin.operation.call"
OPERATION_STATE: Final = "tableadmin.operation.state"

# Values.
GRPC: Final = "grpc"
AWS_API: Final = "aws-api"
DYNAMODB: Final = "aws.dynamodb"

# The largest number of characters of a text from an endpoint.
MAX_TEXT: Final = 256
