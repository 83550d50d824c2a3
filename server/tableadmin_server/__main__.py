"""`tableadmin-server`: reads flags and configuration, and runs the server."""

import os
import sys
from importlib.util import find_spec


def main() -> None:
    """Run the command; a server without its extra says how to install it."""
    if find_spec("boto3") is None or find_spec("grpc_health") is None:
        sys.exit("tableadmin-server: the server is not installed: pip install 'tableadmin[server]'")
    # gRPC's core writes to standard error past our log, of a port that is taken for one.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from tableadmin_server.command import command  # noqa: PLC0415  # only now is everything it imports there
    from tableadmin_server.settings import PREFIX  # noqa: PLC0415  # the same

    command(auto_envvar_prefix=PREFIX)


if __name__ == "__main__":
    main()
