// SPDX-License-Identifier: MIT
#include "driver/targets.hpp"

#include "driver/callgrind.hpp"

#include <algorithm>

namespace mallocspy::bench {

namespace {

constexpr bool required = true;
constexpr bool aim = false;

class judgement {
public:
  void at_most(const std::string& what, const ratio& found, double bound, bool needed) {
    add(what, found, bound, true, needed, false);
  }
  void at_least(const std::string& what, const ratio& found, double bound, bool needed) {
    add(what, found, bound, false, needed, false);
  }
  void instructions(const std::string& what, const ratio& found, double bound, bool needed) {
    add(what, found, bound, true, needed, true);
  }
  std::vector<verdict> take() {
    return std::move(m_verdicts);
  }

private:
  void add(const std::string& what, const ratio& found, double bound, bool at_most, bool needed, bool counted) {
    if (!found.empty()) {
      m_verdicts.push_back({what, found, bound, at_most, needed, counted});
    }
  }

  std::vector<verdict> m_verdicts;
};

// returns: the largest ratio of the rows; empty if a row is missing
ratio worst_of(const measured& time, const std::vector<std::string>& rows, const std::string& subject,
               const std::string& base) {
  ratio worst;
  for (const std::string& row : rows) {
    const ratio of_row = time.ratio_of(row, subject, base);
    if (of_row.empty()) {
      return {};
    }
    if (worst.empty() || of_row.value > worst.value) {
      worst = of_row;
    }
  }
  return worst;
}

// returns: the largest count among the sizes of an operation
ratio most_instructions(const results& found, const std::string& name) {
  ratio most;
  for (const counted_operation& operation : counted_operations()) {
    if (name != operation.name) {
      continue;
    }
    for (const double count : found.instructions.values(row_of(operation), "mallocspy")) {
      most.rounds = {most.empty() ? count : std::max(most.value, count)};
      most.value = most.rounds.front();
    }
  }
  return most;
}

} // namespace

std::vector<verdict> judge(const results& found) {
  const std::vector<std::string> core = core_workloads();
  const std::vector<std::string> churns = {"churn_1000", "churn_100000", "churn_2_threads", "churn_beside"};
  const ratio unspied = found.time.geometric_mean(core, "mallocspy", baseline);
  judgement j;
  j.at_most("unspied / raw mimalloc, geometric mean of the five", unspied, 1.40, required);
  j.at_most("the same, next step", unspied, 1.30, aim);
  j.at_most("unspied / raw mimalloc, the worst of the five", worst_of(found.time, core, "mallocspy", baseline), 1.60, aim);
  j.at_most("unspied / glibc, the worst churn", worst_of(found.time, churns, "mallocspy", "glibc"), 1.00, aim);
  j.at_most("a million mixed live blocks / raw mimalloc, resident set",
            found.resident.ratio_of(resident_row, "mallocspy", baseline), 1.07, required);
  j.instructions("GetSize, instructions, any size", most_instructions(found, "get_size"), 25, required);
  j.instructions("DidAlloc, instructions", most_instructions(found, "did_alloc"), 25, required);
  j.at_most("after revocation / unspied, geometric mean of the five",
            found.time.geometric_mean(core, "revoked", "mallocspy"), 1.05, required);
  j.at_most("after revocation / unspied, instructions of a pair",
            found.instructions.ratio_of("pair_32", "revoked", "mallocspy"), 1.00, required);
  j.at_most("classic spy / unspied, geometric mean of the five", found.time.geometric_mean(core, "classic", "mallocspy"),
            3.00, aim);
  j.at_most("concurrent counting spy / unspied, geometric mean of the five",
            found.time.geometric_mean(core, "concurrent", "mallocspy"), 1.50, aim);
  j.at_most("the same, derived from spy_base, which overrides two hooks",
            found.time.geometric_mean(core, "derived", "mallocspy"), 1.50, aim);
  j.at_most("concurrent counting spy / glibc without a spy, the worst churn",
            worst_of(found.time, churns, "concurrent", "glibc"), 1.00, aim);
  j.at_least("concurrent counting spy, throughput of two threads / one",
             found.wall.ratio_of_rows("churn_1000", "churn_2_threads", "concurrent"), 1.80, aim);
  j.at_least("unspied, throughput of two threads / one",
             found.wall.ratio_of_rows("churn_1000", "churn_2_threads", "mallocspy"), 1.80, aim);
  const std::vector<std::string> pairs = {"pair_32", "pair_100"};
  j.at_most("heap without locks / heap of raw mimalloc, the worst pair", worst_of(found.time, pairs, "heap", heap_baseline),
            2.00, required);
  j.at_most("serialized heap / heap of raw mimalloc, the worst pair",
            worst_of(found.time, pairs, "heap_locked", heap_baseline), 4.00, required);
  for (const char* heap : {"heap", "heap_locked"}) {
    j.at_most(std::string(heap) + ": HeapDestroy of a million blocks / freeing them one by one",
              found.time.ratio_of_rows("destroy", "free_each", heap), 1.00, required);
  }
  return j.take();
}

} // namespace mallocspy::bench
