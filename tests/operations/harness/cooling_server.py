"""`python -m tests.operations.harness.cooling_server`: a server that knows the cooldowns of its endpoint.

The endpoint of these tests is on this machine and has the cooldowns of AWS.
"""

from tableadmin_server.__main__ import main
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.dynamodb.support import Support

if __name__ == "__main__":
    Support.cooldowns = frozenset(Cooldown)
    main()
