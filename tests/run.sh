#!/bin/sh
# From a bare checkout: make an environment, install what is missing (a Chromium too), run ruff and every test.
#   sh tests/run.sh            all of it
#   sh tests/run.sh -k smiley  further words go to pytest
# DIFFVIZ_VENV names the environment's folder (default .venv), PYTHON the interpreter (default python3).
set -eu
cd "$(dirname "$0")/.."

venv="${DIFFVIZ_VENV:-.venv}"
[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt -r tests/requirements.txt

find_chromium() {
    command -v chromium || command -v chromium-browser || command -v google-chrome || true
}
if [ -z "${DIFFVIZ_CHROMIUM:-$(find_chromium)}" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
    else
        "$venv/bin/python" -m playwright install chromium
    fi
fi

"$venv/bin/ruff" check .
"$venv/bin/ruff" format --check .
if [ $# -gt 0 ]; then
    exec "$venv/bin/python" -m pytest "$@"
fi
# two at a time; but those in a browser, which needs both cores for itself, one after another
status=0
"$venv/bin/python" -m pytest --ignore tests/browser --numprocesses 2 --dist loadfile || status=$?
"$venv/bin/python" -m pytest tests/browser || status=$?
exit $status
