"""The entry point of `tableadmin-server`."""

import os
import sys
from importlib.util import find_spec

from tableadmin.standard_streams import replace_closed_streams


def main() -> None:
    """Run the command. Without the extra `server`, print how to install it."""
    replace_closed_streams()
    if find_spec("boto3") is None or find_spec("grpc_health") is None:
        sys.exit("tableadmin-server: the server is not installed: pip install 'tableadmin[server]'")
    # gRPC's core writes errors, such as of a port in use, directly to standard error.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from tableadmin_server.command import command  # noqa: PLC0415  # needs the packages checked above
    from tableadmin_server.settings import PREFIX  # noqa: PLC0415  # the same

    command(auto_envvar_prefix=PREFIX)


if __name__ == "__main__":
    main()
