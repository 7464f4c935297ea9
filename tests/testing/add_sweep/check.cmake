# SPDX-License-Identifier: MIT
# cmake -D FUNCTION=mallocspy_add_sweep.cmake -D BUILD=folder -D CTEST=ctest -P check.cmake
# Configures the project beside it, runs its tests, and looks at what they were told.
cmake_minimum_required(VERSION 3.20)

function(configure result)
  file(REMOVE_RECURSE ${BUILD})
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${BUILD} -DFUNCTION=${FUNCTION} ${ARGN}
                  RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
  string(REGEX REPLACE "[ \n]+" " " text "${text}") # CMake breaks lines
  set(text "${text}" PARENT_SCOPE)
  set(${result} ${status} PARENT_SCOPE)
endfunction()

function(must_have part)
  string(FIND "${text}" "${part}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "'${part}' is not in:\n${text}")
  endif()
endfunction()

configure(status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "the project cannot be configured:\n${text}")
endif()
execute_process(COMMAND ${CTEST} --test-dir ${BUILD} -V -j 2 -L sweep RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "its tests fail:\n${text}")
endif()
must_have("program.sweep .")
must_have("shard=1/1 jobs=1 mode= limit= colour=\n")
foreach(shard 1 2 3)
  must_have("parser.sweep.${shard} .")
  must_have("<[oom]><two words> / shard=${shard}/3 jobs=2 mode=all-after limit=53 colour=green\n")
endforeach()
must_have("out of 4")
execute_process(COMMAND ${CTEST} --test-dir ${BUILD} --show-only=json-v1 -L nightly OUTPUT_VARIABLE text)
string(JSON properties GET "${text}" tests 0 properties)
foreach(wanted "TIMEOUT=27.0" "PROCESSORS=2")
  string(REGEX MATCH "^([A-Z]+)=(.*)$" ignored ${wanted})
  if(NOT properties MATCHES "\"name\" : \"${CMAKE_MATCH_1}\",[ \n]*\"value\" : ${CMAKE_MATCH_2}")
    message(FATAL_ERROR "${wanted} is not among the properties:\n${properties}")
  endif()
endforeach()

foreach(wrong
    "TARGET nobody=TARGET must name a target of this project, and is 'nobody'"
    "NAME parser=TARGET must name a target of this project, and is ''"
    "TARGET program SHARDS 0=SHARDS must be a number from 1 up, and is '0'"
    "TARGET program JOBS many=JOBS must be a number from 1 up, and is 'many'"
    "TARGET program MODE twice=MODE must be once, all-after, in-a-row or budget, and is 'twice'"
    "TARGET program SHARD 3=unknown arguments: SHARD")
  string(REGEX MATCH "^([^=]+)=(.*)$" ignored "${wrong}")
  set(expected "mallocspy_add_sweep: ${CMAKE_MATCH_2}")
  configure(status "-DWRONG=${CMAKE_MATCH_1}")
  if(status EQUAL 0)
    message(FATAL_ERROR "'${wrong}' is accepted")
  endif()
  must_have("${expected}")
endforeach()
message(STATUS "mallocspy_add_sweep makes the tests that it is asked for, and names what is wrong")
