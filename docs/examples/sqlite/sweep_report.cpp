// SPDX-License-Identifier: MIT
#include "sweep_report.hpp"

#include "console.hpp"
#include "counted_run.hpp"
#include "failure_sweep.hpp"
#include "progress.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <sqlite3.h>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

constexpr verdict good_verdicts[] = {verdict::reported, verdict::tolerated};
constexpr verdict bad_verdicts[] = {verdict::wrong, verdict::leaked, verdict::crashed};

struct swept {
  const char* label;
  std::size_t failures;
  sweep_result result;
};

swept run_with_progress(const char* label, const small_workload& workload, const sweep_plan& plan,
                        const std::filesystem::path& folder, const std::function<bool()>& stop) {
  const std::size_t failures = points_of(plan, workload).size();
  progress bar(label, failures);
  return {label, failures,
          sweep(
              workload, plan, folder, [&](std::size_t done) { bar.show(done); }, stop)};
}

void print_verdicts(const std::vector<swept>& rows) {
  table lines{{{""}, {"failures"}}};
  for (std::size_t v = 0; v <= static_cast<std::size_t>(verdict::crashed); ++v) {
    lines[0].push_back({verdict_names[v]});
  }
  for (const swept& row : rows) {
    auto& cells = lines.emplace_back(std::vector<cell>{{row.label}, {grouped(static_cast<long long>(row.failures))}});
    for (const verdict v : good_verdicts) {
      cells.push_back({grouped(row.result[v])});
    }
    for (const verdict v : bad_verdicts) {
      cells.push_back({grouped(row.result[v]), row.result[v] == 0 ? colour::green : colour::red});
    }
  }
  print_table(lines);
}

std::string described(const finding& f) {
  return name_of(f.what) + (f.how.empty() ? "" : ", " + f.how);
}

void print_findings(const sweep_result& result) {
  constexpr std::size_t shown = 5;
  for (std::size_t i = 0; i < std::min(shown, result.findings.size()); ++i) {
    const finding& f = result.findings[i];
    std::printf("  %s; replay: sqlite_demo --fail %ld%s\n", described(f).c_str(), f.plan.first,
                f.plan.all_after ? " --all-after" : "");
  }
  if (result.findings.size() > shown) {
    std::printf("  and %zu more\n", result.findings.size() - shown);
  }
}

// Each failure has come, and each has exactly one of the five verdicts.
bool adds_up(const swept& row) {
  const auto& counts = row.result.counts;
  const long verdicts = std::accumulate(counts.begin(), counts.end() - 1, 0L);
  return verdicts == static_cast<long>(row.failures) && row.result[verdict::not_fired] == 0;
}

bool no_bad_verdict(const swept& row) {
  return std::all_of(std::begin(bad_verdicts), std::end(bad_verdicts), [&](verdict v) { return row.result[v] == 0; });
}

} // namespace

small_workload measure_small_workload(const std::filesystem::path& folder, int orders) {
  const auto allocations_of = [](const counted_run& run) {
    return static_cast<long>(run.seen.allocations + run.seen.reallocations);
  };
  const counted_run first = run_counted(folder, orders);
  const counted_run second = run_counted(folder, orders);
  if (first.result.code != SQLITE_OK) {
    throw std::runtime_error(std::string("the unfailed run fails: ") + sqlite3_errstr(first.result.code));
  }
  if (!(first.result == second.result) || allocations_of(first) != allocations_of(second)) {
    throw std::runtime_error("two unfailed runs differ, so failed ones cannot be compared with them");
  }
  return {orders, first.result, allocations_of(first)};
}

bool show_sweep(const small_workload& workload, long every, const std::filesystem::path& folder,
                const std::function<bool()>& stop) {
  print_heading("A smaller run of " + grouped(workload.allocations) + " allocations, " +
                (every == 1 ? "each" : "1 in " + std::to_string(every)) + " of them failed in turn");
  const unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::vector<swept> rows;
  rows.push_back(run_with_progress("alone", workload, {false, every, jobs}, folder, stop));
  rows.push_back(run_with_progress("with all later ones", workload, {true, every, jobs}, folder, stop));
  print_verdicts(rows);

  print_heading("Checked");
  bool good =
      print_check(std::all_of(rows.begin(), rows.end(), no_bad_verdict), "SQLite reported or tolerated every failure");
  for (const swept& row : rows) {
    print_findings(row.result);
  }
  good &= print_check(std::all_of(rows.begin(), rows.end(), adds_up), "every planned failure came, and has one verdict");
  return good;
}

bool show_one_failure(const small_workload& workload, failure_plan plan, const std::filesystem::path& folder) {
  const finding found = run_in_child(workload, plan, folder);
  const bool good = found.what == verdict::reported || found.what == verdict::tolerated;
  const std::string place = grouped(plan.first) + (plan.all_after ? " and all after it" : "");
  return print_check(good,
                     "failing allocation " + place + " of " + grouped(workload.allocations) + ": " + described(found));
}
