"""Traces by OpenTelemetry. Without the extra `server-otel` only the module `tracing` can be imported."""
