// SPDX-License-Identifier: MIT
#include "heap/damage.hpp"

#include "blocks/line.hpp"
#include "blocks/misuse_report.hpp"

#include <cstdlib>

namespace mallocspy::heap {

void damage_found(std::uintptr_t where) noexcept {
  const bool abort = blocks::terminates_on_misuse();
  blocks::line line;
  line.text("heap: free memory at ").address(reinterpret_cast<const void*>(where)).text(" was written to");
  line.text(abort ? "; aborting" : "; it is not used again").write();
  if (abort) {
    std::abort();
  }
}

} // namespace mallocspy::heap
