# SPDX-License-Identifier: MIT
# cmake -D NM=... -D PROGRAM=... -D LIBRARIES=a:b -P exported_names.cmake
# Fails unless the program exports every allocation function that one of the libraries exports: the C library, and a mimalloc
# that defines malloc too.
cmake_minimum_required(VERSION 3.20)

set(stems "malloc|calloc|realloc|reallocarray|reallocarr|reallocf|free|cfree|vfree|memalign|aligned_alloc|posix_memalign|valloc|pvalloc")
set(wanted_names "^(__libc_|__|_)?(${stems}|free_sized|free_aligned_sized|aligned_malloc|malloc_size|malloc_good_size|malloc_usable_size)$|^_Zn[wa]|^_Zd[la]")

# exports(FILE VARIABLE): the names that a file defines for others, without those that a C library keeps for its own parts
function(exports file variable)
  execute_process(COMMAND ${NM} -D --defined-only ${file} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+" lines "${text}")
  list(FILTER lines EXCLUDE REGEX "GLIBC_PRIVATE")
  list(TRANSFORM lines REPLACE "^.* ([^ @]+)(@.*)?$" "\\1")
  list(FILTER lines INCLUDE REGEX "${wanted_names}")
  set(${variable} ${lines} PARENT_SCOPE)
endfunction()

exports(${PROGRAM} ours)
string(REPLACE ":" ";" LIBRARIES "${LIBRARIES}")
set(count 0)
foreach(library IN LISTS LIBRARIES)
  exports(${library} theirs)
  foreach(name IN LISTS theirs)
    math(EXPR count "${count} + 1")
    if(NOT name IN_LIST ours)
      message(SEND_ERROR "${library} exports ${name}, and ${PROGRAM} does not")
    endif()
  endforeach()
endforeach()
if(count LESS 15)
  message(FATAL_ERROR "${count} names found in ${LIBRARIES}: is the check looking in the right place?")
endif()
message("${count} names of ${LIBRARIES} are interposed")
