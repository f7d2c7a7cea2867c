# SPDX-License-Identifier: Apache-2.0
include(CMakePackageConfigHelpers)

install(DIRECTORY include/quipu DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# An export set a room, so that a program finds the room it asks for without what others need.
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/quipu)
set(quipu_room_table "")
foreach(room ${QUIPU_ROOMS})
    set(target quipu_${room})
    if(room STREQUAL "quipu")
        set(target quipu)
    endif()
    install(TARGETS ${target} EXPORT quipu-${room} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT quipu-${room} NAMESPACE quipu:: DESTINATION ${package_directory})
    string(APPEND quipu_room_table "set(QUIPU_KNOWS_${room} ${QUIPU_KNOWS_${room}})\n")
    foreach(dependency ${QUIPU_USES_${room}})
        string(REPLACE "|" ";" parts "${QUIPU_DEPENDENCY_${dependency}}")
        list(GET parts 0 call)
        string(REGEX REPLACE "^([^ ]+) (.*)$" "quipu_\\1(${dependency} \\2)" call "${call}")
        string(APPEND quipu_room_uses_${room} " \"${call}\"")
    endforeach()
    string(APPEND quipu_room_table "set(QUIPU_USES_${room}${quipu_room_uses_${room}})\n")
endforeach()
configure_package_config_file(cmake/quipuConfig.cmake.in quipuConfig.cmake
    INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(quipuConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/quipuConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/quipuConfigVersion.cmake
        DESTINATION ${package_directory})
