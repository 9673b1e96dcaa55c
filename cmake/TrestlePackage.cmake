# `./dev package`: one Debian package with the daemon, the SMS edge, the command, the simulated networks
# and the annotated configurations. Dependencies are read from the binaries.
include(GNUInstallDirs)
install(TARGETS trestled trestle_edge trestle trestle-sim trestle_smpp RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_SOURCE_DIR}/config/trestle.yaml ${CMAKE_SOURCE_DIR}/config/edge.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/proto/trestle DESTINATION ${CMAKE_INSTALL_DATADIR}/trestle/proto)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME trestle)
set(CPACK_PACKAGE_VENDOR "The Trestle project")
set(CPACK_PACKAGE_CONTACT "The Trestle project")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "End-to-end encrypted bridge between messaging networks")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The Trestle project")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
include(CPack)
