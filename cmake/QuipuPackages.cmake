# SPDX-License-Identifier: Apache-2.0
# Debian packages: libquipu-dev and integr8s. `cpack` in a build directory of the preset `package`.
set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL dev)
set(CPACK_PACKAGE_NAME quipu)
set(CPACK_PACKAGE_VENDOR quipu)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(QUIPU_PACKAGE_CONTACT "quipu maintainers <quipu@packages.invalid>" CACHE STRING
    "Maintainer of the Debian packages: a name and an address")
set(CPACK_PACKAGE_CONTACT "${QUIPU_PACKAGE_CONTACT}")
set(CPACK_STRIP_FILES ON)
# 0755 for directories, whatever the umask of whoever builds.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)

set(debian_needed)
foreach(dependency ${all_used})
    quipu_dependency_fields(field ${dependency})
    list(APPEND debian_needed ${field_DEBIAN})
endforeach()
list(SORT debian_needed)
list(JOIN debian_needed ", " debian_needed)
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libquipu-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "${debian_needed}")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "cmake, pkgconf")
set(CPACK_COMPONENT_DEV_DESCRIPTION
"Headers and static libraries, for CMake (find_package) and pkg-config. An event
is a plain C++ struct, defined once, stored, published, delivered to typed
handlers, retried and replayed.")

if(QUIPU_BUILD_INTEGR8S)
    list(APPEND CPACK_COMPONENTS_ALL integr8s)
    set(CPACK_DEBIAN_INTEGR8S_PACKAGE_NAME integr8s)
    set(CPACK_DEBIAN_INTEGR8S_PACKAGE_SECTION net)
    set(CPACK_DEBIAN_INTEGR8S_PACKAGE_SHLIBDEPS ON)
    set(CPACK_DEBIAN_INTEGR8S_PACKAGE_DEPENDS bubblewrap)
    set(CPACK_DEBIAN_INTEGR8S_PACKAGE_RECOMMENDS python3)
    set(CPACK_COMPONENT_INTEGR8S_DESCRIPTION
"integr8s runs scripts in sandboxes. A request goes through a saga, a worker, a
pod monitor and a result processor; every step is an event that is stored and
can be watched.")
endif()

# What Debian's policy asks of every package.
string(TIMESTAMP today "%a, %d %b %Y %H:%M:%S +0000" UTC)
foreach(pair dev=libquipu-dev integr8s=integr8s)
    string(REGEX MATCH "^[^=]+" component ${pair})
    string(REGEX REPLACE "^[^=]+=" "" package ${pair})
    if(NOT component IN_LIST CPACK_COMPONENTS_ALL)
        continue()
    endif()
    set(papers ${PROJECT_BINARY_DIR}/papers/${package})
    file(WRITE ${papers}/changelog.Debian
"quipu (${PROJECT_VERSION}-1) unstable; urgency=medium

  * Release ${PROJECT_VERSION}.

 -- ${QUIPU_PACKAGE_CONTACT}  ${today}
")
    file(WRITE ${papers}/copyright
"quipu and integr8s

Copyright: the contributors of quipu

License: Apache-2.0
 Licensed under the Apache License, Version 2.0. On Debian systems its text
 is in /usr/share/common-licenses/Apache-2.0.
")
    find_program(GZIP_PROGRAM gzip)
    if(GZIP_PROGRAM)
        execute_process(COMMAND ${GZIP_PROGRAM} -9nf ${papers}/changelog.Debian)
        install(FILES ${papers}/changelog.Debian.gz ${papers}/copyright
                DESTINATION ${CMAKE_INSTALL_DOCDIR}/../${package} COMPONENT ${component})
    endif()
endforeach()
include(CPack)
