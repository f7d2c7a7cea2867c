#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a virtual environment with the programs of requirements.txt, unless DIR is that already.
#
#   python.sh DIR
set -euo pipefail
requirements=$(dirname "${BASH_SOURCE[0]}")/requirements.txt
cmp -s "$requirements" "$1/requirements.txt" && exit 0
rm -rf "$1"
python3 -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check --retries 2 --no-deps --require-hashes \
    --only-binary=:all: -r "$requirements"
cp "$requirements" "$1/requirements.txt"
