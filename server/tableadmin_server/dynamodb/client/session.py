"""boto3 clients for configured endpoints: where they connect, and with whose credentials."""

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
from tableadmin_server.dynamodb.client.transport import Transport, trusted

# The key that botocore finds fault with.
_KEYS: tuple[tuple[type[BotoCoreError], str], ...] = (
    (NoRegionError, ".region"),
    (InvalidRegionError, ".region"),
    (ProfileNotFound, ".profile"),
    (NoCredentialsError, ".role_arn"),
)

# What asks the network for credentials, which an engine on this machine never needs.
_REMOTE_PROVIDERS = ("container-role", "iam-role")


# A call takes the operation's parameters as keyword arguments and returns a dict.
ClientMethod: TypeAlias = Callable[..., dict[str, Any]]


def make_client(name: str, config: EndpointConfig) -> BaseClient:
    """A boto3 client for the endpoint NAME; raises ConfigError naming the key when there can't be one."""
    return connect(name, config)[0]


def connect(name: str, config: EndpointConfig) -> tuple[BaseClient, Transport | None]:
    """The same, and how reads are sent without it; None where the client sends them too.

    The client does so behind a proxy. It also does so where the URL has a path: libcurl would normalize it.
    """
    try:
        return _connected(config)
    except BotoCoreError as error:
        raise _invalid(name, error) from error


def check_endpoint_settings(name: str, config: EndpointConfig) -> None:
    """Raise ConfigError where boto3 has no profile or region for the endpoint NAME; reads no credentials."""
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
    """The methods of CLIENT by operation: boto3 makes one for each of its service model."""
    return {
        operation: getattr(client, method) for method, operation in client.meta.method_to_api_mapping.items()
    }


def make_kms_client(config: EndpointConfig, region: str) -> Any:  # noqa: ANN401  # boto3 makes the methods
    """A client of KMS in REGION with the credentials of the endpoint of CONFIG; raises BotoCoreError.

    The region "" is that of the endpoint.
    """
    config = replace(config, region=region or config.region)
    session, local = _session_with_credentials(config, config.kms_endpoint_url)
    return _client(
        "kms", session, config, config.kms_endpoint_url, local=local, retries={"total_max_attempts": 1}
    )


def make_sts_client(config: EndpointConfig) -> Any:  # noqa: ANN401  # boto3 makes its methods at run time
    """A client of the region's STS with the credentials of the endpoint of CONFIG; raises BotoCoreError."""
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
    service: Literal["dynamodb", "kms", "sts"],
    session: botocore.session.Session,
    config: EndpointConfig,
    endpoint_url: str | None,
    *,
    local: bool,
    **options: Any,  # noqa: ANN401  # those of botocore's Config
) -> BaseClient:
    """A client of SERVICE at ENDPOINT_URL, which is on this machine if LOCAL."""
    # Engines on this machine want credentials too, but any will do.
    placeholder = "local" if local and session.get_credentials() is None else None
    return boto3.Session(botocore_session=session, region_name=config.region).client(
        service,
        aws_access_key_id=placeholder,
        aws_secret_access_key=placeholder,
        endpoint_url=endpoint_url,
        config=Config(
            connect_timeout=config.connect_timeout,
            read_timeout=config.read_timeout,
            # A proxy can't reach this machine's own addresses; None stands for what the environment says.
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
        # Without one botocore puts the same text together anew, twice for each call.
        user_agent=f"{session.user_agent()} tableadmin",
    )
    spare_changes(client)
    url = urlsplit(client.meta.endpoint_url)
    if url.path.strip("/") or (not local and url.scheme in get_environ_proxies(url.geturl())):
        return client, None
    return client, Transport(config.connect_timeout, config.read_timeout, trusted(session))


class _Session(botocore.session.Session):
    """Makes clients that bound the answers they read, those of STS and SSO for credentials too."""

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
    """What reads and keeps botocore's models: reading takes 50 ms, and what is read some MB."""
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
    """Make SESSION use the role's credentials, which are taken and renewed with those it has now."""
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
    """Gives the credentials of a role before any other provider is asked."""

    METHOD = "tableadmin-assume-role"
    CANONICAL_NAME = METHOD

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(
            method=self.METHOD, refresh_using=self._fetcher.fetch_credentials
        )
