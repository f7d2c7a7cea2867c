#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Uses an installed quipu from outside, as a team that adopts it would.
#
#   check.sh codec PREFIX WORK       find_package(quipu COMPONENTS codec) where no engine can be found
#   check.sh hidden PREFIX WORK      there the whole library is refused, and what is missing is named
#   check.sh component PREFIX WORK   a component that does not exist is refused
#   check.sh pkg-config PREFIX WORK  programs are built with what pkg-config prints
#
# WORK is a directory for the builds. CXX and CXXFLAGS are used; the libraries that PREFIX holds must
# have been built with the same sanitizers.
set -euo pipefail
what=$1
prefix=$(realpath "$2")
mkdir -p "$3"
work=$(realpath "$3")/$what
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CXX=${CXX:-c++}
export CMAKE_GENERATOR=Ninja
# Else the linker leaves out what a program does not call, and ldd shows less than what was asked for.
all_linked=-Wl,--no-as-needed
rm -rf "$work"
mkdir -p "$work"

fail() {
    echo "$*" >&2
    exit 1
}

pc_directory=$(dirname "$(find "$prefix" -name quipu.pc | head -n 1)")
[[ -n $pc_directory ]] || fail "no quipu.pc below $prefix"

# From here on, of all libraries only those of the codec can be found.
hide_engines() {
    local module path
    mkdir "$work/modules"
    for module in simdjson libdeflate; do
        path=$(pkg-config --variable=pcfiledir "$module")
        ln -s "$path/$module.pc" "$work/modules/"
    done
    export PKG_CONFIG_LIBDIR=$work/modules
    hidden=()
    for module in SQLite3 unofficial-sqlite3 Boost fmt spdlog CLI11 mongoc-1.0 bson-1.0 RdKafka libuv \
        prometheus-cpp; do
        hidden+=("-DCMAKE_DISABLE_FIND_PACKAGE_$module=ON")
    done
}

configure() {
    local project=$1
    shift
    cmake -S "$here/$project" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$CXX" \
        -DCMAKE_BUILD_TYPE="${BUILD_TYPE:-Debug}" -DCMAKE_CXX_FLAGS="${CXXFLAGS:-}" \
        -DCMAKE_EXE_LINKER_FLAGS="$all_linked" "$@" 2>&1
}

# Refuses a program that is linked with more than its component needs.
check_linked() {
    local linked
    linked=$(ldd "$1")
    ! grep -E 'sqlite|mongoc|bson|rdkafka|libuv|boost|fmt|spdlog|prometheus|libssl' <<<"$linked" ||
        fail "$1 is linked with libraries that the codec does not need"
    grep -q simdjson <<<"$linked" || fail "ldd of $1 shows no libsimdjson: this check proves nothing"
}

check_decode() {
    local event said
    event='{"event_type":"user_greeted","name":"Ada","metadata":{"service_name":"s","service_version":"1"}}'
    said=$("$1" <<<"$event")
    [[ $said == "hello Ada"$'\n'*'"name":"Ada"'* ]] || fail "it said '$said'"
    ! "$1" <<<'{"event_type":"user_greeted"}' 2>/dev/null || fail "a faulty event was taken"
}

case $what in
    codec)
        hide_engines
        configure codec_project "${hidden[@]}" || fail "the codec alone could not be found"
        cmake --build "$work/build"
        check_decode "$work/build/decode"
        check_linked "$work/build/decode"
        ;;
    hidden)
        hide_engines
        if said=$(configure whole_project "${hidden[@]}"); then
            fail "the whole library was found though its engines are hidden"
        fi
        grep -qE 'SQLite3|pkg-config module (libmongoc-1.0|rdkafka|libuv)' <<<"$said" ||
            fail "what is missing is not named: $said"
        ;;
    component)
        mkdir "$work/project"
        cat >"$work/project/CMakeLists.txt" <<'TEXT'
cmake_minimum_required(VERSION 3.25)
project(component_project LANGUAGES CXX)
find_package(quipu COMPONENTS codec OPTIONAL_COMPONENTS cellar)
if(NOT quipu_FOUND OR NOT quipu_codec_FOUND OR quipu_cellar_FOUND)
    message(FATAL_ERROR "an optional component that does not exist counts")
endif()
find_package(quipu REQUIRED COMPONENTS codec attic)
TEXT
        if said=$(cmake -S "$work/project" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" \
            -DCMAKE_CXX_COMPILER="$CXX" 2>&1); then
            fail "a component that does not exist was found"
        fi
        tr -s ' \n' ' ' <<<"$said" >"$work/said"
        grep -q "this quipu has no component 'attic'; it has: base, event, codec" "$work/said" ||
            fail "the message does not name the component and those that exist: $said"
        ;;
    pkg-config)
        export PKG_CONFIG_PATH=$pc_directory
        # Words of options are meant to be split.
        # shellcheck disable=SC2046,SC2086
        {
            $CXX -std=c++23 ${CXXFLAGS:-} $(pkg-config --cflags quipu) \
                -c "$here/whole_project/greeter.cpp" -o "$work/greeter.o"
            $CXX -std=c++23 ${CXXFLAGS:-} $(pkg-config --cflags quipu-codec) \
                -c "$here/codec_project/decode.cpp" -o "$work/decode.o"
            # Debian's modules may name archives for --static that their packages do not depend on.
            others=$(pkg-config --static --libs quipu | tr ' ' '\n' | grep -v -e -lquipu | tr '\n' ' ')
            hows=("")
            echo 'int main() {}' >"$work/empty.cpp"
            if $CXX ${CXXFLAGS:-} "$work/empty.cpp" -o "$work/empty" $others 2>"$work/said"; then
                hows+=(--static)
            else
                echo "check.sh: the system's own libraries do not link with --static here: $(head -n 1 "$work/said")"
            fi
            for how in "${hows[@]}"; do
                $CXX ${CXXFLAGS:-} $all_linked "$work/greeter.o" -o "$work/greeter" \
                    $(pkg-config $how --libs quipu)
                "$here/use.sh" "$work/greeter"
                $CXX ${CXXFLAGS:-} $all_linked "$work/decode.o" -o "$work/decode" \
                    $(pkg-config $how --libs quipu-codec)
                check_decode "$work/decode"
                check_linked "$work/decode"
            done
        }
        ;;
    *) fail "check.sh: unknown check '$what'" ;;
esac
