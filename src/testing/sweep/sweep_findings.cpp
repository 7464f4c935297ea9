// SPDX-License-Identifier: MIT
#include "testing/sweep/sweep_findings.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <sys/wait.h>
#include <tuple>

namespace mallocspy::testing_detail {

namespace {

using flag = child_facts::flag;

bool has(const child_facts& facts, std::uint32_t bits) noexcept {
  return (facts.flags.load(std::memory_order_relaxed) & bits) != 0;
}

const char* words_for(unsafe why) noexcept {
  switch (why) {
  case unsafe::no:
    break;
  case unsafe::threads:
    return "the process has other threads";
  case unsafe::children:
    return "the process has children";
  case unsafe::descriptors:
    return "pipes, sockets or other files that cannot be copied are open";
  case unsafe::large_file:
    return "a large file is open for writing";
  case unsafe::shared_mapping:
    return "writable memory is shared";
  case unsafe::escaped:
    return "the failed run changes what is outside of it";
  case unsafe::no_copy:
    return "the system makes no copy of the process";
  case unsafe::asked:
    return "replays were asked for";
  case unsafe::drift:
    return "it is not deterministic";
  }
  return "";
}

std::string bytes_in_blocks(const child_facts& facts) {
  return std::to_string(facts.lost_bytes) + (facts.lost_bytes == 1 ? " byte in " : " bytes in ") +
         std::to_string(facts.lost_blocks) + (facts.lost_blocks == 1 ? " block" : " blocks");
}

std::string detail_of(verdict what, const child_facts& facts) {
  switch (what) {
  case verdict::crash:
    if (!WIFSIGNALED(facts.status)) {
      return "ended by a sanitizer, or by exit(" + std::to_string(WEXITSTATUS(facts.status)) + ")";
    }
    return WIFSIGNALED(facts.status) && WTERMSIG(facts.status) == SIGABRT
               ? "std::abort, or an exception that nobody catches"
               : "";
  case verdict::corrupt:
    return words_for_damage(facts.damage);
  case verdict::hang:
    return "not done after " + std::to_string(facts.milliseconds) + " ms";
  case verdict::leak:
    return bytes_in_blocks(facts) + " lost";
  case verdict::silent: {
    std::string words;
    for (const auto& [bit, text] :
         {std::pair{flag::other_output, "stdout differs"}, std::pair{flag::other_files, "a file differs"},
          std::pair{flag::wrong_result, "the result is not right"}}) {
      if (has(facts, bit)) {
        words += (words.empty() ? "" : ", ") + std::string(text);
      }
    }
    return words;
  }
  default:
    return "";
  }
}

std::uint32_t other_stack_of(verdict what, const child_facts& facts) noexcept {
  return what == verdict::crash     ? facts.crash_stack
         : what == verdict::leak    ? facts.lost_stack
         : what == verdict::corrupt ? facts.damage_stack
                                    : 0;
}

} // namespace

std::string words_for_damage(std::uint32_t code) {
  switch (code) {
  case damage_code(guard_fault::overflow):
    return "a byte behind a block was written";
  case damage_code(guard_fault::underflow):
    return "a byte in front of a block was written";
  case damage_code(guard_fault::use_after_free):
    return "a freed block was written";
  case damage_code(guard_fault::freed_twice):
  case damage_code(misuse_kind::freed_before):
    return "a block was freed twice";
  case damage_code(guard_fault::not_the_block):
  case damage_code(misuse_kind::interior):
    return "a pointer into a block was freed";
  case damage_code(misuse_kind::not_a_block):
    return "a pointer that is no block was freed";
  default:
    return "the heap is damaged";
  }
}

void copy_facts(const child_facts& from, child_facts& to) noexcept {
  std::memcpy(static_cast<void*>(&to), static_cast<const void*>(&from), sizeof to);
}

point_occurrences::point_occurrences(const board& b, stack_names& names, std::uint64_t allocations) {
  std::map<std::string, std::uint64_t> counts;
  m_of.push_back(0);
  for (std::uint64_t n = 1; n <= allocations && n < board::most_points; ++n) {
    m_of.push_back(++counts[names.id_of(b.points[n].stack)]);
  }
}

void fill_points(const findings_input& input, sweep_result& result) {
  board& b = input.b;
  result.points.clear();
  std::map<std::string, std::uint64_t> reasons;
  for (std::uint64_t n = 1; n <= result.allocations && n < board::most_points; ++n) {
    const point& p = b.points[n];
    sweep_point told;
    told.n = n;
    told.stack_id = input.subject.names().id_of(p.stack);
    told.occurrence = input.occurrences.of(n);
    told.size = p.size;
    told.what = judge(p.failed, b.unfailed_before, input.how);
    told.allocated_again = p.failed.requests_after;
    told.replayed = has(p.failed, flag::replayed);
    if (has(p.failed, flag::fired) && !has(p.failed, flag::escaped)) {
      ++result.injected;
      ++(told.replayed ? result.replays : result.snapshots);
    }
    if (told.replayed) {
      const unsafe why = p.why_no_snapshot.load(std::memory_order_relaxed);
      ++reasons[words_for(why == unsafe::no ? result.nondeterministic ? unsafe::drift : unsafe::asked : why)];
    }
    result.points.push_back(std::move(told));
  }
  for (const auto& [why, count] : reasons) {
    result.unsafe += (result.unsafe.empty() ? "" : "; ") + std::to_string(count) + " points: " + why;
  }
}

namespace {

// What is told of a group: the first of its points.
sweep_finding finding_of(const findings_input& input, std::uint64_t n, verdict what, bool confirmed, verdict again) {
  const point& p = input.b.points[n];
  sweep_finding f;
  f.what = what;
  f.allocation = n;
  f.occurrence = input.occurrences.of(n);
  f.stack_id = input.subject.names().id_of(p.stack);
  f.confirmed = confirmed;
  f.signal = what == verdict::crash && WIFSIGNALED(p.failed.status) ? WTERMSIG(p.failed.status) : 0;
  f.error_text = what == verdict::silent && has(p.failed, flag::other_error_text);
  f.stack = input.subject.names().of(p.stack).lines;
  if (!confirmed) {
    f.detail = input.repeated ? std::string("the second time: ") + name_of(again) : "interrupted before it was repeated";
  } else {
    f.detail = detail_of(what, p.failed);
    if (const std::uint32_t other = other_stack_of(what, p.failed)) {
      f.other = input.subject.names().of(other).lines;
    }
  }
  f.replay = input.subject.replay_command(f, input.options);
  return f;
}

std::vector<sweep_finding>& list_for(const findings_input& input, const sweep_finding& finding, sweep_result& result) {
  const named_stack& names = input.subject.names().of(input.b.points[finding.allocation].stack);
  if (!input.expected.empty() && input.expected.match(finding.what, finding.stack_id, names.frames) != nullptr) {
    return result.suppressed;
  }
  return finding.confirmed ? result.findings : result.unconfirmed;
}

bool is_worse(const sweep_finding& x, const sweep_finding& y) {
  return x.what != y.what ? x.what < y.what : x.allocation < y.allocation;
}

} // namespace

void fill_findings(const findings_input& input, sweep_result& result) {
  std::map<std::tuple<verdict, std::string, bool>, sweep_finding> groups;
  for (const auto& [n, before] : input.first_time) {
    const point& p = input.b.points[n];
    const verdict again = judge(p.failed, input.b.unfailed_before, input.how);
    const bool confirmed = input.repeated && is_finding(again);
    const verdict what = confirmed ? again : before;
    sweep_finding& f = groups[{what, input.subject.names().id_of(p.stack), confirmed}];
    if (f.points == 0) {
      f = finding_of(input, n, what, confirmed, again);
    }
    ++f.points;
  }
  for (auto& [key, finding] : groups) {
    list_for(input, finding, result).push_back(std::move(finding));
  }
  for (auto* list : {&result.findings, &result.unconfirmed, &result.suppressed}) {
    std::sort(list->begin(), list->end(), is_worse);
  }
}

} // namespace mallocspy::testing_detail
