// SPDX-License-Identifier: MIT
// Counts what the program allocates between two calls. For C and C++.
#include <cstdio>
#include <mallocspy/interpose/check.hpp>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

namespace {

struct counter : mallocspy::spy_base {
  int allocations = 0;
  mallocspy::SIZE_T PreAlloc(mallocspy::SIZE_T bytes) override {
    ++allocations;
    return bytes;
  }
} spy;

} // namespace

extern "C" void begin_counting(void) {
  mallocspy::CoRegisterMallocSpy(&spy);
}

// returns: the exit status of the program: 0 if allocations were seen, freed again, and the process is interposed
extern "C" int end_counting(void) {
  const bool freed = mallocspy::CoRevokeMallocSpy() == mallocspy::S_OK;
  const char* missed = mallocspy::first_not_interposed();
  std::printf("%d allocations seen, %s\n", spy.allocations, missed == nullptr ? "nothing missed" : missed);
  return spy.allocations > 0 && freed && missed == nullptr ? 0 : 1;
}
