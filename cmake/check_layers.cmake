# SPDX-License-Identifier: MIT
# cmake [-DROOT=folder] -P check_layers.cmake: fails where the tree breaks its own rules (docs/architecture.md):
#   * a layer includes only itself and the layers before it. Their order is read from the list in docs/architecture.md
#   * a folder inside a layer's sources is a part of it, and includes only itself and the parts before it. Their order is read
#     from the same section
#   * no source includes a facade (a header of include/mallocspy itself), and a facade includes no layer behind its own
#   * every folder of src and include/mallocspy is a layer, and every layer that exists has its folder in tests
#   * no other top-level folder, no source of more than 400 lines
cmake_minimum_required(VERSION 3.20)

if(NOT DEFINED ROOT)
  get_filename_component(ROOT ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
endif()

set(top_level_folders include src tests bench docs cmake)
set(longest 400)
# Facades and the last layer that each shows. A new one is entered here.
set(facade_layers mallocspy.hpp=task win32.hpp=heap mallocspy.h=adapters heapapi.hpp=heap spies.hpp=spies testing.hpp=testing)
# The C functions have no other header: their source includes this one.
set(facade_of_its_own_layer mallocspy.h)
# Ready-made spies also run under Windows' own task allocator, so they must not know ours.
set(only_for_spies contract blocks spies)

set(violations 0)
function(violation)
  string(JOIN "" text ${ARGN})
  message(NOTICE "${text}")
  math(EXPR violations "${violations} + 1")
  set(violations ${violations} PARENT_SCOPE)
endfunction()

# The list under "## Layers": lines like "1. `contract`: types ...".
file(READ ${ROOT}/docs/architecture.md architecture)
string(REGEX REPLACE "^.*\n## Layers\n" "" architecture "${architecture}")
string(REGEX REPLACE "\n## .*$" "" architecture "${architecture}")
string(REGEX MATCHALL "\n[0-9]+\\. `[a-z_]+`" items "${architecture}")
set(layers "")
foreach(item IN LISTS items)
  string(REGEX REPLACE ".*`([a-z_]+)`" "\\1" layer "${item}")
  list(APPEND layers ${layer})
endforeach()
if(NOT layers)
  message(FATAL_ERROR "docs/architecture.md has no list of layers (\"1. `name`: ...\") under \"## Layers\"")
endif()

# The lists of parts: "* `testing`: `board` (...), `process` (...)".
string(REGEX MATCHALL "\\* `[a-z_]+`:[^*]+" items "${architecture}")
foreach(item IN LISTS items)
  string(REGEX MATCHALL "`[a-z_]+`" names "${item}")
  string(REPLACE "`" "" names "${names}")
  list(POP_FRONT names layer)
  set(parts_of_${layer} ${names})
endforeach()

# check_parts(FILE LAYER): the includes of other parts of the layer
function(check_parts file layer)
  if(NOT file MATCHES "^src/${layer}/([a-z_]+)/")
    return()
  endif()
  set(part ${CMAKE_MATCH_1})
  list(FIND parts_of_${layer} ${part} rank)
  if(rank EQUAL -1)
    violation(${file} ": docs/architecture.md knows no part " ${part} " of layer " ${layer})
  endif()
  file(STRINGS ${ROOT}/${file} lines REGEX "^[ \t]*#[ \t]*include \"${layer}/[a-z_]+/")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE ".*\"${layer}/([a-z_]+)/.*" "\\1" included "${line}")
    list(FIND parts_of_${layer} ${included} included_rank)
    if(included_rank GREATER rank OR included_rank EQUAL -1)
      violation(${file} ": part " ${part} " may not include part " ${included} ": " ${line})
    endif()
  endforeach()
  set(violations ${violations} PARENT_SCOPE)
endfunction()

function(facade_layer facade result)
  set(${result} "" PARENT_SCOPE)
  foreach(entry IN LISTS facade_layers)
    if(entry MATCHES "^(.+)=(.+)$" AND CMAKE_MATCH_1 STREQUAL facade)
      set(${result} ${CMAKE_MATCH_2} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# may_include(FROM TO RESULT): layer FROM includes a file of layer TO
function(may_include from to result)
  list(FIND layers ${from} from_rank)
  list(FIND layers ${to} to_rank)
  if(to_rank EQUAL -1 OR to_rank GREATER from_rank OR (from STREQUAL "spies" AND NOT to IN_LIST only_for_spies))
    set(${result} OFF PARENT_SCOPE)
  else()
    set(${result} ON PARENT_SCOPE)
  endif()
endfunction()

# check_includes(FILE LAYER): of a source, a layer's header, or a facade of that layer
function(check_includes file layer is_facade)
  file(STRINGS ${ROOT}/${file} lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    if(line MATCHES "(\"|<mallocspy/)([a-z_]+)/")
      set(included ${CMAKE_MATCH_2})
      may_include(${layer} ${included} allowed)
      if(NOT allowed)
        violation(${file} ": layer " ${layer} " may not include " ${included} ": " ${line})
      endif()
    elseif(line MATCHES "<mallocspy/([^/>]+)>")
      set(facade ${CMAKE_MATCH_1})
      facade_layer(${facade} shown)
      if(is_facade)
        may_include(${layer} "${shown}" allowed)
      elseif(facade IN_LIST facade_of_its_own_layer AND shown STREQUAL layer)
        set(allowed ON)
      else()
        set(allowed OFF)
      endif()
      if(NOT allowed)
        violation(${file} ": includes a facade; include what it needs of the layers: " ${line})
      endif()
    endif()
  endforeach()
  set(violations ${violations} PARENT_SCOPE)
endfunction()

# Sources and the headers of layers.
set(present "")
foreach(parent include/mallocspy src)
  file(GLOB folders LIST_DIRECTORIES ON RELATIVE ${ROOT}/${parent} ${ROOT}/${parent}/*)
  foreach(layer IN LISTS folders)
    if(NOT IS_DIRECTORY ${ROOT}/${parent}/${layer})
      continue()
    endif()
    if(NOT layer IN_LIST layers)
      violation(${parent}/${layer} ": not a layer of docs/architecture.md")
      continue()
    endif()
    list(APPEND present ${layer})
    file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/${parent}/${layer}/*.hpp ${ROOT}/${parent}/${layer}/*.h
         ${ROOT}/${parent}/${layer}/*.cpp ${ROOT}/${parent}/${layer}/*.c)
    foreach(file IN LISTS files)
      check_includes(${file} ${layer} OFF)
      check_parts(${file} ${layer})
    endforeach()
  endforeach()
endforeach()

# Facades.
file(GLOB facades RELATIVE ${ROOT} ${ROOT}/include/mallocspy/*.h ${ROOT}/include/mallocspy/*.hpp)
foreach(file IN LISTS facades)
  get_filename_component(facade ${file} NAME)
  facade_layer(${facade} layer)
  if(layer STREQUAL "")
    violation(${file} ": a facade that cmake/check_layers.cmake does not know: enter it in facade_layers")
  else()
    check_includes(${file} ${layer} ON)
  endif()
endforeach()

# Folders.
list(REMOVE_DUPLICATES present)
foreach(layer IN LISTS present)
  if(NOT IS_DIRECTORY ${ROOT}/tests/${layer})
    violation("tests/" ${layer} ": missing; the layer " ${layer} " has no tests")
  endif()
endforeach()
file(GLOB folders LIST_DIRECTORIES ON RELATIVE ${ROOT} ${ROOT}/*)
foreach(folder IN LISTS folders)
  # Hidden folders belong to tools, and build folders to nobody.
  if(IS_DIRECTORY ${ROOT}/${folder} AND NOT folder IN_LIST top_level_folders AND NOT folder MATCHES "^(build|\\..*)$"
     AND NOT EXISTS ${ROOT}/${folder}/CMakeCache.txt)
    violation(${folder} ": no such top-level folder is planned (" "${top_level_folders}" ")")
  endif()
endforeach()

# Lengths.
set(count 0)
foreach(folder include src tests bench docs)
  file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/${folder}/*.hpp ${ROOT}/${folder}/*.h ${ROOT}/${folder}/*.cpp
       ${ROOT}/${folder}/*.c)
  foreach(file IN LISTS files)
    math(EXPR count "${count} + 1")
    file(READ ${ROOT}/${file} text)
    string(REGEX MATCHALL "\n" newlines "${text}")
    list(LENGTH newlines lines)
    if(lines GREATER longest)
      violation(${file} ": " ${lines} " lines; more than " ${longest} " are two ideas")
    endif()
  endforeach()
endforeach()

if(violations GREATER 0)
  message(FATAL_ERROR "${violations} violations of the tree's rules")
endif()
list(JOIN layers " < " order)
message(STATUS "${count} sources keep to the layers ${order}")
