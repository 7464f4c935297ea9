// SPDX-License-Identifier: MIT
// mallocspy_bench: runs the workers, and tells how the subjects compare.
#include "driver/chart.hpp"
#include "driver/console.hpp"
#include "driver/json_report.hpp"
#include "driver/options.hpp"
#include "driver/rounds.hpp"
#include "driver/tables.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace {

using namespace mallocspy::bench;

constexpr int exit_missed = 1;
constexpr int exit_could_not_run = 2;

int run(const options& chosen) {
  const peers workers;
  if (chosen.list) {
    if (list_selected(chosen, workers) == 0) {
      throw std::runtime_error("--filter selects nothing");
    }
    return 0;
  }
  for (const std::string& file : {chosen.json_file, chosen.svg_file}) {
    if (!file.empty()) {
      write_file(file, ""); // better told now than after the measurement
    }
  }
  warn_if_busy();
  const results found = measure(chosen, workers);
  const std::vector<verdict> verdicts = judge(found);
  print_tables(found);
  print_targets(verdicts);
  if (!chosen.json_file.empty()) {
    write_json(chosen, found, verdicts);
  }
  if (!chosen.svg_file.empty()) {
    write_file(chosen.svg_file, draw_chart(found));
  }
  const bool missed =
      std::any_of(verdicts.begin(), verdicts.end(), [](const verdict& v) { return v.required && !v.met(); });
  return chosen.check && missed ? exit_missed : 0;
}

} // namespace

int main(int argc, char** argv) {
  try {
    const parsed command = parse_options(argc, argv);
    return command.status ? *command.status : run(command.chosen);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mallocspy_bench: %s\n", error.what());
    return exit_could_not_run;
  }
}
