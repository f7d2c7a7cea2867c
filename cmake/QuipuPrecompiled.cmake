# The standard headers that most files include, parsed once for a target instead of once a file.
# -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds without; the presets clang and asan do, so that no file
# lives from what others include.
function(quipu_precompile target)
    target_precompile_headers(${target} PRIVATE
        <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <deque>
        <exception> <expected> <filesystem> <functional> <map> <memory> <mutex> <optional> <set>
        <span> <string> <string_view> <system_error> <thread> <unordered_map> <utility> <variant>
        <vector> ${ARGN})
    # What ccache needs to know a precompiled header by its content.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${target} PRIVATE -fpch-preprocess)
    endif()
endfunction()
