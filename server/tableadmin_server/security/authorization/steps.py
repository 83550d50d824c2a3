"""Authorizes each call of an operation for the operation's requester, when the call is sent."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal

from google.protobuf.message_factory import GetMessageClass

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.v1 import table_admin_pb2
from tableadmin_server.security.authorization.approvals import RequiredApproval
from tableadmin_server.security.authorization.authorizer import Authorizer
from tableadmin_server.security.authorization.required_permissions import step_permissions
from tableadmin_server.security.authorization.resources import EndpointAccount, with_account
from tableadmin_server.security.identity import Principal

_METHODS = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods_by_name


class StepAuthorizer:
    """Decides by AUTHORIZER about calls to the endpoint of ACCOUNT. LEARN finds out the id of ACCOUNT."""

    def __init__(
        self,
        authorizer: Authorizer,
        account: Callable[[], EndpointAccount],
        learn: Callable[[], Awaitable[str | None]],
    ) -> None:
        self._authorizer = authorizer
        self._account = account
        self._learn = learn

    async def __call__(
        self,
        principal: Principal,
        operation: str,
        params: AwsDict,
        table: str,
        at: datetime | None = None,
        cost_increase: Decimal | None = None,
    ) -> tuple[RequiredApproval, ...]:
        """Return the approvals that the call of OPERATION for TABLE by PRINCIPAL needs, at AT (None is now).

        The plan of the call makes the table cost COST_INCREASE US dollars more a month.
        Raises Failure (PERMISSION_DENIED) if the call is denied. The principal must also still have the
        permission for ApplyPlan of the table.
        """
        request = from_aws(params, GetMessageClass(_METHODS[operation].input_type))
        permissions = await with_account(
            self._learn, lambda: step_permissions(request, table, self._account(), at, cost_increase)
        )
        return await self._authorizer.required_approvals(principal, permissions, self._account().endpoint)
