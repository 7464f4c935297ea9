// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/threads/carried.hpp"

namespace mallocspy::spies::carried_detail {

std::uintptr_t* find_further_down(std::uintptr_t* top, const void* owner, std::size_t words) noexcept {
  const std::uintptr_t* page = page_of(this_thread);
  if (page == nullptr) {
    return nullptr;
  }
  for (std::uintptr_t* end = top; end != page; end -= end[-1] + frame_words) {
    if (is_frame_of(end, owner, words)) {
      return end;
    }
  }
  return nullptr;
}

} // namespace mallocspy::spies::carried_detail
