// SPDX-License-Identifier: MIT
// What was measured, round by round, and ratios of it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace mallocspy::bench {

// A number with those of the rounds that it comes from, in which a machine that drifts from round to round does not enter.
struct ratio {
  double value = 0;
  std::vector<double> rounds; // empty: it was not measured

  bool empty() const noexcept {
    return rounds.empty();
  }
  // must: it is not empty
  double low() const;
  double high() const;
};

// must: there is at least one value
double median_of(std::vector<double> values);

// Which of the values of all rounds are divided. Of times the least: what else a machine does only adds to them.
enum class taken { least, median };

// Values by row (a workload) and subject, one for each round.
class measured {
public:
  explicit measured(taken which) : m_which(which) {}

  void add(const std::string& row, const std::string& subject, double value);

  bool has(const std::string& row, const std::string& subject) const;

  // returns: the values; empty if there are none
  const std::vector<double>& values(const std::string& row, const std::string& subject) const;

  // returns: subject divided by base; empty if one of them was not measured, or base measured 0
  ratio ratio_of(const std::string& row, const std::string& subject, const std::string& base) const;

  // returns: one row divided by another, for one subject; empty if one of them was not measured
  ratio ratio_of_rows(const std::string& row, const std::string& base_row, const std::string& subject) const;

  // returns: the geometric mean of the ratios of the rows; empty if a row is missing
  ratio geometric_mean(const std::vector<std::string>& rows, const std::string& subject, const std::string& base) const;

private:
  ratio quotient(const std::vector<double>& over, const std::vector<double>& under) const;

  taken m_which;
  std::map<std::string, std::map<std::string, std::vector<double>>> m_values;
};

struct results {
  measured time{taken::least};               // seconds per item, by workload
  measured wall{taken::least};               // the same by the clock on the wall; time is the processor's where one
                                             // thread works
  measured peak{taken::median};              // bytes, by workload
  measured resident{taken::median};          // bytes, in one row
  measured instructions{taken::median};      // by operation and size, one value each
  std::map<std::string, std::string> absent; // subjects that could not be measured, and why
  std::string no_instructions;               // why they could not be counted; empty if they were
};

inline constexpr const char* baseline = "mimalloc";
inline constexpr const char* heap_baseline = "mi_heap"; // of private heaps
inline constexpr const char* resident_row = "resident";

// returns: the names of the five workloads of the geometric mean
std::vector<std::string> core_workloads();

} // namespace mallocspy::bench
