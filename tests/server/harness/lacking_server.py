"""`python -m tests.server.harness.lacking_server`: a server where botocore has renamed a private member."""

from botocore.client import BaseClient

from tableadmin_server.__main__ import main
from tableadmin_server.dynamodb.client import botocore_private

if __name__ == "__main__":
    found = botocore_private._member

    def without_the_signer(client: BaseClient, path: str) -> object:
        """What CLIENT has at PATH, unless that is its signer."""
        return None if path == botocore_private.SERIALIZER else found(client, path)

    botocore_private._member = without_the_signer
    main()
