# SPDX-License-Identifier: MIT
# cmake -D BROWSER=.. -D COMMAND=.. -D SWEEP=sweep.json -D WORK=folder -P page_in_browser.cmake: the page in a browser. It
# renders without a word on its console, a filter in the address is applied, and clicks and keys do what they should.
cmake_minimum_required(VERSION 3.20)

if(NOT BROWSER)
  message(NOTICE "SKIPPED: no Chromium here (Debian: chromium)")
  return()
endif()
file(MAKE_DIRECTORY ${WORK})
file(REMOVE ${WORK}/page.html)
execute_process(COMMAND ${COMMAND} report --quiet --fail-on nothing --html ${WORK}/page.html ${SWEEP} RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${COMMAND} report: ${status}")
endif()

# opened(ADDRESS RESULT): the document as it is once its scripts have run.
function(opened address result)
  execute_process(
    COMMAND ${BROWSER} --headless --no-sandbox --disable-gpu --no-first-run --user-data-dir=${WORK}/profile
            --enable-logging=stderr --v=0 --virtual-time-budget=2000 --timeout=60000 --dump-dom file://${address}
    OUTPUT_VARIABLE page ERROR_VARIABLE console RESULT_VARIABLE status TIMEOUT 120)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${BROWSER}: ${status}\n${console}")
  endif()
  if(console MATCHES "CONSOLE[^\n]*")
    message(SEND_ERROR "${address}: ${CMAKE_MATCH_0}")
  endif()
  set(${result} "${page}" PARENT_SCOPE)
endfunction()

# steps(NAME SCRIPT RESULT): what the page is after a script that stands for a person's hands.
function(steps name script result)
  file(READ ${WORK}/page.html page)
  string(REPLACE "</body>" "<script>${script}</script></body>" page "${page}")
  file(WRITE ${WORK}/${name}.html "${page}")
  opened(${WORK}/${name}.html page)
  set(${result} "${page}" PARENT_SCOPE)
endfunction()

function(expect page what expression)
  if(NOT page MATCHES "${expression}")
    message(SEND_ERROR "${what}: the page does not match ${expression}")
  endif()
endfunction()
# visible(PAGE ID ON|OFF)
function(visible page id wanted)
  if(NOT page MATCHES "<article[^>]*id=\"${id}\"[^>]*>")
    message(SEND_ERROR "there is no ${id}")
    return()
  endif()
  if(CMAKE_MATCH_0 MATCHES "hidden=")
    set(found OFF)
  else()
    set(found ON)
  endif()
  if(NOT found STREQUAL wanted)
    message(SEND_ERROR "${id} is visible: ${found}, wanted: ${wanted}")
  endif()
endfunction()

# As it opens. finding-1 is a crash, finding-2 a leak, unconfirmed-1 silent.
opened(${WORK}/page.html page)
expect("${page}" "totals" "<h1 id=\"heading\">Sweep of parser</h1>")
expect("${page}" "the strip" "<canvas id=\"strip\"[^>]*data-cells=\"7\"")
expect("${page}" "the strip for those who cannot see it" "aria-label=\"7 allocations: 2 crash, 1 leak, 1 silent, 1 clean")
expect("${page}" "a stack with markup in it" "<li>insert&lt;int&gt;\\(table&lt;int&gt;&amp;, int\\) \\(table.hpp:31\\)</li>")
expect("${page}" "the replay" "<pre>mallocspy fail --nth 3 -- ./parser --in 'a b.xml'</pre>")
visible("${page}" finding-1 ON)
visible("${page}" finding-2 ON)
visible("${page}" unconfirmed-1 ON)

# A filter in the address.
opened("${WORK}/page.html#filter=crash,nonsense" page)
expect("${page}" "the filter's button" "<button type=\"button\" data-filter=\"crash\" aria-pressed=\"true\">")
visible("${page}" finding-1 ON)
visible("${page}" finding-2 OFF)
visible("${page}" unconfirmed-1 OFF)

# Clicks: leak; then crash too; then leak off again.
steps(one_click "document.querySelector('[data-filter=leak]').click()" page)
visible("${page}" finding-1 OFF)
visible("${page}" finding-2 ON)
steps(three_clicks "for (const v of ['leak', 'crash', 'leak']) document.querySelector('[data-filter=' + v + ']').click()" page)
visible("${page}" finding-1 ON)
visible("${page}" finding-2 OFF)
steps(nothing_left "document.querySelector('[data-filter=clean]').click()" page)
visible("${page}" finding-1 OFF)
expect("${page}" "an empty list says so" "<p id=\"none\">No finding has one of the chosen verdicts.</p>")

# The strip: a cell under the pointer, a click, keys.
set(third "const c = document.getElementById('strip'), b = c.getBoundingClientRect(), at = { bubbles: true, clientX: b.left + 40, clientY: b.top + 8 };")
steps(pointer "${third} c.dispatchEvent(new MouseEvent('mousemove', at))" page)
expect("${page}" "the tip" "<div id=\"tip\" role=\"tooltip\" style=[^>]*>Allocation 3 of 7: crash\n61 bytes\n")
steps(click "${third} c.dispatchEvent(new MouseEvent('click', at))" page)
expect("${page}" "the chosen point" "Allocation 3 of 7: crash; 61 bytes; allocated again 4 times; stack 00000000deadbee7, occurrence 2; in grow \\(table.c:71\\)[^<]*<a href=\"#finding-1\">")
steps(keys "for (const key of ['Home', 'ArrowRight', 'End', 'ArrowLeft']) document.getElementById('strip').dispatchEvent(new KeyboardEvent('keydown', { key }))" page)
expect("${page}" "the point that the keys chose" "Allocation 6 of 7: crash")
