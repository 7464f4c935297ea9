# SPDX-License-Identifier: MIT
# mallocspy_backing: the mimalloc that blocks come from. Either an installed package, or a pinned release that is built into
# libmallocspy: hidden, and without its malloc override.

set(mallocspy_mimalloc_is_installed OFF)
if(MALLOCSPY_MIMALLOC MATCHES "^(auto|installed)$")
  find_package(mimalloc CONFIG QUIET)
  if(mimalloc_FOUND)
    set(mallocspy_mimalloc_is_installed ON)
  elseif(MALLOCSPY_MIMALLOC STREQUAL "installed")
    message(FATAL_ERROR "MALLOCSPY_MIMALLOC=installed, but CMake finds no mimalloc package: install it (Debian: libmimalloc-dev), "
                        "add its prefix to CMAKE_PREFIX_PATH, or use MALLOCSPY_MIMALLOC=fetch")
  endif()
elseif(NOT MALLOCSPY_MIMALLOC STREQUAL "fetch")
  message(FATAL_ERROR "MALLOCSPY_MIMALLOC is '${MALLOCSPY_MIMALLOC}': use auto, installed or fetch")
endif()

add_library(mallocspy_backing INTERFACE)

if(mallocspy_mimalloc_is_installed)
  # A package may have only one of its two libraries.
  if(TARGET mimalloc)
    target_link_libraries(mallocspy_backing INTERFACE mimalloc)
  else()
    target_link_libraries(mallocspy_backing INTERFACE mimalloc-static)
  endif()
  message(STATUS "mallocspy: mimalloc ${mimalloc_VERSION} from ${mimalloc_DIR}")
else()
  if(MALLOCSPY_MIMALLOC_SERIES STREQUAL "2")
    set(release v2.4.1)
    set(commit 30ac9d56b8b9ea57ae84bc8ef17ef39000da08fe)
  elseif(MALLOCSPY_MIMALLOC_SERIES STREQUAL "3")
    set(release v3.4.3)
    set(commit 152fbf2634aeafca3774df791b0a77683035f076)
  else()
    message(FATAL_ERROR "MALLOCSPY_MIMALLOC_SERIES is '${MALLOCSPY_MIMALLOC_SERIES}': use 2 or 3")
  endif()
  include(FetchContent)
  # SOURCE_SUBDIR names no folder: the sources are only brought here, and added below without their install rules.
  FetchContent_Declare(mimalloc
    GIT_REPOSITORY https://github.com/microsoft/mimalloc.git GIT_TAG ${commit} # ${release}
    SOURCE_SUBDIR none)
  FetchContent_MakeAvailable(mimalloc)
  set(MI_OVERRIDE OFF CACHE BOOL "" FORCE)
  set(MI_BUILD_SHARED OFF CACHE BOOL "" FORCE)
  set(MI_BUILD_STATIC OFF CACHE BOOL "" FORCE)
  set(MI_BUILD_TESTS OFF CACHE BOOL "" FORCE)
  set(MI_BUILD_OBJECT ON CACHE BOOL "" FORCE)
  add_subdirectory(${mimalloc_SOURCE_DIR} ${mimalloc_BINARY_DIR} EXCLUDE_FROM_ALL)
  target_include_directories(mallocspy_backing SYSTEM INTERFACE ${mimalloc_SOURCE_DIR}/include)
  set_target_properties(mimalloc-obj PROPERTIES POSITION_INDEPENDENT_CODE ON)
  message(STATUS "mallocspy: mimalloc ${release}, built in")
endif()
