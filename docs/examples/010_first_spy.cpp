// SPDX-License-Identifier: MIT
// A spy that counts allocations.
#include <cstdio>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

using namespace mallocspy;

struct counter : spy_base {
  int allocations = 0;
  SIZE_T PreAlloc(SIZE_T bytes) override {
    ++allocations;
    return bytes; // 0 would make the allocation fail
  }
};

int main() {
  counter spy;
  CoRegisterMallocSpy(&spy);
  void* block = CoTaskMemAlloc(27);
  const SIZE_T size = requested_size(block); // 27, not 32: exactly what was asked
  CoTaskMemFree(block);
  const bool freed = !owns(block);
  const HRESULT revoked = CoRevokeMallocSpy(); // E_ACCESSDENIED if a block of the spy were alive
  std::printf("%d allocation of %zu bytes\n", spy.allocations, size);
  return spy.allocations == 1 && size == 27 && freed && revoked == S_OK ? 0 : 1;
}
