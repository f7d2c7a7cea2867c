# SPDX-License-Identifier: Apache-2.0
# Installs each room with its headers, for CMake (find_package) and for pkg-config, as the component
# `dev`; and the program integr8s as the component `integr8s`.
include(CMakePackageConfigHelpers)

set(left_out)
if(NOT QUIPU_WITH_MONGO)
    list(APPEND left_out PATTERN store/mongo EXCLUDE)
endif()
if(NOT QUIPU_WITH_KAFKA)
    list(APPEND left_out PATTERN log/kafka EXCLUDE)
endif()
install(DIRECTORY include/quipu DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev ${left_out})

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/quipu)
set(pc_directory ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
# Relative, so that the installed tree can be moved.
file(RELATIVE_PATH pc_to_prefix /prefix/${pc_directory} /prefix)
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")

# An export set a room, so that a program finds the room it asks for without what others need.
set(quipu_room_table "")
set(all_used)
foreach(room ${QUIPU_ROOMS})
    set(target quipu_${room})
    set(pc_name quipu-${room})
    if(room STREQUAL "quipu")
        set(target quipu)
        set(pc_name quipu)
    endif()
    install(TARGETS ${target} EXPORT quipu-${room}
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
    install(EXPORT quipu-${room} NAMESPACE quipu:: DESTINATION ${package_directory} COMPONENT dev)

    # The archives are static: whoever links one links what it uses, so Requires is public.
    set(pc_requires)
    foreach(known ${QUIPU_KNOWS_${room}})
        list(APPEND pc_requires "quipu-${known} = ${PROJECT_VERSION}")
    endforeach()
    set(pc_flags -l${target})
    set(used)
    foreach(dependency ${QUIPU_USES_${room}})
        quipu_dependency_fields(field ${dependency})
        if(field_PC STREQUAL "")
            continue()
        endif()
        list(APPEND used ${dependency})
        if(field_PC MATCHES "^-")
            list(APPEND pc_flags ${field_PC})
        else()
            list(APPEND pc_requires ${field_PC})
        endif()
    endforeach()
    list(APPEND all_used ${used})
    list(JOIN pc_requires ", " pc_requires)
    list(JOIN pc_flags " " pc_flags)
    configure_file(cmake/quipu.pc.in ${pc_name}.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${pc_name}.pc DESTINATION ${pc_directory}
            COMPONENT dev)
    string(APPEND quipu_room_table "set(quipu_knows_${room} \"${QUIPU_KNOWS_${room}}\")\n"
                                   "set(quipu_uses_${room} \"${used}\")\n")
endforeach()

# How quipuConfig.cmake finds each dependency.
list(REMOVE_DUPLICATES all_used)
set(quipu_find_dependencies "")
foreach(dependency ${all_used})
    quipu_dependency_fields(field ${dependency})
    string(REGEX REPLACE "^[a-z]+ " "" arguments "${field_FIND}")
    if(field_FIND MATCHES "^pkg ")
        set(call "quipu_pkg(${dependency} ${arguments})
    if(NOT ${dependency}_FOUND)
        return()
    endif()")
    else()
        set(call "find_dependency(${arguments})")
    endif()
    string(APPEND quipu_find_dependencies
           "if(${dependency} IN_LIST quipu_needed AND NOT TARGET ${field_TARGET})\n    ${call}\nendif()\n")
endforeach()
list(JOIN QUIPU_ROOMS ", " quipu_room_names)
configure_package_config_file(cmake/quipuConfig.cmake.in quipuConfig.cmake
    INSTALL_DESTINATION ${package_directory} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(quipuConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/quipuConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/quipuConfigVersion.cmake
              cmake/QuipuCatalogue.cmake cmake/catalogue_check.cpp.in
        DESTINATION ${package_directory} COMPONENT dev)

if(QUIPU_BUILD_INTEGR8S)
    install(TARGETS integr8s RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT integr8s)
endif()
