// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "task/operations.hpp"

namespace mallocspy::task {

void* raw_realloc(void* pv, SIZE_T cb) {
  if (pv == nullptr) {
    return blocks::raw_allocate(cb);
  }
  if (cb == 0) {
    blocks::raw_free(pv, "Realloc");
    return nullptr;
  }
  return blocks::raw_reallocate(pv, cb, "Realloc", [](std::size_t) {});
}

} // namespace mallocspy::task
