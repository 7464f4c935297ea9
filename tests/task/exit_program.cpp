// SPDX-License-Identifier: MIT
// A process that ends with a spy registered, a spied block alive, and destructors that still allocate. Prints one line.
#include "support/pass_through_spy.hpp"

#include <cstdio>
#include <cstdlib>
#include <mallocspy/mallocspy.hpp>

namespace {

class last_spy : public test::pass_through_spy {
public:
  mallocspy::ULONG STDMETHODCALLTYPE Release() override {
    std::puts("released after the end");
    return pass_through_spy::Release();
  }
};

// Destroyed in reverse order, so this one comes last and allocates when everything else is gone.
struct late_user {
  ~late_user() {
    void* p = mallocspy::CoTaskMemAlloc(53);
    std::puts(mallocspy::owns(p) ? "ended as expected" : "no memory after the end");
    mallocspy::CoTaskMemFree(p);
  }
} the_late_user;

} // namespace

int main() {
  // Never destroyed: who is registered must outlive the process.
  mallocspy::CoRegisterMallocSpy(new last_spy);
  std::atexit([] { mallocspy::CoTaskMemFree(mallocspy::CoTaskMemAlloc(27)); });
  return mallocspy::CoTaskMemAlloc(19) == nullptr ? 1 : 0;
}
