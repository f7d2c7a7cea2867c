# SPDX-License-Identifier: Apache-2.0
# A test for structs of events that were forgotten in their catalogue. C++ cannot enumerate the structs of
# a header, so the test reads the headers' text.
#
#   quipu_add_catalogue_test(NAME CATALOGUE TYPE HEADER HEADER_OF_THE_CATALOGUE EVENTS HEADER...
#                            [INCLUDE_DIRECTORIES DIRECTORY...])
#
# Adds a test NAME, which fails for each struct in EVENTS with a static member `event_type` whose name TYPE
# does not have. HEADER is as in #include.
set(quipu_catalogue_check_source ${CMAKE_CURRENT_LIST_DIR}/catalogue_check.cpp.in)

function(quipu_add_catalogue_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "CATALOGUE;HEADER" "EVENTS;INCLUDE_DIRECTORIES")
    foreach(needed CATALOGUE HEADER EVENTS)
        if(NOT arg_${needed})
            message(FATAL_ERROR "quipu_add_catalogue_test(${name}): ${needed} is missing")
        endif()
    endforeach()
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "quipu_add_catalogue_test(${name}): unknown: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    string(MAKE_C_IDENTIFIER "${name}" target)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp)
    configure_file(${quipu_catalogue_check_source} ${source} @ONLY)
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE quipu::codec)
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${arg_INCLUDE_DIRECTORIES})
    set(headers)
    foreach(header IN LISTS arg_EVENTS)
        cmake_path(ABSOLUTE_PATH header BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
        list(APPEND headers ${header})
    endforeach()
    add_test(NAME ${name} COMMAND ${target} ${headers})
endfunction()
