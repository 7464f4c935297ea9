# SPDX-License-Identifier: MIT
include(CMakeFindDependencyMacro)
find_dependency(mallocspy 0.1 CONFIG)
include(${CMAKE_CURRENT_LIST_DIR}/dependentTargets.cmake)
