#!/bin/sh
# Finds any Python from 3.11 on and lets it run the set-up program. Where there is none, Debian 12
# gets its own; which Python the environment is made with is for that program to choose.
set -eu
cd "$(dirname "$0")/../.."

try() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for python in .venv/bin/python /usr/bin/python3 python3 \
        python3.14 python3.13 python3.12 python3.11; do
        if try "$python"; then return 0; fi
    done
    return 1
}

if ! find_python; then
    release=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-}" "${VERSION_ID:-}") || :
    if [ "$release" != 'debian 12' ]; then
        echo 'set-up failed: there is no Python 3.11 or newer' >&2
        echo '  what to do: install one, with its venv module and C headers, then run again' >&2
        exit 1
    fi
    if [ "$(id -u)" = 0 ]; then root=; else root=sudo; fi
    echo '[0/5] Python: installing python3, python3-venv, python3-dev: set-up runs on it'
    # A broken third-party source fails the update although Debian's own lists came.
    if ! { $root apt-get update || :; $root env DEBIAN_FRONTEND=noninteractive \
        apt-get -y install --no-install-recommends python3 python3-venv python3-dev; } \
        >.set-up-python.log 2>&1 || ! find_python; then
        tail -n 15 .set-up-python.log >&2
        echo 'set-up failed: python3 could not be installed' >&2
        echo '  what to do: as root run: apt-get install python3 python3-venv python3-dev' >&2
        exit 1
    fi
    rm -f .set-up-python.log
fi

# -B: no bytecode beside the sources. PYTHONPATH of the user is none of set-up's business.
PYTHONPATH= exec "$python" -B -m deploy.setup "$@"
