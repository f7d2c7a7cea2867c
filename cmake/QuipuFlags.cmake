# SPDX-License-Identifier: Apache-2.0
# Flags for the project's own code; users of the library never inherit them.
add_library(quipu_flags INTERFACE)
target_compile_options(quipu_flags INTERFACE
    -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wcast-align
    -Wformat=2 -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough
    $<$<CXX_COMPILER_ID:Clang>:-Wno-c++98-compat>
    # Fields and functions that name their mutex (include/quipu/base/mutex.hpp).
    $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
# GCC 12 reports faults inside its own <string> and <streambuf> once it has inlined them (GCC bugs
# 105329, 105651, 105762). The debug build and Clang judge those warnings.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(quipu_flags INTERFACE
        -Wno-restrict -Wno-null-dereference -Wno-stringop-overflow -Wno-stringop-overread
        -Wno-array-bounds -Wno-maybe-uninitialized -Wno-free-nonheap-object -Wno-dangling-pointer)
endif()
# -O3 brings nothing measurable here over -O2 and costs a third more compile time.
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

# GNU ld takes seven times as long for a test program.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND PROJECT_IS_TOP_LEVEL)
    add_link_options(-fuse-ld=lld)
endif()

set(QUIPU_SANITIZE "" CACHE STRING "Sanitizers for every target: address,undefined or thread")
if(QUIPU_SANITIZE)
    add_compile_options(-fsanitize=${QUIPU_SANITIZE} -fno-omit-frame-pointer
                        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${QUIPU_SANITIZE})
    if(QUIPU_SANITIZE STREQUAL "thread")
        add_library(quipu_tsan_support OBJECT ${CMAKE_CURRENT_LIST_DIR}/tsan_support.cpp)
        target_compile_features(quipu_tsan_support PRIVATE cxx_std_23)
        set(program $<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>)
        set(sanitized $<NOT:$<BOOL:$<TARGET_PROPERTY:QUIPU_NOT_SANITIZED>>>)
        link_libraries($<$<AND:${program},${sanitized}>:$<BUILD_INTERFACE:$<TARGET_OBJECTS:quipu_tsan_support>>>)
    endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
                        -fstack-clash-protection -fcf-protection=full)
    add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
# An index out of bounds or an empty optional ends the program, in release builds too.
add_compile_definitions(_GLIBCXX_ASSERTIONS)
