// SPDX-License-Identifier: MIT
// Linked with mallocspy::interpose: what the program and its libraries take from malloc and operator new, a spy sees.
#include <cstdio>
#include <cstdlib>
#include <mallocspy/interpose/interpose.hpp>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>
#include <string>

using namespace mallocspy;

struct doors : spy_base {
  int c_library = 0;
  int operator_new = 0;
  SIZE_T PreAlloc(SIZE_T bytes) override {
    const entry_point door = current_request().entry;
    c_library += door == entry_point::c_library;
    operator_new += door == entry_point::operator_new;
    return bytes;
  }
};

int main() {
  doors spy;
  CoRegisterMallocSpy(&spy);
  {
    const std::string text(27, 'x');                // operator new
    std::FILE* file = std::fopen("/dev/null", "w"); // malloc, inside the C library
    std::fputs(text.c_str(), file);
    std::fclose(file);
  }
  const HRESULT revoked = CoRevokeMallocSpy();

  void* block = std::malloc(27);
  const bool exact = owns(block) && requested_size(block) == 27; // so malloc_usable_size says too
  std::free(block);

  const char* missed = first_not_interposed(); // null: nothing is
  std::printf("%d by operator new, %d or more by malloc\n", spy.operator_new, spy.c_library > 0 ? 1 : 0);
  return spy.operator_new == 1 && spy.c_library > 0 && revoked == S_OK && exact && missed == nullptr ? 0 : 1;
}
