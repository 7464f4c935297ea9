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

function(mallocspy_back_with_installed)
  # A package may have only one of its two libraries.
  set(library mimalloc)
  if(NOT TARGET mimalloc)
    set(library mimalloc-static)
  endif()
  target_link_libraries(mallocspy_backing INTERFACE ${library})
  set(mallocspy_mimalloc_link_line -L$<TARGET_LINKER_FILE_DIR:${library}> -lmimalloc PARENT_SCOPE)
  message(STATUS "mallocspy: mimalloc ${mimalloc_VERSION} from ${mimalloc_DIR}")
endfunction()

# A function, so that mimalloc's switches are set for it alone and leave no mark in the cache.
function(mallocspy_back_with_fetched)
  if(MALLOCSPY_MIMALLOC_SERIES STREQUAL "2")
    set(commit 30ac9d56b8b9ea57ae84bc8ef17ef39000da08fe) # v2.4.1
  elseif(MALLOCSPY_MIMALLOC_SERIES STREQUAL "3")
    set(commit 152fbf2634aeafca3774df791b0a77683035f076) # v3.4.3
  else()
    message(FATAL_ERROR "MALLOCSPY_MIMALLOC_SERIES is '${MALLOCSPY_MIMALLOC_SERIES}': use 2 or 3")
  endif()
  include(FetchContent)
  # SOURCE_SUBDIR names no folder: the sources are only brought here, and added below without their install rules.
  FetchContent_Declare(mimalloc
    GIT_REPOSITORY https://github.com/microsoft/mimalloc.git GIT_TAG ${commit}
    SOURCE_SUBDIR none)
  FetchContent_MakeAvailable(mimalloc)
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
  set(MI_OVERRIDE OFF)
  set(MI_BUILD_SHARED OFF)
  set(MI_BUILD_STATIC OFF)
  set(MI_BUILD_OBJECT ON)
  set(MI_BUILD_TESTS OFF)
  add_subdirectory(${mimalloc_SOURCE_DIR} ${mimalloc_BINARY_DIR} EXCLUDE_FROM_ALL)
  set_target_properties(mimalloc-obj PROPERTIES POSITION_INDEPENDENT_CODE ON)
  # A system header, so that our warnings leave it alone.
  target_include_directories(mallocspy_backing SYSTEM INTERFACE ${mimalloc_SOURCE_DIR}/include)
  file(STRINGS ${mimalloc_SOURCE_DIR}/include/mimalloc.h version REGEX "define MI_MALLOC_VERSION")
  string(REGEX REPLACE "[^0-9]*([0-9]+).*" "\\1" version "${version}")
  message(STATUS "mallocspy: mimalloc ${version}, built in, from ${mimalloc_SOURCE_DIR}")
endfunction()

if(mallocspy_mimalloc_is_installed)
  mallocspy_back_with_installed()
else()
  mallocspy_back_with_fetched()
endif()
