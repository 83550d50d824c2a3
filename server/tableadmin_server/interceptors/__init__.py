"""The interceptors, which handle every RPC of every service."""
