// SPDX-License-Identifier: MIT
// How a rerun ended, as it is seen from outside.
#pragma once

#include "testing/board/board.hpp"

namespace mallocspy::testing_detail {

struct rerun_end {
  int status; // as waitpid tells it
  std::int64_t milliseconds;
  bool timed_out;
  bool same_output; // as the unfailed run
  bool same_error_text;
  bool same_files;
};

// effects: adds it to what the rerun has noted itself
inline void note_rerun(const rerun_end& end, child_facts& facts) noexcept {
  using flag = child_facts::flag;
  facts.status = end.status;
  facts.milliseconds = static_cast<std::uint32_t>(end.milliseconds);
  std::uint32_t flags = flag::ended | flag::replayed;
  flags |= end.timed_out ? flag::timed_out : 0U;
  flags |= end.same_output ? 0U : flag::other_output;
  flags |= end.same_error_text ? 0U : flag::other_error_text;
  flags |= end.same_files ? 0U : flag::other_files;
  facts.flags.fetch_or(flags, std::memory_order_relaxed);
}

} // namespace mallocspy::testing_detail
