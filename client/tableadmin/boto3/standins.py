"""Stand-ins for classes of botocore, where it is not installed: same names, attributes and texts."""

from collections.abc import Mapping
from typing import Any, ClassVar


class BotoCoreError(Exception):
    """What ends a call without an answer of AWS; `kwargs` are the parts of its text."""

    fmt: ClassVar[str] = "An unspecified error occurred"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(self.fmt.format(**kwargs))
        self.kwargs = kwargs


class ParamValidationError(BotoCoreError):
    """The parameters are not those of the operation."""

    fmt = "Parameter validation failed:\n{report}"


class EndpointConnectionError(BotoCoreError):
    """Nobody answers at the endpoint."""

    fmt = 'Could not connect to the endpoint URL: "{endpoint_url}"'


class ConnectionClosedError(BotoCoreError):
    """The connection ended before the answer came."""

    fmt = 'Connection was closed before we received a valid response from endpoint URL: "{endpoint_url}".'


class ReadTimeoutError(BotoCoreError):
    """No answer came in time."""

    fmt = 'Read timeout on endpoint URL: "{endpoint_url}"'


class NoCredentialsError(BotoCoreError):
    """There are no credentials for AWS."""

    fmt = "Unable to locate credentials"


class PaginationError(BotoCoreError):
    """The pages can't be gone through as was asked."""

    fmt = "Error during pagination: {message}"


class OperationNotPageableError(BotoCoreError):
    """The operation does not answer in pages."""

    fmt = "Operation cannot be paginated: {operation_name}"


class WaiterError(BotoCoreError):
    """What was waited for did not come, or can't any more; `last_response` is what was seen last."""

    fmt = "Waiter {name} failed: {reason}"

    def __init__(self, name: str, reason: str, last_response: Mapping[str, Any]) -> None:
        super().__init__(name=name, reason=reason)
        self.last_response = last_response


class ClientError(Exception):
    """AWS answered with an error: `response` is the answer, `operation_name` what was asked."""

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
        # The classes of `client.exceptions` are in no module, so pickle gets the one that is.
        return ClientError, (self.response, self.operation_name)


# The options of botocore's Config, none of which this client reads.
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
    """The configuration of a client: what is not given is None."""

    def __init__(self, **options: object) -> None:
        vars(self).update(dict.fromkeys(_OPTIONS) | options)

    def merge(self, other_config: "Config") -> "Config":
        """These options, with what OTHER_CONFIG has in their place."""
        given = {name: value for name, value in vars(other_config).items() if value is not None}
        return Config(**vars(self) | given)


class ServiceModel:
    """The names in the model of DynamoDB; for its shapes botocore is needed."""

    service_name = endpoint_prefix = signing_name = "dynamodb"
    service_id = "DynamoDB"
    api_version = "2012-08-10"
    protocol = resolved_protocol = "json"
    signature_version = "v4"

    def __init__(self, operation_names: list[str]) -> None:
        self.operation_names = operation_names
