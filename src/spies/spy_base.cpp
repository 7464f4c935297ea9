// SPDX-License-Identifier: MIT
#include "blocks/line.hpp"

#include <cstdlib>
#include <mallocspy/spies/spy_base.hpp>

namespace mallocspy {

void spy_base::destroyed_too_early() noexcept {
  blocks::line()
      .text("a spy is destroyed while it is registered, or blocks of it are alive: revoke it and free them first, or make "
            "it with make_spy")
      .write();
  std::abort();
}

} // namespace mallocspy
