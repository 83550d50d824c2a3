# Builds the server's image; docs/operate/container.md says how, and how to run it.

# A release names the base by digest: --build-arg BASE=docker.io/library/python:3.11-slim-bookworm@sha256:...
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS builder
# Which extras of the package the image gets: "server,server-otel", or "server,server-otel,embedded" for --embedded too.
ARG EXTRAS=server,server-otel
# The time that files of the build carry, in seconds since 1970. Without this, two builds differ in it.
ARG SOURCE_DATE_EPOCH=0
# Sets are compiled in the order of hashes.
ENV SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH} \
    PYTHONHASHSEED=0
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY client client
COPY server server
# The environment is copied as a whole and needs no pip of its own. Dependencies, and what builds the package, are
# pinned by hash: `make locks`.
# Compiled files that name the hash of their source, and do not have it checked, are the same in each build.
RUN python -m venv --without-pip /build \
    && python -m pip --python /build install --no-cache-dir --require-hashes --requirement server/locks/build.txt \
    && python -m venv --without-pip /opt/tableadmin \
    && python -m pip --python /opt/tableadmin install --no-cache-dir --no-compile --require-hashes \
       --requirement "server/locks/${EXTRAS}.txt" \
    && python -m pip --python /build wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist . \
    && python -m pip --python /opt/tableadmin install --no-cache-dir --no-compile --no-deps /dist/*.whl \
    && /opt/tableadmin/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/tableadmin/lib

FROM ${BASE} AS allocator
# Gives memory back to the system that thousands of streams have used.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libjemalloc2=5.3.0-1 \
    && rm -rf /var/lib/apt/lists/* \
    && cp /usr/lib/*/libjemalloc.so.2 /

FROM ${BASE} AS runtime
# Nothing is installed into a running container, and scanners find old versions of what installs.
RUN rm -rf /usr/local/bin/pip* /usr/local/bin/wheel /usr/local/lib/python3.11/ensurepip \
    /usr/local/lib/python3.11/site-packages/*

FROM runtime
LABEL org.opencontainers.image.title="tableadmin-server" \
      org.opencontainers.image.description="A gRPC microservice that administers Amazon DynamoDB tables" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm"
COPY --from=builder /opt/tableadmin /opt/tableadmin
COPY --from=allocator /libjemalloc.so.2 /opt/tableadmin/lib/
# What is compiled was compiled in the build: the file system may be read-only.
ENV PATH=/opt/tableadmin/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONMALLOC=malloc \
    LD_PRELOAD=/opt/tableadmin/lib/libjemalloc.so.2 \
    MALLOC_CONF=background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0 \
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
