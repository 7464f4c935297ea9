// SPDX-License-Identifier: MIT
#include "testing/run/judge.hpp"

#include <csignal>
#include <sys/wait.h>

namespace mallocspy::testing_detail {

namespace {

using flag = child_facts::flag;

bool has(std::uint32_t flags, std::uint32_t bits) noexcept {
  return (flags & bits) != 0;
}

constexpr std::uint32_t other_results = flag::other_output | flag::other_files | flag::wrong_result;

bool ended_early(std::uint32_t flags, const judging& how) noexcept {
  return how.is_function && !has(flags, flag::finished | flag::timed_out);
}

bool reports_error(const child_facts& child, std::uint32_t flags, const child_facts& unfailed,
                   const judging& how) noexcept {
  if (has(flags, flag::reported_error | flag::threw)) {
    return true;
  }
  const int status = WIFEXITED(child.status) ? WEXITSTATUS(child.status) : -1;
  if (how.is_function) {
    return !has(flags, flag::finished) && status != 0; // it called exit()
  }
  const int expected = WIFEXITED(unfailed.status) ? WEXITSTATUS(unfailed.status) : -1;
  return status != expected && status != 0;
}

} // namespace

verdict judge(const child_facts& child, const child_facts& unfailed, const judging& how) noexcept {
  const std::uint32_t flags = child.flags.load(std::memory_order_relaxed);
  if (!has(flags, flag::ended) || !has(flags, flag::fired) || has(flags, flag::escaped)) {
    return verdict::untested;
  }
  const bool aborted = WIFSIGNALED(child.status) && WTERMSIG(child.status) == SIGABRT;
  if (!has(flags, flag::timed_out) && WIFSIGNALED(child.status) && (!aborted || how.abort_is_crash)) {
    // Damage that was seen before explains the crash better.
    return child.damages != 0 ? verdict::corrupt : verdict::crash;
  }
  if (child.damages != 0) {
    return verdict::corrupt;
  }
  if (how.exit_is_crash && ended_early(flags, how) && WIFEXITED(child.status) && WEXITSTATUS(child.status) != 0) {
    return verdict::crash;
  }
  if (has(flags, flag::timed_out)) {
    return verdict::hang;
  }
  if (child.lost_blocks != 0) {
    return verdict::leak;
  }
  if (aborted || reports_error(child, flags, unfailed, how)) {
    return verdict::clean;
  }
  const bool other_status = !how.is_function && child.status != unfailed.status;
  return has(flags, other_results) || other_status || ended_early(flags, how) ? verdict::silent : verdict::tolerated;
}

std::uint32_t difference(const child_facts& child, const child_facts& unfailed, const judging& how) noexcept {
  const std::uint32_t flags = child.flags.load(std::memory_order_relaxed);
  std::uint32_t differing = flags & (other_results | flag::timed_out | flag::other_error_text);
  if (how.is_function) {
    const std::uint32_t before = unfailed.flags.load(std::memory_order_relaxed);
    differing |= (flags ^ before) & (flag::finished | flag::reported_error | flag::threw);
  } else if (child.status != unfailed.status) {
    differing |= flag::ended;
  }
  return differing;
}

} // namespace mallocspy::testing_detail
