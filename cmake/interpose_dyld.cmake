# SPDX-License-Identifier: MIT
# mallocspy::interpose on macOS, untested. dyld interposes for libraries that are there at the launch, never for a program: so the
# names are in a library of their own. It must not bring a second mallocspy along, and is built beside a shared one only.
message(STATUS "mallocspy: interpose is untested on macOS")
if(mallocspy_mimalloc_is_installed)
  message(STATUS "mallocspy: an installed mimalloc may interpose malloc itself: build it in (-DMALLOCSPY_MIMALLOC=fetch)")
endif()

mallocspy_add_interpose_objects(
  interpose/names/dyld_entry.cpp
  interpose/names/dyld_operators.cpp
  interpose/names/dyld_start.cpp
  interpose/names/dyld_table.cpp)

if(NOT BUILD_SHARED_LIBS)
  message(STATUS "mallocspy: no mallocspy::interpose: on macOS it needs a shared libmallocspy (-DBUILD_SHARED_LIBS=ON)")
  return()
endif()
add_library(mallocspy_interpose SHARED $<TARGET_OBJECTS:mallocspy_interpose_objects>)
add_library(mallocspy::interpose ALIAS mallocspy_interpose)
set_target_properties(mallocspy_interpose PROPERTIES
  EXPORT_NAME interpose
  LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION}
  SOVERSION 0)
target_link_libraries(mallocspy_interpose PUBLIC mallocspy)
