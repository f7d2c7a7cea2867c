#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Publishes with a program that was built against an installed quipu, and lets it handle that.
# Then runs the test of its catalogue, as ctest does.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
"$1" publish user_greeted '{"name":"Ada"}'
said=$("$1" run --once --quiet)
[[ $said == "hello Ada" ]] || { echo "it said '$said'"; exit 1; }
shift
"$@"
