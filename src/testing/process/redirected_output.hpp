// SPDX-License-Identifier: MIT
// stdout and stderr go to files for a while.
#pragma once

#include "testing/process/snapshot_safety.hpp"

namespace mallocspy::testing_detail {

class redirected_output {
public:
  // effects: flushes what is buffered, and sends both to the files, which are emptied
  explicit redirected_output(const output_files& files) noexcept;
  // effects: flushes, and sends them where they went before
  ~redirected_output();
  redirected_output(const redirected_output&) = delete;
  redirected_output& operator=(const redirected_output&) = delete;

  // effects: what was buffered goes to the files
  static void flush() noexcept;

private:
  int m_out;
  int m_err;
};

} // namespace mallocspy::testing_detail
