// SPDX-License-Identifier: MIT
#include <mallocspy/testing/sweep_result.hpp>

namespace mallocspy {

const char* name_of(verdict what) noexcept {
  switch (what) {
  case verdict::untested:
    return "untested";
  case verdict::crash:
    return "crash";
  case verdict::corrupt:
    return "corrupt";
  case verdict::hang:
    return "hang";
  case verdict::leak:
    return "leak";
  case verdict::silent:
    return "silent";
  case verdict::clean:
    return "clean";
  case verdict::tolerated:
    break;
  }
  return "tolerated";
}

const char* name_of(sweep_mode mode) noexcept {
  switch (mode) {
  case sweep_mode::all_after:
    return "all-after";
  case sweep_mode::in_a_row:
    return "in-a-row";
  case sweep_mode::budget:
    return "budget";
  case sweep_mode::once:
    break;
  }
  return "once";
}

} // namespace mallocspy
