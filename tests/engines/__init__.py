"""Real DynamoDB engines for tests and benchmarks, started on free ports of this machine.

``ENGINES`` maps a name to a context manager; no pytest is needed to use it::

    with ENGINES["dynamodb-local"]() as engine:
        engine.boto3().list_tables()

==================  ================================  ==========================================
``ministack``       installed with the extra          the embedded engine
                    ``embedded``
``dynamodb-local``  Java 17; npm for the first use,   AWS's own engine: validation texts, and (when
                    or ``DYNAMODB_LOCAL_URL``         asked for) indexes that take time
``dynalite``        Node.js 18 and npm                tables that take time: honest transitional
                                                      statuses
==================  ================================  ==========================================

What is fetched is pinned and checked against hashes kept here, and lies outside the tree in
``$XDG_CACHE_HOME/tableadmin-tests`` (``~/.cache/tableadmin-tests``). An engine that cannot be had on
this machine raises ``EngineUnavailable`` with what to install. Every engine ends when its block does or
when the process that started it ends, however it ends.

Under pytest, see ``tests/engines/fixtures.py``. Tests share an engine: they use table names of their own
and delete their tables; ``empty(engine)`` deletes all of them.
"""

from tests.engines.dynalite import dynalite
from tests.engines.dynamodb_local import dynamodb_local
from tests.engines.embedded import ministack
from tests.engines.engine import Engine, EngineFactory, EngineUnavailable, empty

__all__ = [
    "ENGINES",
    "Engine",
    "EngineFactory",
    "EngineUnavailable",
    "dynalite",
    "dynamodb_local",
    "empty",
    "ministack",
]

ENGINES: dict[str, EngineFactory] = {
    "ministack": ministack,
    "dynamodb-local": dynamodb_local,
    "dynalite": dynalite,
}
