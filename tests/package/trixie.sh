#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs inside the chroot of chroot.sh, in a copy of the sources: builds what ./run builds, then the debug
# build, and runs the tests that need no server. Builds lie outside of the sources and are kept.
set -euo pipefail
tools/install-packages build run test
mkdir -p /builds
ln -sfn /builds build
cmake --preset release
cmake --build build/release --target integr8s hello -- -j "$JOBS"
build/release/integr8s/integr8s --version
cmake --preset gcc -DQUIPU_BUILD_BENCH=OFF
cmake --build build/gcc -- -j "$JOBS"
ctest --test-dir build/gcc --output-on-failure --no-tests=error -j "$JOBS" \
    -LE 'engines|live' -E '^(tidy|e2e|store_mongo)'
