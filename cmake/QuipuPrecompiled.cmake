# SPDX-License-Identifier: Apache-2.0
# The standard headers that most files include, parsed once for a target instead of once a file.
# -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds without; the presets asan, fuzz and tidy do, so that
# every file includes what it uses.
function(quipu_precompile target)
    target_precompile_headers(${target} PRIVATE
        <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <deque>
        <exception> <expected> <filesystem> <functional> <map> <memory> <mutex> <optional> <set>
        <span> <string> <string_view> <system_error> <thread> <unordered_map> <utility> <variant>
        <vector> ${ARGN})
    quipu_precompiled_for_ccache(${target})
endfunction()

# The same header for a target that is compiled with the same flags as `other`.
function(quipu_precompile_like target other)
    target_precompile_headers(${target} REUSE_FROM ${other})
    quipu_precompiled_for_ccache(${target})
endfunction()

# What ccache needs to know a precompiled header by its content.
function(quipu_precompiled_for_ccache target)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${target} PRIVATE -fpch-preprocess)
    else()
        target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
endfunction()
