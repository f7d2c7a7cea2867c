# Flags for the project's own code; users of the library never inherit them.
add_library(quipu_flags INTERFACE)
target_compile_options(quipu_flags INTERFACE
    -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wcast-align
    -Wformat=2 -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough
    $<$<CXX_COMPILER_ID:Clang>:-Wno-c++98-compat>)

set(QUIPU_SANITIZE "" CACHE STRING "Sanitizers for every target: address,undefined or thread")
if(QUIPU_SANITIZE)
    add_compile_options(-fsanitize=${QUIPU_SANITIZE} -fno-omit-frame-pointer
                        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${QUIPU_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
                        -fstack-clash-protection -fcf-protection=full)
    add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
add_compile_definitions($<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
