// SPDX-License-Identifier: MIT
// What the tests ask of the ported code.
#pragma once

#include <cstddef>

struct ported_result {
  bool registered = false;
  bool found_leak = false;
  bool clean_at_end = false;
  bool revoked = false;
  std::size_t size_told = 0;
  unsigned long references_left = 0;
};

// effects: runs the program below once
ported_result run_ported_code();
