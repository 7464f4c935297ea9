# SPDX-License-Identifier: MIT
# mallocspy_add_sweep(TARGET program
#                     [NAME name] [ARGS argument...] [SHARDS n] [JOBS n] [MODE mode] [LIMIT n]
#                     [TIMEOUT seconds] [LABELS label...] [ENVIRONMENT NAME=value...] [WORKING_DIRECTORY folder])
# Makes tests of CTest of a test program that sweeps (oom_sweep and the assertions over it), so that `ctest -j` shares the
# points among processors, and a CI among machines:
#   TARGET   the program: a target of this project
#   NAME     of the tests: name.sweep, or name.sweep.1 ... name.sweep.N for N shards. Default: the target's
#   ARGS     of the program: which of its tests to run, such as "[oom]" or --gtest_filter=oom.*
#   SHARDS   into how many tests the points of each sweep are divided: MALLOCSPY_SWEEP_SHARD=I/N. Default: 1
#   JOBS     how many children a test may have at one time; that many processors are reserved for it. Default: 1
#   MODE     once, all-after, in-a-row or budget. Default: what the program asks for
#   LIMIT    points of each sweep at most. Default: what the program asks for
#   TIMEOUT  of each test. Default: 600 seconds
# The tests have the label "sweep" besides those of LABELS: `ctest -L sweep`, `ctest -LE sweep`.
function(mallocspy_add_sweep)
  cmake_parse_arguments(arg "" "TARGET;NAME;SHARDS;JOBS;MODE;LIMIT;TIMEOUT;WORKING_DIRECTORY" "ARGS;LABELS;ENVIRONMENT" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "mallocspy_add_sweep: unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_TARGET OR NOT TARGET ${arg_TARGET})
    message(FATAL_ERROR "mallocspy_add_sweep: TARGET must name a target of this project, and is '${arg_TARGET}'")
  endif()
  foreach(option NAME=${arg_TARGET} SHARDS=1 JOBS=1 TIMEOUT=600)
    string(REGEX MATCH "^([A-Z]+)=(.*)$" ignored ${option})
    if(NOT DEFINED arg_${CMAKE_MATCH_1})
      set(arg_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
    endif()
  endforeach()
  foreach(number SHARDS JOBS LIMIT TIMEOUT)
    if(DEFINED arg_${number} AND NOT arg_${number} MATCHES "^[1-9][0-9]*$")
      message(FATAL_ERROR "mallocspy_add_sweep: ${number} must be a number from 1 up, and is '${arg_${number}}'")
    endif()
  endforeach()
  if(DEFINED arg_MODE AND NOT arg_MODE MATCHES "^(once|all-after|in-a-row|budget)$")
    message(FATAL_ERROR "mallocspy_add_sweep: MODE must be once, all-after, in-a-row or budget, and is '${arg_MODE}'")
  endif()

  set(environment MALLOCSPY_SWEEP_JOBS=${arg_JOBS} ${arg_ENVIRONMENT})
  foreach(variable MODE LIMIT)
    if(DEFINED arg_${variable})
      list(APPEND environment MALLOCSPY_SWEEP_${variable}=${arg_${variable}})
    endif()
  endforeach()
  set(place "")
  if(DEFINED arg_WORKING_DIRECTORY)
    set(place WORKING_DIRECTORY ${arg_WORKING_DIRECTORY})
  endif()

  foreach(shard RANGE 1 ${arg_SHARDS})
    set(test ${arg_NAME}.sweep)
    if(arg_SHARDS GREATER 1)
      string(APPEND test .${shard})
    endif()
    add_test(NAME ${test} COMMAND ${arg_TARGET} ${arg_ARGS} ${place})
    set_tests_properties(${test} PROPERTIES
      ENVIRONMENT "MALLOCSPY_SWEEP_SHARD=${shard}/${arg_SHARDS};${environment}"
      LABELS "sweep;${arg_LABELS}"
      PROCESSORS ${arg_JOBS}
      TIMEOUT ${arg_TIMEOUT})
  endforeach()
endfunction()
