#!/bin/bash
# The tools of scripts/check that need no test runner; all of them run, then the first failure counts.
set -uo pipefail
cd "$(dirname "$0")/../.."
bin=.venv/bin
status=0

run() {
    local name="$1" out
    shift
    if out="$("$@" 2>&1)"; then
        printf '· %s: clean\n' "$name" >&2
    else
        status=1
        printf '%s\n· %s: see above\n' "$out" "$name" >&2
    fi
}

run "ruff check" "$bin/ruff" check --quiet .
run "ruff format" "$bin/ruff" format --check --quiet .
run "mypy" "$bin/mypy" pbxsync_web pbxsync_worker scripts benchmarks tests
run "import contracts" "$bin/lint-imports"
exit "$status"
