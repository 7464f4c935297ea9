// SPDX-License-Identifier: MIT
// What the numbers must be. A required target that is missed fails --check; an aim is shown beside its number.
#pragma once

#include "driver/results.hpp"

namespace mallocspy::bench {

struct verdict {
  std::string what;
  ratio found;
  double bound;
  bool at_most; // else at least
  bool required;
  bool counted; // a number of instructions, else a ratio
  bool met() const noexcept {
    return at_most ? found.value <= bound : found.value >= bound;
  }
};

// returns: every target whose numbers were measured
std::vector<verdict> judge(const results& found);

} // namespace mallocspy::bench
