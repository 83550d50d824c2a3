"""The gRPC services. Their handlers convert requests, call the server's objects, and convert results."""
