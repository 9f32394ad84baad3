#!/bin/sh
# Pins what pyproject.toml asks for, with the checksums of every published file of each release,
# so that one lock serves all supported Pythons and machines. Versions that still fit are kept;
# `make lock LOCK_ARGS=--upgrade` takes the newest. Indexes and pip settings of this machine are
# left out of account: the checksums are those of the public files, and no host is written down.
set -eu
cd "$(dirname "$0")/../.."

tools=.cache/lock-tools
if [ ! -x "$tools/bin/uv" ]; then
    .venv/bin/python -m venv "$tools"
    "$tools/bin/pip" --isolated --disable-pip-version-check --quiet install 'uv>=0.8'
fi
# Resolved for the oldest Python we support; wheels of the chosen releases exist for newer ones.
env -u UV_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS -u UV_DEFAULT_INDEX \
    "$tools/bin/uv" pip compile pyproject.toml --group build --group dev \
    --no-config --quiet --python-version 3.11 --python-platform linux --only-binary :all: \
    --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
    --output-file requirements.lock "$@"
{
    echo '# Made by `make lock` from pyproject.toml; do not edit.'
    cat requirements.lock
} >requirements.lock.new
mv requirements.lock.new requirements.lock
! grep -nE 'https?://' requirements.lock
