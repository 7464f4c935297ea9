// SPDX-License-Identifier: MIT
// Instructions of one operation, counted by callgrind: the difference of two lengths of the same loop.
#pragma once

#include "driver/peers.hpp"

#include <optional>

namespace mallocspy::bench {

struct counted_operation {
  const char* name; // of the worker's loop
  std::size_t size;
  std::vector<const char*> subjects;
  // Counts only inside functions of that name, return included; null: everything but the loop itself, calls included.
  const char* inside;
};

// returns: all that are counted
const std::vector<counted_operation>& counted_operations();

// returns: the row of an operation in the results
std::string row_of(const counted_operation& operation);

// returns: why nothing can be counted; nothing if it can
std::optional<std::string> callgrind_missing();

// returns: the instructions of one operation
// errors: std::runtime_error if valgrind or the worker fails, or counts nothing
double count_instructions(const peers& workers, const subject_info& subject, const counted_operation& operation);

} // namespace mallocspy::bench
