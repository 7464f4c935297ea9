# SPDX-License-Identifier: MIT
# Catch2 2.13 or 3, and mallocspy_test() for a test program.
find_package(Threads REQUIRED)

if(MALLOCSPY_CATCH2 STREQUAL "installed")
  find_package(Catch2 CONFIG REQUIRED)
elseif(MALLOCSPY_CATCH2 STREQUAL "fetch")
  include(FetchContent)
  FetchContent_Declare(Catch2
    GIT_REPOSITORY https://github.com/catchorg/Catch2.git GIT_TAG fa43b77429ba76c462b1898d6cd2f2d7a9416b14) # v3.7.1
  FetchContent_MakeAvailable(Catch2)
else()
  message(FATAL_ERROR "MALLOCSPY_CATCH2 is '${MALLOCSPY_CATCH2}': use installed or fetch")
endif()

add_library(mallocspy_test_main STATIC ${PROJECT_SOURCE_DIR}/tests/support/catch_main.cpp)
target_link_libraries(mallocspy_test_main PUBLIC Catch2::Catch2)
target_compile_features(mallocspy_test_main PUBLIC cxx_std_17)
# Catch2's headers are not ours to warn about, fetched or not.
get_target_property(catch2_includes Catch2::Catch2 INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(mallocspy_test_main SYSTEM PUBLIC ${catch2_includes})

# Catch2's header takes longer to compile than a test: it is compiled once.
add_library(mallocspy_test_headers OBJECT ${PROJECT_SOURCE_DIR}/tests/support/test_headers.cpp)
target_include_directories(mallocspy_test_headers PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(mallocspy_test_headers PRIVATE mallocspy_test_main mallocspy_build_flags mallocspy::mallocspy Threads::Threads)
target_precompile_headers(mallocspy_test_headers PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${PROJECT_SOURCE_DIR}/tests/support/catch.hpp>)

# mallocspy_test(NAME [LOOKS_INSIDE] [OWN_FLAGS] SOURCES file... [LINK target...])
# One test program: ctest runs it whole, under its name. It sees the library's inner headers ("blocks/block_map.hpp") and
# "support/...". LOOKS_INSIDE: it also calls inner functions, which a shared library hides; there it is left out. OWN_FLAGS: it
# is compiled otherwise than the others, and cannot use what was compiled for them.
function(mallocspy_test name)
  cmake_parse_arguments(arg "LOOKS_INSIDE;OWN_FLAGS" "" "SOURCES;LINK" ${ARGN})
  if(arg_LOOKS_INSIDE AND BUILD_SHARED_LIBS)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE mallocspy_test_main mallocspy_build_flags mallocspy::mallocspy Threads::Threads ${arg_LINK})
  if(NOT arg_OWN_FLAGS AND NOT arg_SOURCES MATCHES "\\.c(;|$)")
    target_precompile_headers(${name} REUSE_FROM mallocspy_test_headers)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
