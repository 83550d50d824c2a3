"""Watch a table many times over, say so, and wait to be killed: `leave_at_once.py ADDRESS TABLE COUNT`."""

import asyncio
import sys

import grpc

from tableadmin.v1.watch_pb2 import WatchRequest
from tableadmin.v1.watch_service_pb2_grpc import WatchServiceStub

_STREAMS_A_CONNECTION = 100


async def main(address: str, table: str, count: int) -> None:
    """Open the streams, read a snapshot from each, and stay."""
    options = (("grpc.use_local_subchannel_pool", 1),)
    # A channel that nobody holds is closed.
    channels = [
        grpc.aio.insecure_channel(address, options=options) for _ in range(-(-count // _STREAMS_A_CONNECTION))
    ]
    stubs = [WatchServiceStub(channel) for channel in channels]
    calls = [stubs[n % len(stubs)].Watch(WatchRequest(table_names=[table])) for n in range(count)]
    await asyncio.gather(*(call.read() for call in calls))
    print("watching", flush=True)  # noqa: T201  # the test waits for it
    await asyncio.sleep(60)


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
