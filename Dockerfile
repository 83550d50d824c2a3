# Builds the server's image; docs/container.md says how, and how to run it.

FROM docker.io/library/python:3.11-slim-bookworm AS builder
# Which extras of the package the image gets: "server", or "server,embedded" for --embedded too.
ARG EXTRAS=server
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY client client
COPY server server
# The environment is copied as a whole and needs no pip of its own. Dependencies are pinned by hash: `make locks`.
RUN python -m venv --without-pip /opt/tableadmin \
    && python -m pip --python /opt/tableadmin install --no-cache-dir --require-hashes \
       --requirement "server/locks/${EXTRAS}.txt" \
    && python -m pip wheel --no-cache-dir --no-deps --wheel-dir /dist . \
    && python -m pip --python /opt/tableadmin install --no-cache-dir --no-deps /dist/*.whl

FROM docker.io/library/python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="tableadmin-server" \
      org.opencontainers.image.description="A gRPC microservice that administers Amazon DynamoDB tables" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm"
COPY --from=builder /opt/tableadmin /opt/tableadmin
# What is compiled was compiled by pip: the file system may be read-only.
ENV PATH=/opt/tableadmin/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TABLEADMIN_HEALTH_ADDRESS=127.0.0.1:50050
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
EXPOSE 50051
# A proxy that leads to AWS must not lead this call away.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 CMD ["python", "-c", "\
import os, sys, grpc; \
from grpc_health.v1 import health_pb2 as health, health_pb2_grpc; \
channel = grpc.insecure_channel(os.environ['TABLEADMIN_HEALTH_ADDRESS'], [('grpc.enable_http_proxy', 0)]); \
answer = health_pb2_grpc.HealthStub(channel).Check(health.HealthCheckRequest(), timeout=4); \
sys.exit(answer.status != health.HealthCheckResponse.SERVING)"]
ENTRYPOINT ["tableadmin-server"]
