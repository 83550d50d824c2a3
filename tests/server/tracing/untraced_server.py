"""`python -m tests.server.tracing.untraced_server`: the server where OpenTelemetry is not installed."""

import sys

from tableadmin_server.__main__ import main

if __name__ == "__main__":
    # An import of a module that is None here raises ModuleNotFoundError.
    sys.modules["opentelemetry"] = None  # type: ignore[assignment]  # see above
    main()
