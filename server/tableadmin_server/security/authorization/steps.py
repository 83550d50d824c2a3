"""The calls of operations, each authorized for the principal that asked, when the call is sent."""

from google.protobuf.message_factory import GetMessageClass

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.v1 import table_admin_pb2
from tableadmin_server.security.authorization.asks import Ask, step_asks
from tableadmin_server.security.authorization.authorizer import Authorizer
from tableadmin_server.security.identity import Principal

_METHODS = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods_by_name


class StepAuthorizer:
    """Decides by AUTHORIZER about calls to ENDPOINT, which is the name of the endpoint."""

    def __init__(self, authorizer: Authorizer, endpoint: str) -> None:
        self._authorizer = authorizer
        self._endpoint = endpoint

    async def __call__(self, principal: Principal, operation: str, params: AwsDict, table: str) -> None:
        """Raise Failure (PERMISSION_DENIED) where PRINCIPAL may not have OPERATION called for TABLE.

        The principal must also still be permitted to apply plans to the table.
        """
        request = from_aws(params, GetMessageClass(_METHODS[operation].input_type))
        asked = [Ask("ApplyPlan", table, request), *step_asks(request, table)]
        await self._authorizer.check(principal, asked, self._endpoint)
