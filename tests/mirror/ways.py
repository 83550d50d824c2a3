"""The whole way from a caller's dict to AWS's HTTP and back, for one operation at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from tableadmin.awsshape import AwsDict, from_aws, to_aws
from tests.mirror.http_layer import HttpLayer
from tests.mirror.in_process import InProcess
from tests.parity import CONTRACT, installed_model

MODEL = installed_model()

each_operation = pytest.mark.parametrize("method", list(CONTRACT.methods), ids=lambda method: method.name)


@dataclass(frozen=True)
class Way:
    """The body of the HTTP request, and what the caller got: the answer as a dict, and trailing metadata."""

    sent: str
    answered: AwsDict
    trailing: Mapping[str, str | bytes]


@dataclass(frozen=True)
class Ways:
    """A server, and the HTTP layer that all its endpoints lead to."""

    server: InProcess
    http: HttpLayer

    async def there_and_back(
        self, method: MethodDescriptor, asked: AwsDict, answer: AwsDict, endpoint: str = "strict"
    ) -> Way:
        """The way of ASKED through ENDPOINT to the HTTP layer, and of ANSWER back."""
        self.http.will_answer(answer)
        request = from_aws(asked, GetMessageClass(method.input_type))
        try:
            response, trailing = await self.server.call(method, request, endpoint)
            sent = self.http.seen.pop()
        except BaseException:
            self.http.forget()
            raise
        assert method.name == sent.operation
        return Way(sent.body, to_aws(response), trailing)
