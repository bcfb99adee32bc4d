#!/usr/bin/env bash
# Runs the usual tests with the oldest versions that requirements.txt admits, in an environment of its own:
#
#     bash tests/lowest.sh [version of Python, 3.11 if none is given]
#
# It needs uv (pip install uv), since pip cannot ask for the oldest versions.
set -euo pipefail
cd "$(dirname "$0")/.."
uv venv --quiet --clear --python "${1:-3.11}" .venv-lowest
uv pip install --quiet --python .venv-lowest --resolution lowest-direct -r requirements.txt
.venv-lowest/bin/python -m pytest
