# SPDX-License-Identifier: MIT
# mallocspy_build_flags: what our own targets are compiled with. Linked privately, so that neither users nor mimalloc get it.

add_library(mallocspy_build_flags INTERFACE)
target_compile_features(mallocspy_build_flags INTERFACE cxx_std_17)
target_compile_options(mallocspy_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-align -Wundef
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast>
  -fno-omit-frame-pointer)
if(MALLOCSPY_WERROR)
  target_compile_options(mallocspy_build_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND MALLOCSPY_SANITIZE)
  # gcc 12 warns about its own headers when sanitizers change the inlining.
  target_compile_options(mallocspy_build_flags INTERFACE -Wno-maybe-uninitialized)
endif()
if(MALLOCSPY_SANITIZE)
  target_compile_options(mallocspy_build_flags INTERFACE -fsanitize=${MALLOCSPY_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(mallocspy_build_flags INTERFACE -fsanitize=${MALLOCSPY_SANITIZE})
endif()
if(MALLOCSPY_SANITIZE MATCHES "thread")
  target_sources(mallocspy_build_flags INTERFACE ${CMAKE_CURRENT_LIST_DIR}/tsan_suppressions.cpp)
endif()
