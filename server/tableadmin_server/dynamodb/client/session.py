"""Creates boto3 clients for configured endpoints, with their URLs and credentials."""

import ipaddress
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import (
    BotoCoreError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)
from botocore.loaders import Loader, create_loader
from botocore.utils import get_environ_proxies, validate_region_name
from msgspec.structs import replace

from tableadmin_server.config import ConfigError, EndpointConfig
from tableadmin_server.dynamodb.client.botocore_private import missing_steps
from tableadmin_server.dynamodb.client.connections import bound_answers
from tableadmin_server.dynamodb.client.parser import StrictParserFactory
from tableadmin_server.dynamodb.client.retries import spare_changes
from tableadmin_server.dynamodb.client.transport import Transport, ca_bundle

# The configuration key that each error of botocore is about.
_KEYS: tuple[tuple[type[BotoCoreError], str], ...] = (
    (NoRegionError, ".region"),
    (InvalidRegionError, ".region"),
    (ProfileNotFound, ".profile"),
    (NoCredentialsError, ".role_arn"),
)

# The credential providers that use the network. An engine on this machine does not need them.
_REMOTE_PROVIDERS = ("container-role", "iam-role")


# A method takes the operation's parameters as keyword arguments and returns a dict.
ClientMethod: TypeAlias = Callable[..., dict[str, Any]]


def make_client(name: str, config: EndpointConfig) -> BaseClient:
    """Return a boto3 client for the endpoint NAME. Raises ConfigError with the configuration key."""
    return connect(name, config)[0]


def connect(name: str, config: EndpointConfig) -> tuple[BaseClient, Transport | None]:
    """Return a boto3 client, and a transport for reads; None if the client must send reads too.

    The client sends reads behind a proxy, and if the URL has a path, which libcurl would normalize. Raises
    ConfigError with the configuration key.
    """
    try:
        return _connected(config)
    except BotoCoreError as error:
        raise _invalid(name, error) from error


def check_endpoint_settings(name: str, config: EndpointConfig) -> None:
    """Raise ConfigError if boto3 has no profile or region for the endpoint NAME. Reads no credentials."""
    try:
        session = _session(config)
        region = config.region or session.get_config_variable("region")
        if not region:
            raise NoRegionError
        validate_region_name(region)
    except BotoCoreError as error:
        raise _invalid(name, error) from error


def _invalid(name: str, error: BotoCoreError) -> ConfigError:
    key = next((key for exception, key in _KEYS if isinstance(error, exception)), "")
    text = "no region is configured and boto3 found none" if isinstance(error, NoRegionError) else error
    return ConfigError(f"endpoints.{name}{key}: {text}")


def methods(client: BaseClient) -> Mapping[str, ClientMethod]:
    """Return the methods of CLIENT by operation."""
    return {
        operation: getattr(client, method) for method, operation in client.meta.method_to_api_mapping.items()
    }


def make_kms_client(config: EndpointConfig, region: str) -> Any:  # noqa: ANN401  # boto3 makes the methods
    """Return a KMS client for REGION with the credentials of CONFIG. Raises BotoCoreError.

    The region "" is the endpoint's region.
    """
    config = replace(config, region=region or config.region)
    session, local = _session_with_credentials(config, config.kms_endpoint_url)
    return _client(
        "kms", session, config, config.kms_endpoint_url, local=local, retries={"total_max_attempts": 1}
    )


def make_cloudwatch_client(config: EndpointConfig, endpoint_url: str | None) -> Any:  # noqa: ANN401  # boto3 makes the methods
    """Return a CloudWatch client at ENDPOINT_URL with the credentials of CONFIG. Raises BotoCoreError.

    None is AWS in the region of the endpoint.
    """
    session, local = _session_with_credentials(config, endpoint_url)
    retries = {"mode": config.retry_mode, "total_max_attempts": config.max_attempts}
    return _client("cloudwatch", session, config, endpoint_url, local=local, retries=retries)


def make_sts_client(config: EndpointConfig) -> Any:  # noqa: ANN401  # boto3 makes its methods at run time
    """Return an STS client for the region and with the credentials of CONFIG. Raises BotoCoreError."""
    session, _ = _session_with_credentials(config, None)
    return _client("sts", session, config, None, local=False, retries={"total_max_attempts": 1})


def _session_with_credentials(
    config: EndpointConfig, endpoint_url: str | None
) -> tuple[botocore.session.Session, bool]:
    """A session with the credentials of CONFIG, and whether ENDPOINT_URL is on this machine."""
    session = _session(config)
    local = _is_local(endpoint_url)
    if local:
        for provider in _REMOTE_PROVIDERS:
            session.get_component("credential_provider").remove(provider)
    if config.role_arn:
        _assume_role(session, config, config.role_arn)
    return session, local


def _client(
    service: Literal["cloudwatch", "dynamodb", "kms", "sts"],
    session: botocore.session.Session,
    config: EndpointConfig,
    endpoint_url: str | None,
    *,
    local: bool,
    **options: Any,  # noqa: ANN401  # those of botocore's Config
) -> BaseClient:
    """A client of SERVICE at ENDPOINT_URL, which is on this machine if LOCAL."""
    # Engines on this machine require credentials and accept any.
    placeholder = "local" if local and session.get_credentials() is None else None
    return boto3.Session(botocore_session=session, region_name=config.region).client(
        service,
        aws_access_key_id=placeholder,
        aws_secret_access_key=placeholder,
        endpoint_url=endpoint_url,
        config=Config(
            connect_timeout=config.connect_timeout,
            read_timeout=config.read_timeout,
            # A proxy can't reach addresses of this machine. None means the proxies of the environment.
            proxies={} if local else None,
            **options,
        ),
    )


def _connected(config: EndpointConfig) -> tuple[BaseClient, Transport | None]:
    session, local = _session_with_credentials(config, config.endpoint_url)
    if not missing_steps():
        session.register_component("response_parser_factory", StrictParserFactory())
    client = _client(
        "dynamodb",
        session,
        config,
        config.endpoint_url,
        local=local,
        max_pool_connections=config.pool_size,
        retries={"mode": config.retry_mode, "total_max_attempts": config.max_attempts},
        tcp_keepalive=True,
        # Otherwise botocore builds the same text twice for each call.
        user_agent=f"{session.user_agent()} tableadmin",
    )
    spare_changes(client)
    url = urlsplit(client.meta.endpoint_url)
    if url.path.strip("/") or (not local and url.scheme in get_environ_proxies(url.geturl())):
        return client, None
    return client, Transport(config.connect_timeout, config.read_timeout, ca_bundle(session))


class _Session(botocore.session.Session):
    """Creates clients that limit the answers they read, also the STS and SSO clients for credentials."""

    def create_client(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # botocore's arguments
        client = super().create_client(*args, **kwargs)
        bound_answers(client)
        return client


def _session(config: EndpointConfig) -> botocore.session.Session:
    session = _Session(profile=config.profile)
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    return session


@cache
def _loader(data_path: str | None) -> Loader:
    """A cached loader of botocore's models. To read them takes 50 ms, and to keep them some MB."""
    return create_loader(data_path)


def _is_local(endpoint_url: str | None) -> bool:
    host = urlsplit(endpoint_url or "").hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _assume_role(session: botocore.session.Session, config: EndpointConfig, role_arn: str) -> None:
    """Make SESSION use the role's credentials, which it gets and renews with its current credentials."""
    source = _session(config)
    credentials = source.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    if config.region:
        source.set_config_variable("region", config.region)
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=source.create_client,
        source_credentials=credentials,
        role_arn=role_arn,
        extra_args={"RoleSessionName": "tableadmin"},
    )
    resolver = session.get_component("credential_provider")
    resolver.insert_before("env", _AssumedRole(fetcher))


class _AssumedRole(CredentialProvider):
    """Provides the credentials of a role, before all other providers."""

    METHOD = "tableadmin-assume-role"
    CANONICAL_NAME = METHOD

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(
            method=self.METHOD, refresh_using=self._fetcher.fetch_credentials
        )
