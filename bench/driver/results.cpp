// SPDX-License-Identifier: MIT
#include "driver/results.hpp"

#include "workloads/names.hpp"

#include <algorithm>
#include <cmath>

namespace mallocspy::bench {

namespace {

ratio quotient(const std::vector<double>& over, const std::vector<double>& under, formed_of from) {
  ratio made;
  for (std::size_t round = 0; round < std::min(over.size(), under.size()); ++round) {
    if (under[round] <= 0) {
      return {};
    }
    made.rounds.push_back(over[round] / under[round]);
  }
  if (!made.empty()) {
    made.value = from == formed_of::rounds
                     ? median_of(made.rounds)
                     : *std::min_element(over.begin(), over.end()) / *std::min_element(under.begin(), under.end());
  }
  return made;
}

} // namespace

double ratio::low() const {
  return *std::min_element(rounds.begin(), rounds.end());
}

double ratio::high() const {
  return *std::max_element(rounds.begin(), rounds.end());
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void measured::add(const std::string& row, const std::string& subject, double value, formed_of ratios) {
  m_formed_of[row] = ratios;
  m_values[row][subject].push_back(value);
}

bool measured::has(const std::string& row, const std::string& subject) const {
  return !values(row, subject).empty();
}

const std::vector<double>& measured::values(const std::string& row, const std::string& subject) const {
  static const std::vector<double> none;
  const auto in_row = m_values.find(row);
  if (in_row == m_values.end()) {
    return none;
  }
  const auto found = in_row->second.find(subject);
  return found == in_row->second.end() ? none : found->second;
}

formed_of measured::ratios_in(const std::string& row) const {
  const auto found = m_formed_of.find(row);
  return found == m_formed_of.end() ? formed_of::rounds : found->second;
}

ratio measured::ratio_of(const std::string& row, const std::string& subject, const std::string& base) const {
  return quotient(values(row, subject), values(row, base), ratios_in(row));
}

ratio measured::ratio_of_rows(const std::string& row, const std::string& base_row, const std::string& subject) const {
  const bool both_least = ratios_in(row) == formed_of::least && ratios_in(base_row) == formed_of::least;
  return quotient(values(row, subject), values(base_row, subject), both_least ? formed_of::least : formed_of::rounds);
}

ratio measured::geometric_mean(const std::vector<std::string>& rows, const std::string& subject,
                               const std::string& base) const {
  ratio mean;
  for (const std::string& row : rows) {
    const ratio of_row = ratio_of(row, subject, base);
    if (of_row.empty() || (!mean.empty() && of_row.rounds.size() != mean.rounds.size())) {
      return {};
    }
    mean.value += std::log(of_row.value);
    mean.rounds.resize(of_row.rounds.size(), 0);
    for (std::size_t round = 0; round < of_row.rounds.size(); ++round) {
      mean.rounds[round] += std::log(of_row.rounds[round]);
    }
  }
  const auto root = [&](double logarithm) { return std::exp(logarithm / static_cast<double>(rows.size())); };
  mean.value = root(mean.value);
  std::transform(mean.rounds.begin(), mean.rounds.end(), mean.rounds.begin(), root);
  return mean;
}

std::vector<std::string> core_workloads() {
  std::vector<std::string> names;
  for (const workload_info& workload : workload_table) {
    if (workload.core) {
      names.emplace_back(workload.name);
    }
  }
  return names;
}

} // namespace mallocspy::bench
