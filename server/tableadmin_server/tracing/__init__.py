"""Traces by OpenTelemetry. Of the modules only `tracing` can be imported without the extra `server-otel`."""
