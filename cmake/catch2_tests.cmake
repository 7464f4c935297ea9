# SPDX-License-Identifier: MIT
# Catch2 2.13 or 3, and mallocspy_test() for a test program.
find_package(Catch2 CONFIG REQUIRED)
find_package(Threads REQUIRED)

add_library(mallocspy_test_main STATIC ${PROJECT_SOURCE_DIR}/tests/support/catch_main.cpp)
target_link_libraries(mallocspy_test_main PUBLIC Catch2::Catch2)
target_compile_features(mallocspy_test_main PUBLIC cxx_std_17)

# mallocspy_test(NAME SOURCES file... [LINK target...])
# One test program: ctest runs it whole, under its name. It sees the library's inner headers ("blocks/block_map.hpp") and
# "support/...".
function(mallocspy_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE mallocspy_test_main mallocspy_build_flags mallocspy::mallocspy Threads::Threads ${arg_LINK})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
