# Two images from one file: `worker` runs tasks, `operator` scales the workers.
#
#   docker build --target worker   --tag giveway-worker .
#   docker build --target operator --tag giveway-operator .
#
# BASE may be any glibc image with python3 (3.11 or newer), its venv module and CA certificates.
# Everything else comes from the lock files, by its hash (`make locks` writes them). Why it is built
# like this: docs/decisions/0095-an-image-from-locks.md; how to add one's own code: docs/worker-image.md.
ARG BASE=python:3.11-slim-bookworm

# -- tools that stay behind ---------------------------------------------------------------------------

FROM ${BASE} AS tools
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python3 -m venv tools && python3 -m venv --without-pip /opt/giveway

FROM tools AS wheel
COPY deploy/build.lock deploy/
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    tools/bin/pip install --quiet --require-hashes --no-deps --only-binary :all: -r deploy/build.lock
COPY pyproject.toml README.md LICENSE ./
COPY worker worker
COPY operator operator
# `giveway demo` is this program: a symbolic link in the package.
COPY examples/channel_packages.py examples/
# The backend is the locked one, and nothing is fetched.
RUN tools/bin/pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir dist .

# -- one environment for each image -------------------------------------------------------------------
# Bytecode that is never compared with its source: layers need not keep times, and equal inputs give
# equal files.

FROM tools AS worker-environment
COPY deploy/worker.lock deploy/bytecode.py deploy/
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    tools/bin/pip --python /opt/giveway/bin/python install --quiet \
        --require-hashes --no-deps --only-binary :all: -r deploy/worker.lock
COPY --from=wheel /build/dist dist
RUN tools/bin/pip --python /opt/giveway/bin/python install --quiet --no-index --no-deps dist/*.whl \
 && tools/bin/pip --python /opt/giveway/bin/python check \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/giveway/lib \
 && /opt/giveway/bin/python deploy/bytecode.py /bytecode giveway \
 && rm /opt/giveway/bin/[Aa]ctivate*
# For those who install more beside it: the versions that Giveway was tested with. Without hashes, as
# a constraint that has one makes pip demand one of every package.
RUN tools/bin/pip --python /opt/giveway/bin/python freeze --exclude giveway >/opt/giveway/constraints.txt

FROM tools AS operator-environment
COPY deploy/operator.lock deploy/bytecode.py deploy/
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    tools/bin/pip --python /opt/giveway/bin/python install --quiet \
        --require-hashes --no-deps --only-binary :all: -r deploy/operator.lock
COPY --from=wheel /build/dist dist
RUN tools/bin/pip --python /opt/giveway/bin/python install --quiet --no-index --no-deps dist/*.whl \
 && tools/bin/pip --python /opt/giveway/bin/python check \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/giveway/lib \
 && /opt/giveway/bin/python deploy/bytecode.py /bytecode giveway giveway_operator \
 && rm /opt/giveway/bin/[Aa]ctivate*

# -- what runs ----------------------------------------------------------------------------------------

FROM ${BASE} AS runtime
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=
# One arena of memory for each thread that asks keeps a quarter more (8 slots: 105 MB, with two 79)
# and is no faster, as Python runs one thread at a time.
ENV PATH=/opt/giveway/bin:$PATH \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2
# A name for the number, as some libraries ask who they are; /tmp is the one place to write.
RUN echo 'giveway:x:10001:10001::/tmp:/usr/sbin/nologin' >>/etc/passwd \
 && echo 'giveway:x:10001:' >>/etc/group
WORKDIR /app
STOPSIGNAL SIGTERM
ENTRYPOINT ["giveway"]
CMD ["--help"]
# No HEALTHCHECK: Kubernetes does not read it, and it would start a Python every few seconds. /healthz
# and /readyz answer probes.
LABEL org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime AS operator
LABEL org.opencontainers.image.title="giveway-operator" \
      org.opencontainers.image.description="Scales the workers of PriorityQueues and keeps them well"
COPY --from=operator-environment /opt/giveway /opt/giveway
COPY --from=operator-environment /bytecode /
EXPOSE 9401
USER 10001:10001

# The last stage is what a build without --target makes.
FROM runtime AS worker
LABEL org.opencontainers.image.title="giveway-worker" \
      org.opencontainers.image.description="Runs the tasks of a Giveway app; low-priority work gives way"
COPY --from=worker-environment /opt/giveway /opt/giveway
COPY --from=worker-environment /bytecode /
EXPOSE 9400
USER 10001:10001
