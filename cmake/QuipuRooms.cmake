# SPDX-License-Identifier: Apache-2.0
# A room is a folder below include/quipu and src/quipu, and the target quipu::<room>. A room links,
# and so may include, only the rooms it names; tests/tidy/rooms.py checks the includes against the
# list that this file writes to rooms.txt in the build directory.
include(GNUInstallDirs)

set(QUIPU_ROOMS "" CACHE INTERNAL "Rooms in the build, lowest first")
file(WRITE ${PROJECT_BINARY_DIR}/rooms.txt "")

# Where a dependency comes from, for this build and for quipuConfig.cmake: what to call with which
# arguments, and the target that it makes.
set(QUIPU_DEPENDENCY_Threads "find Threads|Threads::Threads")
set(QUIPU_DEPENDENCY_fmt "find fmt|fmt::fmt")
set(QUIPU_DEPENDENCY_spdlog "find spdlog|spdlog::spdlog")
set(QUIPU_DEPENDENCY_SQLite3 "find SQLite3|SQLite::SQLite3")
set(QUIPU_DEPENDENCY_Boost "find Boost 1.81|Boost::headers")
set(QUIPU_DEPENDENCY_program_options
    "find Boost 1.81 COMPONENTS program_options|Boost::program_options")
set(QUIPU_DEPENDENCY_DEFLATE "pkg libdeflate|PkgConfig::DEFLATE")
set(QUIPU_DEPENDENCY_SIMDJSON "pkg simdjson|PkgConfig::SIMDJSON")
set(QUIPU_DEPENDENCY_MONGOC "pkg libmongoc-1.0|PkgConfig::MONGOC")
set(QUIPU_DEPENDENCY_PROMETHEUS "pkg prometheus-cpp-core|PkgConfig::PROMETHEUS")
set(QUIPU_DEPENDENCY_RDKAFKA "pkg rdkafka|PkgConfig::RDKAFKA")
set(QUIPU_DEPENDENCY_UV "pkg libuv|PkgConfig::UV")

# Finds a dependency, unless it was found before.
macro(quipu_find_dependency name)
    string(REPLACE "|" ";" quipu_dependency "${QUIPU_DEPENDENCY_${name}}")
    list(GET quipu_dependency 0 quipu_call)
    list(GET quipu_dependency 1 quipu_dependency_target)
    if(NOT TARGET ${quipu_dependency_target})
        separate_arguments(quipu_call)
        list(POP_FRONT quipu_call quipu_how)
        if(quipu_how STREQUAL "pkg")
            find_package(PkgConfig REQUIRED)
            pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${quipu_call})
        else()
            find_package(${quipu_call} REQUIRED)
        endif()
    endif()
endmacro()

# quipu_room(NAME [FOLDER folder] [KNOWS room...] [USES dependency...])
#   FOLDER  below include/quipu and src/quipu; default: NAME. Folders of other rooms inside are left out.
#   KNOWS   the rooms whose headers it includes; all of these stand in this list before it
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
        target_link_libraries(${target} PRIVATE ${quipu_dependency_target})
    endforeach()
    if(name STREQUAL "base")
        quipu_precompile(${target})
    else()
        quipu_precompile_like(${target} quipu_base)
    endif()

    file(APPEND ${PROJECT_BINARY_DIR}/rooms.txt
         "${name} ${room_FOLDER} knows ${room_KNOWS} uses ${room_USES}\n")
    set(QUIPU_ROOMS ${QUIPU_ROOMS} ${name} CACHE INTERNAL "")
    set(QUIPU_KNOWS_${name} "${room_KNOWS}" CACHE INTERNAL "")
    set(QUIPU_USES_${name} "${room_USES}" CACHE INTERNAL "")
endfunction()
