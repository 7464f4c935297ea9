# SPDX-License-Identifier: MIT
# mallocspy::interpose: link it, and the process allocates through the task allocator. An archive with the names (malloc,
# operator new ...), which the program itself gets, whatever mallocspy is: what is in the program comes first in every search
# of the dynamic linker. Sanitizers replace malloc themselves, so their builds have no such target. macOS has a way of its own,
# and other systems have none.
if(MALLOCSPY_SANITIZE)
  return()
endif()

# mallocspy_add_interpose_objects(SOURCE...): the objects alone, for a shared library that is put into programs.
function(mallocspy_add_interpose_objects)
  add_library(mallocspy_interpose_objects OBJECT ${ARGN})
  target_include_directories(mallocspy_interpose_objects PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(mallocspy_interpose_objects PRIVATE mallocspy_build_flags mallocspy_contract)
  set_target_properties(mallocspy_interpose_objects PROPERTIES
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  # What is defined here is not what the compiler knows by these names, and none is to be made of another.
  target_compile_options(mallocspy_interpose_objects PRIVATE -fno-builtin)
endfunction()

if(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
  include(interpose_dyld)
endif()
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
  return()
endif()

mallocspy_add_interpose_objects(
  interpose/names/malloc_names.cpp
  interpose/names/operator_names.cpp
  interpose/names/other_names.cpp
  interpose/names/start.cpp)
target_compile_options(mallocspy_interpose_objects PRIVATE -fno-plt)
set_source_files_properties(interpose/names/malloc_names.cpp interpose/names/operator_names.cpp interpose/names/other_names.cpp
  PROPERTIES COMPILE_OPTIONS "-fomit-frame-pointer;-foptimize-sibling-calls")

add_library(mallocspy_interpose STATIC $<TARGET_OBJECTS:mallocspy_interpose_objects>)
add_library(mallocspy::interpose ALIAS mallocspy_interpose)
set_target_properties(mallocspy_interpose PROPERTIES EXPORT_NAME interpose LINKER_LANGUAGE CXX)
target_link_libraries(mallocspy_interpose PUBLIC mallocspy)

# Nothing in the program need mention the archive: the linker is told to look for its anchor, which needs all the rest.
target_link_options(mallocspy_interpose INTERFACE LINKER:-u,mallocspy_interpose_start)

# The linker shows those names to other modules that it has seen one of them mention. A library that is loaded later may be
# the first one.
include(CheckLinkerFlag)
check_linker_flag(CXX LINKER:--export-dynamic-symbol=cfree mallocspy_exports_single_symbols)
if(mallocspy_exports_single_symbols)
  set(mallocspy_interposed_names
    malloc calloc realloc reallocarray free cfree posix_memalign aligned_alloc memalign valloc pvalloc malloc_usable_size
    free_sized free_aligned_sized __libc_malloc __libc_calloc __libc_realloc __libc_free __libc_cfree __libc_memalign
    __libc_valloc __libc_pvalloc __posix_memalign malloc_size malloc_good_size reallocf reallocarr vfree _aligned_malloc
    _Zn[wa]* _Zd[la]*)
  foreach(name IN LISTS mallocspy_interposed_names)
    target_link_options(mallocspy_interpose INTERFACE LINKER:--export-dynamic-symbol=${name})
  endforeach()
endif()
