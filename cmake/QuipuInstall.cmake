include(CMakePackageConfigHelpers)

install(TARGETS quipu EXPORT quipuTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/quipu DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT quipuTargets NAMESPACE quipu:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/quipu)
configure_package_config_file(cmake/quipuConfig.cmake.in quipuConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/quipu)
write_basic_package_version_file(quipuConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/quipuConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/quipuConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/quipu)
