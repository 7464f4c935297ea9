// SPDX-License-Identifier: MIT
#include "dependent.hpp"

#include <cstring>
#include <mallocspy/mallocspy.hpp>

char* copy_for_caller(const char* string, mallocspy::IMalloc** owner) {
  if (mallocspy::CoGetMalloc(mallocspy::MEMCTX_TASK, owner) != mallocspy::S_OK) {
    return nullptr;
  }
  const std::size_t size = std::strlen(string) + 1;
  void* copy = (*owner)->Alloc(size);
  return copy == nullptr ? nullptr : static_cast<char*>(std::memcpy(copy, string, size));
}
