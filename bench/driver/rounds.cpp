// SPDX-License-Identifier: MIT
#include "driver/rounds.hpp"

#include "driver/callgrind.hpp"
#include "driver/console.hpp"
#include "workloads/names.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace mallocspy::bench {

namespace {

struct step {
  std::string stage;
  std::string what;
  std::function<void(results&)> run;
};

using subjects = std::vector<const subject_info*>;

bool is_baseline(const subject_info& subject) {
  return std::string(subject.name) == baseline || std::string(subject.name) == heap_baseline;
}

bool is_for(audience wanted, const subject_info& subject) {
  return wanted == audience::both || (wanted == audience::heaps) == subject.is_heap;
}

// returns: the subjects selected for a row, with the baselines among them if there is any other
subjects selected(const options& chosen, const peers& workers, const std::string& row,
                  audience wanted_audience = audience::programs) {
  subjects wanted;
  for (const subject_info* subject : workers.present()) {
    if (is_for(wanted_audience, *subject) && (is_baseline(*subject) || chosen.selects(subject->name, row))) {
      wanted.push_back(subject);
    }
  }
  const bool only_dragged_in = std::none_of(
      wanted.begin(), wanted.end(), [&](const subject_info* subject) { return chosen.selects(subject->name, row); });
  return only_dragged_in ? subjects{} : wanted;
}

void time_once(const options& chosen, const peers& workers, const subject_info& subject, const char* workload,
               results& found) {
  const std::string text = workers.run(subject, {"time", workload, std::to_string(chosen.seconds)});
  const auto run = nlohmann::json::parse(text).at("benchmarks").at(0);
  if (run.value("error_occurred", false)) {
    throw std::runtime_error(std::string(subject.name) + "/" + workload + ": " + run.value("error_message", "error"));
  }
  const double time = 1 / run.at("items_per_second").get<double>();
  const bool is_processor_time = run.at("threads").get<int>() == 1;
  const double waiting = run.at("real_time").get<double>() / run.at("cpu_time").get<double>();
  const formed_of ratios = is_processor_time ? formed_of::least : formed_of::rounds;
  found.time.add(workload, subject.name, time, ratios);
  found.wall.add(workload, subject.name, is_processor_time ? time * waiting : time);
  found.peak.add(workload, subject.name, run.at("peak").get<double>());
}

void plan_times(const options& chosen, const peers& workers, std::vector<step>& steps) {
  for (int round = 0; round < chosen.rounds; ++round) {
    const std::string stage = "round " + std::to_string(round + 1) + " of " + std::to_string(chosen.rounds);
    for (const workload_info& workload : workload_table) {
      subjects order = selected(chosen, workers, workload.name, workload.is_for);
      if (!order.empty()) {
        std::rotate(order.begin(), order.begin() + round % static_cast<int>(order.size()), order.end());
      }
      for (const subject_info* subject : order) {
        steps.push_back({stage, std::string(subject->name) + "/" + workload.name,
                         [&, subject](results& found) { time_once(chosen, workers, *subject, workload.name, found); }});
      }
    }
  }
}

void plan_resident(const options& chosen, const peers& workers, std::vector<step>& steps) {
  for (int round = 0; round < chosen.resident_rounds; ++round) {
    for (const subject_info* subject : selected(chosen, workers, resident_row)) {
      steps.push_back({"memory", std::string(subject->name) + "/" + resident_row, [&, subject](results& found) {
                         const double bytes = std::stod(workers.run(*subject, {"resident"}));
                         found.resident.add(resident_row, subject->name, bytes);
                       }});
    }
  }
}

void plan_instructions(const options& chosen, const peers& workers, std::vector<step>& steps) {
  for (const counted_operation& operation : counted_operations()) {
    for (const subject_info* subject : workers.present()) {
      const bool has = std::any_of(operation.subjects.begin(), operation.subjects.end(),
                                   [&](const char* name) { return std::string(name) == subject->name; });
      const std::string row = row_of(operation);
      if (has && chosen.selects(subject->name, "instructions/" + row)) {
        steps.push_back(
            {"instructions", std::string(subject->name) + "/instructions/" + row, [&, subject, row](results& found) {
               found.instructions.add(row, subject->name, count_instructions(workers, *subject, operation));
             }});
      }
    }
  }
}

std::vector<step> plan(const options& chosen, const peers& workers, bool with_instructions) {
  std::vector<step> steps;
  if (with_instructions) {
    plan_instructions(chosen, workers, steps);
  }
  plan_resident(chosen, workers, steps);
  plan_times(chosen, workers, steps);
  return steps;
}

} // namespace

std::size_t list_selected(const options& chosen, const peers& workers) {
  options once = chosen;
  once.rounds = 1;
  once.resident_rounds = 1;
  const std::vector<step> steps = plan(once, workers, true);
  for (const step& s : steps) {
    std::printf("%s\n", s.what.c_str());
  }
  return steps.size();
}

results measure(const options& chosen, const peers& workers) {
  results found;
  found.absent = workers.absent();
  found.no_instructions = callgrind_missing().value_or("");
  const std::vector<step> steps = plan(chosen, workers, found.no_instructions.empty());
  if (steps.empty()) {
    throw std::runtime_error("--filter selects nothing; see --list");
  }
  progress shown(steps.size());
  for (const step& s : steps) {
    shown.step(s.stage, s.what);
    s.run(found);
  }
  return found;
}

} // namespace mallocspy::bench
