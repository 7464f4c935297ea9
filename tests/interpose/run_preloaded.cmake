# SPDX-License-Identifier: MIT
# cmake -D PRELOAD=... -D FOLDER=... -D COUNTED=name -P run_preloaded.cmake -- program [arguments]
# Runs a program that knows nothing of mallocspy as it is, with the library preloaded, and with a counting spy in it. All
# three must say the same and end in the same way, and the spy must have counted what can be.
cmake_minimum_required(VERSION 3.20)

set(command "")
set(behind OFF)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(behind)
    list(APPEND command "${CMAKE_ARGV${i}}")
  elseif(CMAKE_ARGV${i} STREQUAL "--")
    set(behind ON)
  endif()
endforeach()

file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
string(REPEAT "a line of an input that is to be sorted, packed or counted\n" 20000 input)
foreach(i RANGE 400)
  string(APPEND input "${i} of 400, ")
endforeach()
file(WRITE ${FOLDER}/input "${input}\n")

# run(VARIABLE [NAME=VALUE ...]): what the command says and how it ends, in this environment
function(run variable)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env ${ARGN} ${command} WORKING_DIRECTORY ${FOLDER}
                  INPUT_FILE ${FOLDER}/input OUTPUT_VARIABLE out ERROR_VARIABLE out RESULT_VARIABLE status TIMEOUT 60)
  set(${variable} "exit ${status}: ${out}" PARENT_SCOPE)
endfunction()

run(plain)
run(preloaded LD_PRELOAD=${PRELOAD})
run(counted LD_PRELOAD=${PRELOAD} COUNT_INTO=${FOLDER}/counts)
foreach(how preloaded counted)
  if(NOT "${${how}}" STREQUAL "${plain}")
    message(FATAL_ERROR "${command}: ${how}, it does not say what it says otherwise.\n--- plain\n${plain}\n--- ${how}\n${${how}}")
  endif()
endforeach()
if(plain MATCHES "^exit [^0]")
  message(FATAL_ERROR "${command}: fails by itself: ${plain}")
endif()

file(STRINGS ${FOLDER}/counts counts REGEX "^${COUNTED} ")
if(NOT counts)
  file(READ ${FOLDER}/counts all)
  message(FATAL_ERROR "${COUNTED} has counted nothing, only:\n${all}")
endif()
foreach(line IN LISTS counts)
  if(NOT line MATCHES "allocations ([0-9]+) frees ([0-9]+) reallocations ([0-9]+) bytes ([0-9]+)")
    message(FATAL_ERROR "not a line of counts: ${line}")
  endif()
  # Each block is freed once, but for those that realloc freed.
  if(CMAKE_MATCH_1 LESS 2 OR CMAKE_MATCH_2 GREATER CMAKE_MATCH_1 OR CMAKE_MATCH_4 LESS CMAKE_MATCH_1)
    message(FATAL_ERROR "these counts cannot be: ${line}")
  endif()
  message("${line}")
endforeach()
