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

// What a ratio is formed of. The least values of all rounds, where what else a machine does only adds to them, as to one
// thread's time; else the ratios of the rounds, of which the median is taken: threads that wait for each other may be
// lucky.
enum class formed_of { least, rounds };

// Values by row (a workload) and subject, one for each round.
class measured {
public:
  // must: all values of a row say the same of it
  void add(const std::string& row, const std::string& subject, double value, formed_of ratios = formed_of::rounds);

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
  formed_of ratios_in(const std::string& row) const;

  std::map<std::string, formed_of> m_formed_of;
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
