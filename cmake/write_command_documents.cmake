# SPDX-License-Identifier: MIT
# cmake -D COMMAND=program -D DOCS=folder -P write_command_documents.cmake: writes the manual page, and the part of
# command.md between its marks, as the option table of the command has them.
cmake_minimum_required(VERSION 3.20)

function(generated what result)
  execute_process(COMMAND ${COMMAND} generate ${what} OUTPUT_VARIABLE text RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${COMMAND} generate ${what}: ${status}")
  endif()
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

generated(manual manual)
file(WRITE ${DOCS}/mallocspy.1 "${manual}")

generated(tables tables)
set(begin "<!-- options: made by `mallocspy generate tables` -->\n")
set(end "<!-- end of options -->")
file(READ ${DOCS}/command.md page)
string(FIND "${page}" "${begin}" from)
string(FIND "${page}" "${end}" to)
if(from EQUAL -1 OR to EQUAL -1)
  message(FATAL_ERROR "${DOCS}/command.md has no place for the options")
endif()
string(LENGTH "${begin}" length)
math(EXPR from "${from} + ${length}")
string(SUBSTRING "${page}" 0 ${from} before)
string(SUBSTRING "${page}" ${to} -1 after)
file(WRITE ${DOCS}/command.md "${before}${tables}${after}")
