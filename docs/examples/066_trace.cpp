// SPDX-License-Identifier: MIT
// Every event in a file, and what viewers read of it.
#include <cstdio>
#include <initializer_list>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

using namespace mallocspy;

int main() {
  {
    trace spy("example.trace");
    const scoped_spy registration(&spy);
    for (SIZE_T size = 1; size <= 1000; size *= 10) {
      CoTaskMemFree(CoTaskMemAlloc(size));
    }
  } // revoked, and written in full
  const trace_contents events = read_trace("example.trace");
  write_pprof(events, "example.pb");            // pprof -http : example.pb
  write_collapsed(events, "example.collapsed"); // flamegraph.pl, speedscope
  for (const char* file : {"example.trace", "example.pb", "example.collapsed"}) {
    std::remove(file);
  }
  return events.events.size() == 8 && events.events[6].size == 1000 ? 0 : 1;
}
