#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Conan package and the program of its test_package, with a Conan home of its own.
#
#   conan.sh ENVIRONMENT HOME [ARGUMENTS FOR conan create]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
conan=$(realpath -s "$1")/bin/conan
mkdir -p "$2"
CONAN_HOME=$(realpath "$2")
export CONAN_HOME
shift 2
"$conan" profile detect --force >/dev/null
# Nothing comes from a Conan server.
"$conan" remote disable '*' >/dev/null
"$conan" create "$root/packaging/conan" -s compiler.cppstd=23 -s build_type=Release \
    --test-folder "$root/packaging/conan/test_package" "$@"
echo "conan: passed"
