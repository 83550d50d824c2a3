"""The gRPC services: handlers unpack, call and pack."""
