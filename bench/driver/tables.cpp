// SPDX-License-Identifier: MIT
#include "driver/tables.hpp"

#include "driver/callgrind.hpp"
#include "driver/console.hpp"
#include "workloads/names.hpp"

#include <algorithm>
#include <cstdio>

namespace mallocspy::bench {

namespace {

constexpr int row_width = 20;
constexpr int cell_width = 13;

// Below this a ratio of peaks says more about the process than about the allocator.
constexpr double smallest_telling_peak = 1 << 20;

std::string text_of(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// With half the distance from the lowest to the highest round.
std::string text_of(const ratio& found) {
  if (found.empty()) {
    return "-";
  }
  const std::string value = text_of("%.2f", found.value);
  return found.rounds.size() == 1 ? value : value + " +-" + text_of("%.2f", (found.high() - found.low()) / 2);
}

std::vector<std::string> columns_of(const measured& values, const std::vector<std::string>& rows,
                                    audience shown = audience::programs) {
  std::vector<std::string> columns;
  for (const subject_info& subject : subject_table) {
    const bool used =
        (shown == audience::both || subject.is_heap == (shown == audience::heaps)) &&
        std::any_of(rows.begin(), rows.end(), [&](const std::string& row) { return values.has(row, subject.name); });
    if (used) {
      columns.emplace_back(subject.name);
    }
  }
  return columns;
}

void print_header(const std::string& title, const std::vector<std::string>& columns) {
  std::printf("\n%s\n%*s", in_bold(title).c_str(), row_width, "");
  for (const std::string& column : columns) {
    std::printf("%*s", cell_width, column.c_str());
  }
  std::printf("\n");
}

template <class Cell> void print_row(const std::string& name, const std::vector<std::string>& columns, Cell cell) {
  std::printf("%-*s", row_width, name.c_str());
  for (const std::string& column : columns) {
    std::printf("%*s", cell_width, cell(column).c_str());
  }
  std::printf("\n");
}

// The same from ratios, and not at all if no column has any.
template <class Ratio>
void print_row_if_any(const std::string& name, const std::vector<std::string>& columns, Ratio ratio_of) {
  if (std::any_of(columns.begin(), columns.end(), [&](const auto& column) { return !ratio_of(column).empty(); })) {
    print_row(name, columns, [&](const std::string& column) { return text_of(ratio_of(column)); });
  }
}

std::vector<std::string> workloads_in(const measured& values) {
  std::vector<std::string> rows;
  for (const workload_info& workload : workload_table) {
    if (values.has(workload.name, baseline)) {
      rows.emplace_back(workload.name);
    }
  }
  return rows;
}

// returns: the columns without the baseline, of which every ratio is 1
std::vector<std::string> without_baseline(std::vector<std::string> columns) {
  columns.erase(std::remove(columns.begin(), columns.end(), baseline), columns.end());
  columns.erase(std::remove(columns.begin(), columns.end(), heap_baseline), columns.end());
  return columns;
}

void print_times(const measured& time, const measured& wall) {
  const std::vector<std::string> rows = workloads_in(time);
  if (rows.empty()) {
    return;
  }
  const std::vector<std::string> columns = without_baseline(columns_of(time, rows));
  if (columns.empty()) {
    return;
  }
  const std::vector<std::string> core = core_workloads();
  print_header("Time, divided by raw mimalloc's, and half the spread of the rounds", columns);
  for (const std::string& row : rows) {
    const bool is_core = std::find(core.begin(), core.end(), row) != core.end();
    print_row(row + (is_core ? " *" : ""), columns,
              [&](const std::string& subject) { return text_of(time.ratio_of(row, subject, baseline)); });
  }
  print_row_if_any("mean of the five *", columns,
                   [&](const std::string& subject) { return time.geometric_mean(core, subject, baseline); });
  print_row_if_any("two threads / one", columns, [&](const std::string& subject) {
    return wall.ratio_of_rows("churn_1000", "churn_2_threads", subject);
  });
  std::printf("%s\n", in_grey("* the five of the geometric mean").c_str());
}

void print_heaps(const measured& time) {
  std::vector<std::string> rows;
  for (const workload_info& workload : workload_table) {
    if (workload.is_for != audience::programs && time.has(workload.name, heap_baseline)) {
      rows.emplace_back(workload.name);
    }
  }
  if (rows.empty()) {
    return;
  }
  const std::vector<std::string> columns = columns_of(time, rows, audience::heaps);
  print_header("Private heaps: time, divided by that of a heap of raw mimalloc", without_baseline(columns));
  for (const std::string& row : rows) {
    print_row(row, without_baseline(columns),
              [&](const std::string& subject) { return text_of(time.ratio_of(row, subject, heap_baseline)); });
  }
  print_row_if_any("destroy / free_each", without_baseline(columns),
                   [&](const std::string& subject) { return time.ratio_of_rows("destroy", "free_each", subject); });
}

void print_peaks(const measured& peak) {
  std::vector<std::string> rows = workloads_in(peak);
  const auto says_little = [&](const std::string& row) {
    return median_of(peak.values(row, baseline)) < smallest_telling_peak;
  };
  rows.erase(std::remove_if(rows.begin(), rows.end(), says_little), rows.end());
  if (rows.empty()) {
    return;
  }
  const std::vector<std::string> columns = without_baseline(columns_of(peak, rows));
  print_header("Peak memory, divided by raw mimalloc's (workloads that take more than 1 MiB)", columns);
  for (const std::string& row : rows) {
    print_row(row, columns, [&](const std::string& subject) { return text_of(peak.ratio_of(row, subject, baseline)); });
  }
}

void print_resident(const measured& resident) {
  if (!resident.has(resident_row, baseline)) {
    return;
  }
  const std::vector<std::string> columns = without_baseline(columns_of(resident, {resident_row}));
  print_header("Memory of a million mixed live blocks, divided by raw mimalloc's", columns);
  print_row("resident set", columns,
            [&](const std::string& subject) { return text_of(resident.ratio_of(resident_row, subject, baseline)); });
}

void print_instructions(const results& found) {
  std::vector<std::string> rows;
  for (const counted_operation& operation : counted_operations()) {
    rows.push_back(row_of(operation));
  }
  const std::vector<std::string> columns = columns_of(found.instructions, rows, audience::both);
  if (columns.empty()) {
    return;
  }
  print_header("Instructions (callgrind): a pair with its calls; GetSize and DidAlloc from entry to return", columns);
  for (const std::string& row : rows) {
    print_row(row, columns, [&](const std::string& subject) {
      const std::vector<double>& counts = found.instructions.values(row, subject);
      return counts.empty() ? "-" : text_of("%.1f", counts.front());
    });
  }
}

} // namespace

void print_tables(const results& found) {
  print_times(found.time, found.wall);
  print_heaps(found.time);
  print_peaks(found.peak);
  print_resident(found.resident);
  print_instructions(found);
  std::printf("\n");
  for (const auto& [subject, why] : found.absent) {
    std::printf("%s is left out: %s\n", subject.c_str(), why.c_str());
  }
  if (!found.no_instructions.empty()) {
    std::printf("%s\n", found.no_instructions.c_str());
  }
}

void print_targets(const std::vector<verdict>& verdicts) {
  if (verdicts.empty()) {
    return;
  }
  std::printf("%s\n", in_bold("Targets").c_str());
  for (const verdict& v : verdicts) {
    const char* format = v.counted ? "%.0f" : "%.2f";
    const std::string number = text_of(format, v.found.value);
    const bool one_value = v.counted || v.found.rounds.size() == 1;
    const std::string range =
        one_value ? "" : " (" + text_of("%.2f", v.found.low()) + ".." + text_of("%.2f", v.found.high()) + ")";
    const std::string bound = (v.at_most ? "<= " : ">= ") + text_of(format, v.bound);
    const std::string state = v.met() ? in_green("met") : v.required ? in_red("MISSED") : in_grey("not yet");
    std::printf("  %-58s %7s%-15s %s %-8s %s\n", v.what.c_str(), number.c_str(), range.c_str(),
                v.required ? "target" : "aim   ", bound.c_str(), state.c_str());
  }
}

} // namespace mallocspy::bench
