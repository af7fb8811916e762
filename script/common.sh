# Sourced by the scripts beside it. Everything it makes lies in this checkout: uv and the
# caches in .cache/, environments in .cache/ or .venv/. Nothing is installed for the whole machine.
# shellcheck shell=sh

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cache=$root/.cache

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$@"
    exit 1
}

# Sets $python to the first Python between 3.11 and 3.13, or to what TAKTNET_PYTHON names.
find_python() {
    for python in ${TAKTNET_PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
            2>/dev/null; then
            return 0
        fi
    done
    found=$(python3 --version 2>&1) || found="no python3"
    die "Taktnet needs Python 3.11, 3.12 or 3.13; found: $found." \
        "Install one of them, or name it: TAKTNET_PYTHON=/path/to/python3.12 $0"
}

# True when system packages may be installed; sets $as_root to the prefix for it.
may_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    as_root=
    [ "$(id -u)" = 0 ] && return 0
    as_root='sudo -n'
    sudo -n true 2>/dev/null
}

apt_install() {
    # shellcheck disable=SC2086
    $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

offline() {
    rm -rf "$cache/uv-new"
    die "Could not fetch $1. The first start needs the network (a Python package index)." \
        "Check the connection and the proxy (HTTPS_PROXY, PIP_INDEX_URL, UV_INDEX_URL), then run" \
        "this again; later starts need no network."
}

# A virtual environment for uv alone. Debian ships Python without venv: add it where we may.
make_venv() {
    rm -rf "$1"
    "$python" -m venv "$1" >/dev/null 2>&1 && return 0
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if may_install; then
        say "Python's venv is missing: installing python$version-venv"
        apt_install "python$version-venv" && rm -rf "$1" && "$python" -m venv "$1" && return 0
    fi
    die "This Python cannot make a virtual environment ($python -m venv failed)." \
        "On Debian or Ubuntu: apt-get install python$version-venv"
}

# Sets $uv: our own copy in .cache/uv-tool, put there once.
find_uv() {
    uv=$cache/uv-tool/bin/uv
    if ! "$uv" --version >/dev/null 2>&1; then
        say "Setting up uv in $cache/uv-tool"
        mkdir -p "$cache"
        make_venv "$cache/uv-new"
        "$cache/uv-new/bin/python" -m pip install -q --disable-pip-version-check 'uv>=0.8' ||
            offline uv
        rm -rf "$cache/uv-tool"
        mv "$cache/uv-new" "$cache/uv-tool"
    fi
    # An UV_CACHE_DIR of the user's own is respected; by default the cache is ours too.
    UV_CACHE_DIR=${UV_CACHE_DIR:-$cache/uv}
    UV_PYTHON_DOWNLOADS=never
    UV_NO_PROGRESS=${CI:+1}
    export UV_CACHE_DIR UV_PYTHON_DOWNLOADS
    if [ -n "$UV_NO_PROGRESS" ]; then export UV_NO_PROGRESS; else unset UV_NO_PROGRESS; fi
}

# sync ENVIRONMENT [uv sync options]: exactly what uv.lock says, in that environment.
sync() {
    UV_PROJECT_ENVIRONMENT=$1
    export UV_PROJECT_ENVIRONMENT
    shift
    unset VIRTUAL_ENV
    [ -d "$UV_PROJECT_ENVIRONMENT" ] ||
        say "Setting up Taktnet in $UV_PROJECT_ENVIRONMENT (some 1.5 GB, once)"
    "$uv" sync --quiet --frozen --project "$root" --python "$python" "$@" ||
        offline "the packages that uv.lock names"
}
