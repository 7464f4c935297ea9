// SPDX-License-Identifier: MIT
#include "testing/spies/requester.hpp"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace mallocspy::testing_detail {

namespace {

bool starts_with(const char* text, const char* begin) noexcept {
  return std::strncmp(text, begin, std::strlen(begin)) == 0;
}

// Doors to memory, and what the standard library puts in front of them. By the linker's names: "_ZN" and, for const
// methods, "_ZNK" begin a name in a namespace.
bool passes_requests_on(const char* function) noexcept {
  for (const char* begin : {"_Znw", "_Zna", "_ZNSt", "_ZNKSt", "_ZSt", "_ZNSs", "_ZN9__gnu_cxx", "_ZNK9__gnu_cxx",
                            "_ZN9mallocspy", "_ZNK9mallocspy", "mallocspy_"}) {
    if (starts_with(function, begin)) {
      return true;
    }
  }
  for (const char* name : {"malloc", "calloc", "realloc", "strdup", "aligned_alloc", "posix_memalign"}) {
    if (std::strcmp(function, name) == 0) {
      return true;
    }
  }
  return false;
}

bool lies_in(const char* function, const char* name_space) noexcept {
  if (!starts_with(function, "_ZN")) {
    return false;
  }
  const char* rest = function + 3;
  rest += *rest == 'K' ? 1 : 0;
  char* name = nullptr;
  const std::size_t length = std::strtoul(rest, &name, 10);
  return length == std::strlen(name_space) && std::strncmp(name, name_space, length) == 0;
}

} // namespace

bool asked_by(stack_id stack, const char* name_space) noexcept {
  for (const void* address : stored_stack(stack)) {
    const char* function = locate_code(address).function;
    if (function == nullptr || !passes_requests_on(function)) {
      return function != nullptr && lies_in(function, name_space);
    }
  }
  return false;
}

} // namespace mallocspy::testing_detail
