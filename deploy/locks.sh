#!/bin/sh
# Writes the lock files that the Dockerfile installs from, for every platform and Python at once.
# What is pinned stays as it is unless the ranges of pyproject.toml ask for something else:
#
#     make locks                        # after a change of the ranges
#     make locks ARGS=--upgrade         # all to the newest
#     make locks ARGS='--upgrade-package redis'
#
# No address of a registry gets into them: hashes say what is meant, wherever it is fetched from.
# Only wheels: the images have no compiler.
set -eu
cd "$(dirname "$0")/.."
uv=$1
shift

lock() {
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --only-binary :all: "$@"
}

lock pyproject.toml --output-file deploy/worker.lock "$@"
# What both have is the same in both.
lock pyproject.toml --extra operator --constraint deploy/worker.lock --output-file deploy/operator.lock "$@"
"$(dirname "$uv")/python" -c '
import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")
' | lock - --output-file deploy/build.lock "$@"
