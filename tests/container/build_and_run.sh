#!/bin/sh
# Builds the image and runs it beside DynamoDB Local, on Debian 12 as root, without a Docker daemon and without
# pulling an image; prints what is seen and ends with 0 if it is as it should be. Needs `make setup` and Java.
#
# A minimal Debian with its own Python 3.11 stands in for the official Python image. Images and containers are
# kept in a temporary directory that goes at the end; Debian's packages of the tools stay installed.
set -eu
cd "$(dirname "$0")/../.."

BASE=docker.io/library/python:3.11-slim-bookworm
IMAGE=localhost/tableadmin:build-and-run
# A second build of the same commit.
AGAIN=localhost/tableadmin:build-and-run-again
# The build's pip trusts what this machine trusts: a proxy on the way to the package index may have its own CA.
AUTHORITIES=${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}

fail() {
    echo "build_and_run.sh: $1" >&2
    exit 1
}

install_tools() {
    for tool in buildah podman runc mmdebstrap; do
        command -v "$tool" >/dev/null || missing=yes
    done
    [ "${missing:-}" ] || return 0
    apt-get update --quiet=2
    apt-get install --quiet=2 --no-install-recommends buildah podman runc mmdebstrap >/dev/null
}

# This machine's own images and containers stay out of it.
keep_apart() {
    printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' \
        "$work/storage" "$work/run" >"$work/storage.conf"
    export CONTAINERS_STORAGE_CONF="$work/storage.conf"
}

make_base() {
    mmdebstrap --quiet --variant=minbase \
        --include=ca-certificates,python-is-python3,python3-pip,python3-venv bookworm "$work/base.tar"
    podman import --quiet "$work/base.tar" "$BASE"
}

# Both builds are of the tree as it is now, whatever happens to it meanwhile.
take_source() {
    mkdir "$work/source"
    git ls-files -z --cached --others --exclude-standard | tar --null --files-from - --create |
        tar --extract --directory "$work/source"
}

# The files have the time of the commit, as docs/operate/container.md says for a release.
build() {
    printf '[global]\ncert = /etc/build-authorities.crt\n' >"$work/pip.conf"
    [ -z "${PIP_INDEX_URL:-}" ] || echo "index-url = $PIP_INDEX_URL" >>"$work/pip.conf"
    buildah bud --isolation chroot --format docker --pull-never --no-cache --tag "$1" \
        --timestamp "$time" --build-arg "SOURCE_DATE_EPOCH=$time" \
        --volume "$work/pip.conf:/etc/pip.conf:ro" \
        --volume "$AUTHORITIES:/etc/build-authorities.crt:ro" "$work/source"
}

# No machine with arm64 is here. Each pinned package must have a wheel for it, by the pinned hash.
check_arm64() {
    extras=$(sed -n 's/^ARG EXTRAS=//p' Dockerfile)
    .venv/bin/python -m pip install --quiet --dry-run --ignore-installed --target "$work/arm64" \
        --only-binary :all: --python-version 3.11 --require-hashes --requirement "server/locks/$extras.txt" \
        --platform manylinux2014_aarch64 --platform manylinux_2_17_aarch64 \
        --platform manylinux_2_28_aarch64 --platform manylinux_2_34_aarch64
    echo "wheels for arm64: all"
}

run() {
    # Without systemd podman can't time health checks, and says so for each container: hence the log level.
    .venv/bin/python -m tests.container.run_image "$IMAGE" "$AGAIN" \
        podman --cgroup-manager cgroupfs --runtime runc --log-level fatal
}

[ "$(id -u)" = 0 ] || fail "must run as root"
[ -x .venv/bin/python ] || fail "run 'make setup' first"
time=$(git log -1 --format=%ct)
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

install_tools
check_arm64
keep_apart
take_source
make_base
build "$IMAGE"
build "$AGAIN"
run
