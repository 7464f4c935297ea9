# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: headers, the libraries, a CMake package with the targets mallocspy::contract,
# mallocspy::mallocspy, mallocspy::interpose and mallocspy::testing and the function mallocspy_add_sweep, and pkg-config files.
# All of it finds its parts relative to itself.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(mallocspy_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mallocspy)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/mallocspy DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set(mallocspy_installed_targets mallocspy mallocspy_contract)
foreach(target mallocspy_interpose mallocspy_testing)
  if(TARGET ${target})
    list(APPEND mallocspy_installed_targets ${target})
  endif()
endforeach()
install(TARGETS ${mallocspy_installed_targets} EXPORT mallocspy_targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT mallocspy_targets NAMESPACE mallocspy:: FILE mallocspyTargets.cmake DESTINATION ${mallocspy_package_dir})

# A shared library finds a mimalloc outside the system's folders where it was found when it was linked.
set_target_properties(mallocspy PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)

# A static library leaves its dependencies to whoever links it; a shared one has found its own.
set(mallocspy_users_find_mimalloc OFF)
if(mallocspy_mimalloc_is_installed AND NOT BUILD_SHARED_LIBS)
  set(mallocspy_users_find_mimalloc ON)
endif()
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/mallocspyConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/mallocspyConfig.cmake INSTALL_DESTINATION ${mallocspy_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/mallocspyConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/mallocspyConfig.cmake ${PROJECT_BINARY_DIR}/package/mallocspyConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/mallocspy_add_sweep.cmake
        DESTINATION ${mallocspy_package_dir})

# pkg-config. What a static library needs besides is named openly, since there is no shared one beside it.
set(mallocspy_pc_libs -lmallocspy)
if(NOT BUILD_SHARED_LIBS)
  if(mallocspy_mimalloc_is_installed)
    list(APPEND mallocspy_pc_libs ${mallocspy_mimalloc_link_line})
  endif()
  list(APPEND mallocspy_pc_libs -pthread $<IF:$<PLATFORM_ID:Darwin>,-lc++,-lstdc++>)
endif()
list(JOIN mallocspy_pc_libs " " mallocspy_pc_libs)
file(RELATIVE_PATH mallocspy_pc_up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/mallocspy.pc.in ${PROJECT_BINARY_DIR}/package/mallocspy.pc.in @ONLY)
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/package/mallocspy.pc INPUT ${PROJECT_BINARY_DIR}/package/mallocspy.pc.in)
install(FILES ${PROJECT_BINARY_DIR}/package/mallocspy.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# mallocspy_pkg_config_part(NAME DESCRIPTION OPTIONS): a static library of C++ that stands beside mallocspy, with what else the
# linker is to be told.
function(mallocspy_pkg_config_part part description options)
  set(mallocspy_pc_part ${part})
  set(mallocspy_pc_description ${description})
  set(mallocspy_pc_libs ${options} -lmallocspy_${part} $<IF:$<PLATFORM_ID:Darwin>,-lc++,-lstdc++>)
  list(JOIN mallocspy_pc_libs " " mallocspy_pc_libs)
  set(file ${PROJECT_BINARY_DIR}/package/mallocspy-${part}.pc)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/mallocspy-part.pc.in ${file}.in @ONLY)
  file(GENERATE OUTPUT ${file} INPUT ${file}.in)
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
if(TARGET mallocspy_interpose)
  set(options "")
  if(NOT CMAKE_SYSTEM_NAME STREQUAL "Darwin")
    set(options -Wl,-u,mallocspy_interpose_start)
  endif()
  foreach(name IN LISTS mallocspy_interposed_names)
    list(APPEND options -Wl,--export-dynamic-symbol=${name})
  endforeach()
  mallocspy_pkg_config_part(interpose "malloc and operator new through mallocspy" "${options}")
endif()
if(TARGET mallocspy_testing)
  mallocspy_pkg_config_part(testing "tests in which each allocation fails once" "")
endif()
