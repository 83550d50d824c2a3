"""The entry point of `tableadmin-server`."""

import os
import sys
from importlib.util import find_spec

_STANDARD_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def main() -> None:
    """Run the command. Without the extra `server`, print how to install it."""
    _replace_closed_streams()
    if find_spec("boto3") is None or find_spec("grpc_health") is None:
        sys.exit("tableadmin-server: the server is not installed: pip install 'tableadmin[server]'")
    # gRPC's core writes errors, such as of a port in use, directly to standard error.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from tableadmin_server.command import command  # noqa: PLC0415  # needs the packages checked above
    from tableadmin_server.settings import PREFIX  # noqa: PLC0415  # the same

    command(auto_envvar_prefix=PREFIX)


def _replace_closed_streams() -> None:
    """Open the null device for each standard stream that the process was started without, as by `>&-`.

    Otherwise the next file or socket has the number of the stream, and the log is written into that.
    """
    for number, (name, mode) in enumerate(_STANDARD_STREAMS):
        if getattr(sys, name) is None:
            # The stream is open until the process ends. Processes that the server starts have it as well.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  # see above
            os.set_inheritable(number, True)  # noqa: FBT003  # it takes no keyword


if __name__ == "__main__":
    main()
