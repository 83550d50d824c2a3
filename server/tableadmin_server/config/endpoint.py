"""The configuration of a DynamoDB endpoint."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from tableadmin_server.config.keys import ConfigError

RetryMode = Literal["standard", "adaptive", "legacy"]

ENDPOINT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_ACCOUNT = re.compile(r"[0-9]{12}")
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
_TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")


class EndpointConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One DynamoDB endpoint. Every key is optional. boto3's configuration chain supplies absent values.

    Flags, environment variables, `--help` and docs/reference/settings.md derive from the fields.
    A description is required. `extra` may hold the `unit`, the `metavar` of the flag, `flag` False for a key
    that only the file has, and `empty` True where an empty text is a value, also in the environment variable.
    """

    endpoint_url: Annotated[
        str | None,
        Meta(
            description="URL of the DynamoDB endpoint, such as http://localhost:8000. "
            "Without a URL, calls go to AWS.",
            extra={"metavar": "URL"},
        ),
    ] = None
    region: Annotated[
        str | None,
        Meta(
            description="AWS region. Without this setting, boto3 takes the region from the environment or "
            "the profile."
        ),
    ] = None
    account: Annotated[
        str | None,
        Meta(
            description="ID of the AWS account. If policies are configured, callers can use ARNs of this "
            "account only. Without this setting, the server asks AWS (sts:GetCallerIdentity) when the first "
            "ARN is used. Endpoints other than AWS accept no ARNs without this setting.",
            extra={"metavar": "ID"},
        ),
    ] = None
    profile: Annotated[str | None, Meta(description="Profile in the shared AWS configuration files.")] = None
    role_arn: Annotated[
        str | None,
        Meta(
            description="IAM role to assume. The server renews the role's credentials before they expire.",
            extra={"metavar": "ARN"},
        ),
    ] = None
    kms_endpoint_url: Annotated[
        str | None,
        Meta(
            description="URL of the KMS endpoint that plans ask (kms:DescribeKey) which key an alias is of. "
            "Without a URL, plans for AWS ask KMS of the region of the table or replica, and other plans ask "
            "no KMS. An empty URL turns this off. Without an answer, plans warn that they cannot compare the "
            "keys.",
            extra={"metavar": "URL", "empty": True},
        ),
    ] = None
    cloudwatch_endpoint_url: Annotated[
        str | None,
        Meta(
            description="URL of the CloudWatch endpoint that GetConsumedCapacity reads "
            "(cloudwatch:GetMetricData). Without a URL, this is CloudWatch of the region for AWS, and "
            "endpoint_url for other endpoints. An empty URL turns this off.",
            extra={"metavar": "URL", "empty": True},
        ),
    ] = None
    # Each call takes a thread and a connection.
    pool_size: Annotated[
        int, Meta(description="Maximum number of calls to the endpoint at the same time.", ge=1, le=1000)
    ] = 16
    queue_size: Annotated[
        int,
        Meta(
            description="Maximum number of calls that wait while pool_size calls are in progress. "
            "Further calls fail with RESOURCE_EXHAUSTED.",
            ge=0,
            le=100_000,
        ),
    ] = 1000
    background_calls_per_second: Annotated[
        float,
        Meta(
            description="Maximum rate of the calls that watches, waits and operations make together. "
            "Calls that clients request are not counted. Servers with the same operations table divide the "
            "rate equally.",
            extra={"unit": "calls per second"},
            gt=0,
            le=10_000,
        ),
    ] = 1000.0
    operations_table: Annotated[
        str,
        Meta(
            description="Table at the endpoint that stores operations. The server creates the table when it "
            "first needs it. An empty name turns operations off.",
            extra={"metavar": "TABLE", "empty": True},
        ),
    ] = "tableadmin-operations"
    # AWS lets 500 tables change at once, 250 with indexes.
    concurrent_operations: Annotated[
        int,
        Meta(
            description="Maximum number of operations that run at the same time. Servers with the same "
            "operations table divide the number equally; each runs at least one.",
            ge=1,
            le=1000,
        ),
    ] = 250
    operation_lease: Annotated[
        float,
        Meta(
            description="Lease on a running operation. If a server crashes or hangs, other servers "
            "take over its operations within 4/3 of this time. Choose at least 2.5 times read_timeout: then "
            "a change that the lost server sent last is answered, or given up, before the takeover.",
            extra={"unit": "seconds"},
            ge=0.5,
            le=3600,
        ),
    ] = 30.0
    # A copy keeps about 500 bytes of memory for each item.
    copy_max_items: Annotated[
        int,
        Meta(
            description="Maximum number of items that a copy of a table (CopyItems) may have. 0 turns copies "
            "off: the server then reads and writes no items of tables.",
            ge=0,
            le=1_000_000,
        ),
    ] = 0
    copy_max_bytes: Annotated[
        int,
        Meta(
            description="Maximum size of the items of a copy, in bytes.",
            ge=1,
            le=100_000_000_000,
        ),
    ] = 1_000_000_000
    copy_units_per_second: Annotated[
        float,
        Meta(
            description="Maximum average rate of the read units, and of the write units, that a copy "
            "consumes. A server runs one copy at a time at each endpoint.",
            extra={"unit": "units per second"},
            gt=0,
            le=1_000_000,
        ),
    ] = 200.0
    # An attempt takes at most the sum of both timeouts.
    connect_timeout: Annotated[
        float, Meta(description="Connection timeout.", extra={"unit": "seconds"}, gt=0, le=3600)
    ] = 2.0
    read_timeout: Annotated[
        float, Meta(description="Response timeout.", extra={"unit": "seconds"}, gt=0, le=3600)
    ] = 10.0
    retry_mode: Annotated[RetryMode, Meta(description="Retry mode of botocore.")] = "standard"
    # A change is retried only if the endpoint has certainly not made it.
    max_attempts: Annotated[
        int,
        Meta(
            description="Maximum number of attempts for each call, including the first attempt.", ge=1, le=20
        ),
    ] = 3


def check_endpoint(name: str, endpoint: EndpointConfig) -> None:
    """Raise ConfigError for the first invalid value of the endpoint NAME."""
    if not ENDPOINT_NAME.fullmatch(name):
        raise ConfigError(
            f"endpoints.{name}: a name must have 1 to 63 characters of a-z 0-9 . _ - "
            "and start with a letter or digit"
        )
    if endpoint.endpoint_url is not None and not _is_http_url(endpoint.endpoint_url):
        raise ConfigError(
            f"endpoints.{name}.endpoint_url: {endpoint.endpoint_url!r} must have the form http(s)://HOST[:PORT]"
        )
    for key in ("kms_endpoint_url", "cloudwatch_endpoint_url"):
        url = getattr(endpoint, key)
        if url and not _is_http_url(url):
            raise ConfigError(f"endpoints.{name}.{key}: {url!r} must have the form http(s)://HOST[:PORT]")
    if endpoint.account is not None and not _ACCOUNT.fullmatch(endpoint.account):
        raise ConfigError(f"endpoints.{name}.account: {endpoint.account!r} must have 12 digits")
    if endpoint.operations_table and not _TABLE_NAME.fullmatch(endpoint.operations_table):
        raise ConfigError(
            f"endpoints.{name}.operations_table: {endpoint.operations_table!r} is not a "
            "table name: use 3 to 255 characters of a-z A-Z 0-9 _ . -"
        )


def _is_http_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:  # half a pair of brackets, or a port that is none
        return False
