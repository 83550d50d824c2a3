"""Replacements for botocore's classes if botocore is not installed: same names, attributes and texts."""

from collections.abc import Mapping
from typing import Any, ClassVar


class BotoCoreError(Exception):
    """A call failed without a response of AWS. `kwargs` are the parts of the message."""

    fmt: ClassVar[str] = "An unspecified error occurred"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(self.fmt.format(**kwargs))
        self.kwargs = kwargs


class ParamValidationError(BotoCoreError):
    """The parameters of the operation are invalid."""

    fmt = "Parameter validation failed:\n{report}"


class EndpointConnectionError(BotoCoreError):
    """The endpoint does not answer."""

    fmt = 'Could not connect to the endpoint URL: "{endpoint_url}"'


class ConnectionClosedError(BotoCoreError):
    """The connection closed before the response."""

    fmt = 'Connection was closed before we received a valid response from endpoint URL: "{endpoint_url}".'


class ReadTimeoutError(BotoCoreError):
    """The deadline expired before the response."""

    fmt = 'Read timeout on endpoint URL: "{endpoint_url}"'


class NoCredentialsError(BotoCoreError):
    """There are no credentials for AWS."""

    fmt = "Unable to locate credentials"


class PaginationError(BotoCoreError):
    """The pagination settings are invalid, or a page token repeats."""

    fmt = "Error during pagination: {message}"


class OperationNotPageableError(BotoCoreError):
    """The operation is not paged."""

    fmt = "Operation cannot be paginated: {operation_name}"


class WaiterError(BotoCoreError):
    """A waiter failed: its condition does not hold, or can no longer hold. `last_response` is the last."""

    fmt = "Waiter {name} failed: {reason}"

    def __init__(self, name: str, reason: str, last_response: Mapping[str, Any]) -> None:
        super().__init__(name=name, reason=reason)
        self.last_response = last_response


class ClientError(Exception):
    """AWS returned an error. `response` is the error response, `operation_name` the AWS operation."""

    MSG_TEMPLATE: ClassVar[str] = (
        "An error occurred ({code}) when calling the {operation} operation: {message}"
    )

    def __init__(self, error_response: Mapping[str, Any], operation_name: str) -> None:
        error = error_response.get("Error", {})
        super().__init__(
            self.MSG_TEMPLATE.format(
                code=error.get("Code", "Unknown"),
                operation=operation_name,
                message=error.get("Message", "Unknown"),
            )
        )
        self.response = error_response
        self.operation_name = operation_name

    def __reduce__(self) -> tuple[type["ClientError"], tuple[Mapping[str, Any], str]]:
        # Pickle needs a class of a module, and the classes of `client.exceptions` are in none.
        return ClientError, (self.response, self.operation_name)


# The options of botocore's Config. This client reads none of them.
_OPTIONS = (
    *("account_id_endpoint_mode", "auth_scheme_preference", "client_cert", "client_context_params"),
    *("connect_timeout", "defaults_mode", "disable_request_compression", "endpoint_discovery_enabled"),
    *("ignore_configured_endpoint_urls", "inject_host_prefix", "max_pool_connections"),
    *("parameter_validation", "proxies", "proxies_config", "read_timeout", "region_name"),
    *("request_checksum_calculation", "request_min_compression_size_bytes", "response_checksum_validation"),
    *("retries", "s3", "s3_disable_express_session_auth", "signature_version"),
    *("sigv4a_signing_region_set", "tcp_keepalive", "use_dualstack_endpoint", "use_fips_endpoint"),
    *("user_agent", "user_agent_appid", "user_agent_extra"),
)


class Config:
    """The configuration of a client. Options that are not given are None."""

    def __init__(self, **options: object) -> None:
        vars(self).update(dict.fromkeys(_OPTIONS) | options)

    def merge(self, other_config: "Config") -> "Config":
        """Return these options, replaced by those of OTHER_CONFIG."""
        given = {name: value for name, value in vars(other_config).items() if value is not None}
        return Config(**vars(self) | given)


class ServiceModel:
    """The names in DynamoDB's model. The shapes need botocore."""

    service_name = endpoint_prefix = signing_name = "dynamodb"
    service_id = "DynamoDB"
    api_version = "2012-08-10"
    protocol = resolved_protocol = "json"
    signature_version = "v4"

    def __init__(self, operation_names: list[str]) -> None:
        self.operation_names = operation_names
