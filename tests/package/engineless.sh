#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks a build with -DQUIPU_WITH_MONGO=OFF -DQUIPU_WITH_KAFKA=OFF: its programs are not linked with
# either client, and refuse both engines with a message that says why.
#
#   engineless.sh BUILD_DIRECTORY
set -euo pipefail
build=$(realpath "$1")
hello=$build/examples/hello
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"

fail() {
    echo "engineless.sh: $*" >&2
    exit 1
}
# refused WORDS ARGUMENTS...: the program exits with 2 and its message has the words.
refused() {
    local words=$1 said code=0
    shift
    said=$("$hello" "$@" 2>&1) || code=$?
    ((code == 2)) || fail "exit code $code of: $* ($said)"
    [[ $said == *"$words"* ]] || fail "'$words' is not in what it said: $said"
    [[ $said != *secret* ]] || fail "a password is printed: $said"
}

linked=$(ldd "$hello" "$build/integr8s/integr8s")
! grep -E 'mongoc|bson|rdkafka' <<<"$linked" || fail "an engine's client is linked"
grep -q libsqlite3 <<<"$linked" || fail "ldd shows no libsqlite3: this check proves nothing"
[[ ! -e $build/libquipu_mongo.a && ! -e $build/libquipu_kafka.a ]] || fail "an engine was built"

refused "was built without the MongoDB store" run --once --store "mongodb://user:secret@localhost/shop"
refused "was built without the MongoDB store" events --store mongodb://localhost/shop
refused "was built without the Kafka log" run --once --log kafka://localhost:9092
"$hello" publish user_greeted '{"name":"Ada"}' >/dev/null
[[ $("$hello" run --once --quiet) == "hello Ada" ]] || fail "it does not run on a file"
"$hello" --version >/dev/null

cmake --install "$build" --prefix "$directory/prefix" --component dev >/dev/null
[[ ! -e $directory/prefix/include/quipu/store/mongo && ! -e $directory/prefix/include/quipu/log/kafka ]] ||
    fail "headers of an engine are installed"
[[ -e $directory/prefix/include/quipu/store/sqlite ]] || fail "the headers of SQLite are not installed"
mkdir project
cat >project/CMakeLists.txt <<'TEXT'
cmake_minimum_required(VERSION 3.25)
project(engineless LANGUAGES CXX)
find_package(quipu REQUIRED)
find_package(quipu REQUIRED COMPONENTS mongo)
TEXT
if said=$(cmake -S project -B project/build -DCMAKE_PREFIX_PATH="$directory/prefix" 2>&1); then
    fail "the component mongo was found"
fi
[[ $(tr -s ' \n' ' ' <<<"$said") == *"this quipu has no component 'mongo'"* ]] || fail "$said"
echo "engineless: passed"
