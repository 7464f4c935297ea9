// SPDX-License-Identifier: MIT
// What was measured, round by round, and ratios of it. A ratio is formed within each round, so that a machine that drifts
// from round to round does not enter it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace mallocspy::bench {

struct spread {
  double median;
  double low;
  double high;
};

// must: there is at least one value
spread spread_of(std::vector<double> values);

// Values by row (a workload) and subject, one for each round.
class measured {
public:
  void add(const std::string& row, const std::string& subject, double value);

  bool has(const std::string& row, const std::string& subject) const;

  // returns: the values; empty if there are none
  const std::vector<double>& values(const std::string& row, const std::string& subject) const;

  // returns: subject divided by base in each round; empty if one of them was not measured, or base measured 0
  std::vector<double> ratios(const std::string& row, const std::string& subject, const std::string& base) const;

  // returns: one row divided by another in each round, for one subject; empty if one of them was not measured
  std::vector<double> ratios_of_rows(const std::string& row, const std::string& base_row, const std::string& subject) const;

  // returns: in each round, the geometric mean of the ratios over the rows; empty if a row is missing
  std::vector<double> geometric_means(const std::vector<std::string>& rows, const std::string& subject,
                                      const std::string& base) const;

private:
  std::map<std::string, std::map<std::string, std::vector<double>>> m_values;
};

struct results {
  measured time;                             // seconds per item, by workload
  measured wall;                             // the same by the clock on the wall; time is the processor's where one
                                             // thread works
  measured peak;                             // bytes, by workload
  measured resident;                         // bytes, in one row
  measured instructions;                     // by operation and size, one value each
  std::map<std::string, std::string> absent; // subjects that could not be measured, and why
  std::string no_instructions;               // why they could not be counted; empty if they were
};

inline constexpr const char* baseline = "mimalloc";
inline constexpr const char* heap_baseline = "mi_heap"; // of private heaps
inline constexpr const char* resident_row = "resident";

// returns: the names of the five workloads of the geometric mean
std::vector<std::string> core_workloads();

} // namespace mallocspy::bench
