#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over the project's sources, with the compile commands of the preset tidy.
#
#   tests/tidy/clang_tidy.sh [JOBS] [FILE...]
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
jobs=${1:-$(nproc)}
shift || true

if [[ ! -f build/tidy/compile_commands.json ]]; then
    cmake --preset tidy >/dev/null || exit 1
fi
files=("$@")
if ((${#files[@]} == 0)); then
    mapfile -t files < <(git ls-files 'src/*.cpp' 'integr8s/*.cpp' 'examples/*.cpp')
fi
printf '%s\n' "${files[@]}" |
    xargs -P "$jobs" -n 1 clang-tidy-19 -p build/tidy --quiet 2> >(
        grep -vE '^[0-9]+ warnings? (generated|treated as errors?)\.$|^Suppressed |^Use -header-filter' >&2
    )
code=$?
((code == 0)) && echo "clang-tidy: ${#files[@]} files are clean"
exit "$code"
