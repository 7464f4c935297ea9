// SPDX-License-Identifier: MIT
#include "large_run.hpp"

#include "console.hpp"
#include "counted_run.hpp"
#include "sqlite_memory.hpp"

#include <sqlite3.h>

namespace {

void print_answer(const query_result& answer) {
  table rows;
  for (const auto& row : answer.rows) {
    auto& cells = rows.emplace_back();
    for (const std::string& text : row) {
      cells.push_back({text});
    }
  }
  print_heading(answer.title);
  print_table(rows);
}

std::string number(std::size_t value) {
  return grouped(static_cast<long long>(value));
}

void print_counts(const mallocspy::allocation_counts& seen, mallocspy::peak_bytes peak) {
  print_heading("What the spy saw");
  print_table({{{"allocations"}, {number(seen.allocations)}},
               {{"reallocations"}, {number(seen.reallocations)}},
               {{"bytes requested"}, {number(seen.requested_bytes)}},
               {{"peak of live bytes"}, {number(peak.bytes)}},
               {{"live blocks at the end"}, {grouped(seen.live_blocks)}}});
}

} // namespace

bool show_large_run(const std::filesystem::path& folder, int orders) {
  choose_sqlite_memory(memory_source::sqlites_own);
  const outcome reference = run_workload(folder / "reference.db", orders);
  choose_sqlite_memory(memory_source::task_allocator);
  const counted_run ours = run_counted(folder, orders);

  for (const query_result& answer : ours.result.answer) {
    print_answer(answer);
  }
  print_counts(ours.seen, ours.peak);
  print_heading("Checked");
  const auto peak = static_cast<long long>(ours.peak.bytes);
  bool good = print_check(ours.result.code == SQLITE_OK, std::string("SQLite says: ") + sqlite3_errstr(ours.result.code));
  good &= print_check(ours.result == reference, "the answers are those that SQLite gives on its own memory");
  good &= print_check(ours.result.peak_bytes == peak,
                      "SQLite's own count has the same peak: " + grouped(ours.result.peak_bytes));
  good &= print_check(ours.seen.live_blocks == 0, "all blocks have come back");
  return good;
}
