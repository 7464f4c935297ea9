// SPDX-License-Identifier: MIT
#include "driver/results.hpp"

#include "workloads/names.hpp"

#include <algorithm>
#include <cmath>

namespace mallocspy::bench {

namespace {

std::vector<double> quotients(const std::vector<double>& over, const std::vector<double>& under) {
  std::vector<double> result;
  for (std::size_t round = 0; round < std::min(over.size(), under.size()); ++round) {
    if (under[round] <= 0) {
      return {};
    }
    result.push_back(over[round] / under[round]);
  }
  return result;
}

} // namespace

spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {median, values.front(), values.back()};
}

void measured::add(const std::string& row, const std::string& subject, double value) {
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

std::vector<double> measured::ratios(const std::string& row, const std::string& subject, const std::string& base) const {
  return quotients(values(row, subject), values(row, base));
}

std::vector<double> measured::ratios_of_rows(const std::string& row, const std::string& base_row,
                                             const std::string& subject) const {
  return quotients(values(row, subject), values(base_row, subject));
}

std::vector<double> measured::geometric_means(const std::vector<std::string>& rows, const std::string& subject,
                                              const std::string& base) const {
  std::vector<double> logarithms;
  for (const std::string& row : rows) {
    const std::vector<double> of_row = ratios(row, subject, base);
    if (of_row.empty() || (!logarithms.empty() && of_row.size() != logarithms.size())) {
      return {};
    }
    logarithms.resize(of_row.size(), 0);
    for (std::size_t round = 0; round < of_row.size(); ++round) {
      logarithms[round] += std::log(of_row[round]);
    }
  }
  for (double& value : logarithms) {
    value = std::exp(value / static_cast<double>(rows.size()));
  }
  return logarithms;
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
