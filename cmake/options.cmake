# SPDX-License-Identifier: MIT
# Every switch of the build, with its default. What is for developers is off when mallocspy is part of another project.

if(CMAKE_SOURCE_DIR STREQUAL PROJECT_SOURCE_DIR)
  set(mallocspy_top_level ON)
else()
  set(mallocspy_top_level OFF)
endif()

option(BUILD_SHARED_LIBS "Build libmallocspy as a shared library" OFF)
option(MALLOCSPY_TESTS "Build the tests (needs Catch2)" ${mallocspy_top_level})
option(MALLOCSPY_PACKAGE_TESTS "Among the tests, also build projects that use the installed package (takes a minute)" OFF)
option(MALLOCSPY_EXAMPLES "Build the examples (those whose libraries are installed)" ${mallocspy_top_level})
option(MALLOCSPY_BENCH "Build the benchmarks (needs Google Benchmark)" OFF)
option(MALLOCSPY_COMMAND "Build the command mallocspy (if CLI11 is installed; Linux, and untested macOS)" ${mallocspy_top_level})
option(MALLOCSPY_INSTALL "Make install rules and the CMake package" ${mallocspy_top_level})

set(MALLOCSPY_MIMALLOC auto CACHE STRING
    "Where mimalloc comes from: installed (a package), fetch (a pinned release, built in), auto (installed, else fetch)")
set_property(CACHE MALLOCSPY_MIMALLOC PROPERTY STRINGS auto installed fetch)
set(MALLOCSPY_MIMALLOC_SERIES 3 CACHE STRING "Which pinned release fetch builds: 2 or 3")
set_property(CACHE MALLOCSPY_MIMALLOC_SERIES PROPERTY STRINGS 2 3)

set(MALLOCSPY_CATCH2 installed CACHE STRING "Where Catch2 comes from: installed (2.13 or 3), fetch (a pinned release of 3)")
set_property(CACHE MALLOCSPY_CATCH2 PROPERTY STRINGS installed fetch)

set(MALLOCSPY_SANITIZE "" CACHE STRING "Sanitizers for mallocspy and its tests, as for -fsanitize: address,undefined or thread")
option(MALLOCSPY_WERROR "Treat warnings as errors" ${mallocspy_top_level})

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES AND mallocspy_top_level)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
if(mallocspy_top_level)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
endif()
