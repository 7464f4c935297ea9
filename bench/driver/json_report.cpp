// SPDX-License-Identifier: MIT
#include "driver/json_report.hpp"

#include "driver/callgrind.hpp"
#include "workloads/names.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace mallocspy::bench {

namespace {

using json = nlohmann::ordered_json;

json as_json(const ratio& found) {
  return {{"value", found.value}, {"low", found.low()}, {"high", found.high()}};
}

json ratios_of(const measured& values, const std::vector<std::string>& rows) {
  json list = json::array();
  for (const std::string& row : rows) {
    for (const subject_info& subject : subject_table) {
      const ratio found = values.ratio_of(row, subject.name, baseline);
      if (!found.empty()) {
        list.push_back({{"row", row}, {"subject", subject.name}, {"ratio", as_json(found)}, {"rounds", found.rounds}});
      }
    }
  }
  return list;
}

json counts_of(const measured& instructions) {
  json list = json::array();
  for (const counted_operation& operation : counted_operations()) {
    for (const char* subject : operation.subjects) {
      for (const double count : instructions.values(row_of(operation), subject)) {
        list.push_back(
            {{"operation", operation.name}, {"size", operation.size}, {"subject", subject}, {"instructions", count}});
      }
    }
  }
  return list;
}

json targets_of(const std::vector<verdict>& verdicts) {
  json list = json::array();
  for (const verdict& v : verdicts) {
    list.push_back({{"what", v.what},
                    {"value", as_json(v.found)},
                    {v.at_most ? "at_most" : "at_least", v.bound},
                    {"required", v.required},
                    {"met", v.met()}});
  }
  return list;
}

} // namespace

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    throw std::runtime_error("cannot write " + path);
  }
}

void write_json(const options& chosen, const results& found, const std::vector<verdict>& verdicts) {
  std::vector<std::string> workloads;
  json titles = json::object();
  for (const workload_info& workload : workload_table) {
    workloads.emplace_back(workload.name);
    titles[workload.name] = workload.title;
  }
  json subjects = json::object();
  for (const subject_info& subject : subject_table) {
    subjects[subject.name] = subject.title;
  }
  const json report = {{"schema", 2},
                       {"divided_by", baseline},
                       {"rounds", chosen.rounds},
                       {"subjects", subjects},
                       {"workloads", titles},
                       {"absent", found.absent},
                       {"time", ratios_of(found.time, workloads)},
                       {"peak", ratios_of(found.peak, workloads)},
                       {"resident", ratios_of(found.resident, {resident_row})},
                       {"instructions", counts_of(found.instructions)},
                       {"targets", targets_of(verdicts)}};
  write_file(chosen.json_file, report.dump(1) + "\n");
}

} // namespace mallocspy::bench
