# SPDX-License-Identifier: Apache-2.0
# A room is a folder below include/quipu and src/quipu, and the target quipu::<room>. A room links,
# and so may include, only the rooms it names; tests/tidy/rooms.py checks the includes against the
# list that this file writes to rooms.txt in the build directory.
include(GNUInstallDirs)

set(QUIPU_ROOMS "" CACHE INTERNAL "Rooms in the build, lowest first")
file(WRITE ${PROJECT_BINARY_DIR}/rooms.txt "")

# Where a dependency comes from, for this build and for what is installed:
#   how it is found | the target that this makes | its pkg-config module or linker flag | its Debian
#   package
# A dependency without the last two consists of headers only; programs that use the library do not
# need it.
set(QUIPU_DEPENDENCY_Threads "find Threads|Threads::Threads|-pthread|")
set(QUIPU_DEPENDENCY_fmt "find fmt|fmt::fmt|fmt|libfmt-dev")
set(QUIPU_DEPENDENCY_spdlog "find spdlog|spdlog::spdlog|spdlog|libspdlog-dev")
set(QUIPU_DEPENDENCY_SQLite3 "find SQLite3|SQLite::SQLite3|sqlite3|libsqlite3-dev")
set(QUIPU_DEPENDENCY_Boost "find Boost 1.81|Boost::headers||")
set(QUIPU_DEPENDENCY_CLI11 "find CLI11 2.1|CLI11::CLI11||")
set(QUIPU_DEPENDENCY_DEFLATE "pkg libdeflate|PkgConfig::DEFLATE|libdeflate|libdeflate-dev")
set(QUIPU_DEPENDENCY_SIMDJSON "pkg simdjson|PkgConfig::SIMDJSON|simdjson|libsimdjson-dev")
set(QUIPU_DEPENDENCY_MONGOC "pkg libmongoc-1.0|PkgConfig::MONGOC|libmongoc-1.0|libmongoc-dev")
set(QUIPU_DEPENDENCY_PROMETHEUS
    "pkg prometheus-cpp-core|PkgConfig::PROMETHEUS|prometheus-cpp-core|prometheus-cpp-dev")
# `pkg-config --static` asks for lz4 here, which librdkafka-dev of Debian 12 does not bring.
set(QUIPU_DEPENDENCY_RDKAFKA
    "pkg rdkafka|PkgConfig::RDKAFKA|rdkafka|librdkafka-dev, liblz4-dev")
set(QUIPU_DEPENDENCY_UV "pkg libuv|PkgConfig::UV|libuv|libuv1-dev")

# Sets <prefix>_FIND, _TARGET, _PC and _DEBIAN to the fields of a dependency.
function(quipu_dependency_fields prefix name)
    string(REPLACE "|" ";" fields "${QUIPU_DEPENDENCY_${name}}")
    foreach(field FIND TARGET PC DEBIAN)
        list(POP_FRONT fields value)
        set(${prefix}_${field} "${value}" PARENT_SCOPE)
    endforeach()
endfunction()

# Finds a dependency, unless it was found before.
macro(quipu_find_dependency name)
    quipu_dependency_fields(quipu_dependency ${name})
    if(NOT TARGET ${quipu_dependency_TARGET})
        separate_arguments(quipu_dependency_FIND)
        list(POP_FRONT quipu_dependency_FIND quipu_how)
        if(quipu_how STREQUAL "pkg")
            find_package(PkgConfig REQUIRED)
            pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${quipu_dependency_FIND})
        else()
            find_package(${quipu_dependency_FIND} REQUIRED)
        endif()
    endif()
endmacro()

# quipu_room(NAME [FOLDER folder] [KNOWS room...] [USES dependency...])
#   FOLDER  below include/quipu and src/quipu; default: NAME. Folders of other rooms inside are left out.
#   KNOWS   the rooms whose headers it includes, and all that these know; they stand in the list
#           before it
#   USES    dependencies, which its users need for linking only
# The target is quipu_NAME, or `quipu` for the whole library.
function(quipu_room name)
    cmake_parse_arguments(PARSE_ARGV 1 room "" "FOLDER" "KNOWS;USES")
    if(NOT room_FOLDER)
        set(room_FOLDER ${name})
    endif()
    set(target quipu_${name})
    if(name STREQUAL "quipu")
        set(target quipu)
    endif()

    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/quipu/${room_FOLDER}/*.cpp)
    foreach(inner sqlite mongo kafka)
        if(NOT name STREQUAL inner)
            list(FILTER sources EXCLUDE REGEX "/(store|log)/${inner}/")
        endif()
    endforeach()
    add_library(${target} STATIC ${sources})
    add_library(quipu::${name} ALIAS ${target})
    target_compile_features(${target} PUBLIC cxx_std_23)
    target_include_directories(${target}
        PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
               $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE ${PROJECT_SOURCE_DIR}/src)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON EXPORT_NAME ${name})
    target_link_libraries(${target} PUBLIC Threads::Threads PRIVATE $<BUILD_INTERFACE:quipu_flags>)
    foreach(known ${room_KNOWS})
        target_link_libraries(${target} PUBLIC quipu_${known})
    endforeach()
    foreach(dependency ${room_USES})
        quipu_find_dependency(${dependency})
        if(quipu_dependency_PC STREQUAL "")
            target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${quipu_dependency_TARGET}>)
        else()
            target_link_libraries(${target} PRIVATE ${quipu_dependency_TARGET})
        endif()
    endforeach()
    # GCC refuses a precompiled header that was made with a definition which its user lacks, and base
    # has one of simdjson. event has none.
    set(precompiling base)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        set(precompiling event)
    endif()
    if(name STREQUAL "base" OR name STREQUAL precompiling)
        quipu_precompile(${target})
    else()
        quipu_precompile_like(${target} quipu_${precompiling})
    endif()

    file(APPEND ${PROJECT_BINARY_DIR}/rooms.txt
         "${name} ${room_FOLDER} knows ${room_KNOWS} uses ${room_USES}\n")
    set(QUIPU_ROOMS ${QUIPU_ROOMS} ${name} CACHE INTERNAL "")
    set(QUIPU_KNOWS_${name} "${room_KNOWS}" CACHE INTERNAL "")
    set(QUIPU_USES_${name} "${room_USES}" CACHE INTERNAL "")
endfunction()
