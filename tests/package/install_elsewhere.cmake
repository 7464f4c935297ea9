# SPDX-License-Identifier: MIT
# Configures, builds and installs SOURCE, runs PROGRAM if one is named, and moves what was installed to PREFIX: a package
# that remembers where it was installed is found out.
cmake_minimum_required(VERSION 3.20)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${PREFIX} ${PREFIX}.moved)
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${BUILD} -G ${GENERATOR} -DCMAKE_INSTALL_PREFIX=${PREFIX}.moved ${OPTIONS}
    -DMALLOCSPY_TESTS=OFF -DMALLOCSPY_EXAMPLES=OFF -DMALLOCSPY_COMMAND=OFF)
run(${CMAKE_COMMAND} --build ${BUILD})
if(PROGRAM)
  run(${BUILD}/${PROGRAM})
endif()
run(${CMAKE_COMMAND} --install ${BUILD})
file(RENAME ${PREFIX}.moved ${PREFIX})
