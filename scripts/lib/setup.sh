# shellcheck shell=bash
# Sourced by the commands in scripts/: brings what is missing, says what it does, and does nothing twice.
# It needs apt and python3 of Debian 12. No service is started, stopped or configured.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
VENV="$ROOT/.venv"
# shellcheck disable=SC2034 # for the commands that source this
PYTHON="$VENV/bin/python"
export PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

say() {
    printf '· %s\n' "$*" >&2
}

# fail WHAT REMEDY
fail() {
    printf 'scripts: %s\n  remedy: %s\n' "$1" "$2" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        fail "installing packages needs root" "run once as root: apt-get install ${MISSING[*]}"
    fi
}

# Fills MISSING with those of the named Debian packages that are not installed.
find_missing() {
    MISSING=()
    local package
    for package in "$@"; do
        if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            MISSING+=("$package")
        fi
    done
}

need_packages() {
    find_missing "$@"
    [ ${#MISSING[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "apt-get is missing" "use a Debian 12 machine"
    say "installing Debian packages: ${MISSING[*]}$([ "$(id -u)" -eq 0 ] || printf ' (with sudo)')"
    # In a shell of its own, so that the policy is removed again whatever happens.
    (
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap 'as_root rm -f "$policy"' EXIT
            trap 'exit 130' INT TERM
            printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
            as_root chmod 755 "$policy"
        fi
        # Old package lists name files that are gone: one more try with new ones.
        apt_install || { as_root apt-get -qq update && apt_install; }
    ) || fail "the packages could not be installed: $(reason)" "run: apt-get update && apt-get install ${MISSING[*]}"
    keep_redis_off
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
        apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 install "${MISSING[@]}" \
        </dev/null >"$SETUP_LOG" 2>&1
}

# Debian enables a new redis-server for the next boot; we only want the program.
keep_redis_off() {
    case " ${MISSING[*]} " in
        *" redis-server "*)
            if [ -d /run/systemd/system ]; then
                as_root systemctl disable --quiet redis-server || say "redis-server will start at the next boot"
            fi
            ;;
    esac
}

# need_venv product|dev: the virtual environment with exactly the locked versions.
need_venv() {
    local kind="$1" lock="$ROOT/packaging/lock/$1.txt" stamp
    stamp="$(sha256sum <"$lock" | cut -c1-64) $(/usr/bin/python3 -V)"
    exec 9<"$ROOT/pyproject.toml"
    flock 9 # two commands at once take turns
    if ! venv_is_ready "$kind" "$stamp"; then
        make_venv "$kind" "$lock"
        printf '%s\n' "$stamp" >"$VENV/.lock-$kind"
    fi
    exec 9<&-
}

venv_is_ready() {
    [ -x "$PYTHON" ] && [ "$(cat "$VENV/.lock-$1" 2>/dev/null)" = "$2" ]
}

make_venv() {
    /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$(/usr/bin/python3 -V) is too old" "use Debian 12 or newer"
    say "making the virtual environment .venv ($1)"
    [ -x "$PYTHON" ] || /usr/bin/python3 -m venv "$VENV" >"$SETUP_LOG" 2>&1 ||
        fail "python3 -m venv failed: $(reason)" "apt-get install python3-venv, remove .venv, try again"
    "$PYTHON" -m pip install -q --require-hashes -r "$2" </dev/null >"$SETUP_LOG" 2>&1 ||
        fail "pip could not install $2: $(reason)" "check the network and pip's configuration, try again"
    if [ "$1" = dev ]; then
        "$PYTHON" -m pip install -q --no-deps --no-build-isolation -e "$ROOT" </dev/null >"$SETUP_LOG" 2>&1 ||
            fail "pip could not install the checkout: $(reason)" "remove .venv and try again"
    fi
}

# The line of the log that says most.
reason() {
    grep -iE '(error|not found|unable|cannot|no such)' "$SETUP_LOG" | tail -1 || tail -1 "$SETUP_LOG"
}

# The laboratory's Asterisk 22 in /var/tmp, shared by all checkouts of this user.
need_asterisk() {
    (cd "$ROOT" && "$PYTHON" -m scripts.lab.root) || exit 1
}

SETUP_LOG="$(mktemp /tmp/pbxsync-setup.XXXXXX)"
trap 'rm -f "$SETUP_LOG"' EXIT
