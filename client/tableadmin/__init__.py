"""Client of the Table Admin service.

    from tableadmin import Client

    with Client("127.0.0.1:50051") as client:
        client.describe_table(table_name="Music")

Messages and enums are in `tableadmin.v1`, the asynchronous client is `tableadmin.aio.Client`.
"""

from importlib import import_module

# mypy takes this constant for True. Loading `typing` for its own one would delay the start of tablectl.
TYPE_CHECKING = False

# A constant, because reading the metadata of the distribution takes longer than a call.
__version__ = "0.1.0"

if TYPE_CHECKING:
    from tableadmin.client import Client, Operations
    from tableadmin.errors import (
        Aborted,
        AlreadyExists,
        Cancelled,
        ClientClosed,
        DeadlineExceeded,
        FailedPrecondition,
        Internal,
        InvalidArgument,
        NotFound,
        OperationFailed,
        PermissionDenied,
        ResourceExhausted,
        TableAdminError,
        Unauthenticated,
        Unavailable,
        Unimplemented,
        WrongEventLoop,
    )
    from tableadmin.transport.tls import Tls

__all__ = [
    "Aborted",
    "AlreadyExists",
    "Cancelled",
    "Client",
    "ClientClosed",
    "DeadlineExceeded",
    "FailedPrecondition",
    "Internal",
    "InvalidArgument",
    "NotFound",
    "OperationFailed",
    "Operations",
    "PermissionDenied",
    "ResourceExhausted",
    "TableAdminError",
    "Tls",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "WrongEventLoop",
]

# The modules of the public names that are not errors.
_HOMES = {"Client": "client", "Operations": "client", "Tls": "transport.tls"}

# The public modules, by attribute.
_MODULES = {
    "aio": "aio",
    "boto3": "boto3",
    "effects": "contract.effects",
    "formats": "formats",
    "v1": "v1",
}

if not TYPE_CHECKING:

    def __dir__() -> list[str]:
        # Completion and help() also show the names that are loaded on first use.
        return sorted({*globals(), *__all__, *_MODULES})

    def __getattr__(name: str) -> object:
        # Names are loaded on first use: tablectl and the server import this package without needing grpc.
        if name in _MODULES:
            return import_module(f"{__name__}.{_MODULES[name]}")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = _HOMES.get(name, "errors")
        return getattr(import_module(f"{__name__}.{home}"), name)
