// SPDX-License-Identifier: MIT
// mallocspy_bench_spies: what each ready-made spy costs. Two tables for each program:
//   * time under the spy / time without one, on the task allocator
//   * time that a spy adds / time that a tool for the same purpose adds to the same source on malloc: the fault injector,
//     armed and not firing, against fiu-run; the guard against AddressSanitizer
// Times are the processor's, taken inside the program; a ratio is one of the least times of all rounds, since what else a
// machine does only adds to them. Beside it stand the lowest and the highest ratio of a round.
#include "driver/subprocess.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace mallocspy::bench;

constexpr const char* spies[] = {
    "spy_base",     "spy_base_serialised", "lambda_spy",  "statistics",   "statistics_exact_peak", "fault_nth",
    "fault_random", "fault_budget",        "fault_under", "leak_tracker", "guard_red_zones_only",  "guard_without_stacks",
    "guard",        "chain_of_nothing",    "chain"};

struct tool {
  const char* name;
  const char* executable;
  std::vector<std::string> before; // what runs it
  std::vector<std::string> rivals; // the spies that are for the same
};

const std::vector<tool>& tools() {
  static const std::vector<tool> all = {
      {"fiu-run",
       "bench_spied_malloc",
       {"fiu-run", "-x", "-c", "enable_random name=libc/mm/*,probability=0"},
       {"fault_nth", "fault_random"}},
      {"AddressSanitizer", "bench_spied_malloc_asan", {}, {"guard", "guard_without_stacks", "guard_red_zones_only"}},
  };
  return all;
}

constexpr double not_there = -1;

class runs {
public:
  runs(std::string folder, std::string program, std::string times)
      : m_folder(std::move(folder)), m_program(std::move(program)), m_times(std::move(times)) {}

  // returns: the seconds that the program printed; not_there if what runs it is not installed
  double seconds(const std::string& executable, std::vector<std::string> command, const std::string& spy) const {
    const bool has_runner = !command.empty();
    command.insert(command.end(), {m_folder + "/" + executable, m_program, m_times});
    if (!spy.empty()) {
      command.push_back(spy);
    }
    const finished ended = run_program(command);
    if ((ended.status == 127 && has_runner) || !std::filesystem::exists(m_folder + "/" + executable)) {
      return not_there;
    }
    const std::size_t at = ended.out.find("seconds ");
    if (ended.status != 0 || at == std::string::npos) {
      throw std::runtime_error(executable + " " + spy + ": " + last_line(ended.err));
    }
    return std::stod(ended.out.substr(at + 8));
  }

private:
  std::string m_folder;
  std::string m_program;
  std::string m_times;
};

// Seconds of one subject, for each round.
struct measured {
  std::vector<double> rounds;

  double least() const {
    return *std::min_element(rounds.begin(), rounds.end());
  }
  bool is_there() const {
    return least() != not_there;
  }
};

// effects: prints the ratio of the least times, and the lowest and the highest one of a round
// ratio: (a function that gets a subject's seconds) -> the ratio
template <class Ratio> void print(const std::string& name, std::size_t rounds, Ratio ratio) {
  std::vector<double> of_rounds;
  for (std::size_t i = 0; i < rounds; ++i) {
    of_rounds.push_back(ratio([i](const measured& m) { return m.rounds[i]; }));
  }
  const auto [lowest, highest] = std::minmax_element(of_rounds.begin(), of_rounds.end());
  std::printf("  %-46s %7.2f (%.2f to %.2f)\n", name.c_str(), ratio([](const measured& m) { return m.least(); }), *lowest,
              *highest);
}

void measure(const runs& program, const std::string& title, std::size_t rounds) {
  measured plain;
  measured on_malloc;
  std::map<std::string, measured> spied;
  std::map<std::string, measured> under_tool;
  for (std::size_t round = 0; round < rounds; ++round) {
    plain.rounds.push_back(program.seconds("bench_spied_task", {}, ""));
    for (const char* spy : spies) {
      spied[spy].rounds.push_back(program.seconds("bench_spied_task", {}, spy));
    }
    on_malloc.rounds.push_back(program.seconds("bench_spied_malloc", {}, ""));
    for (const tool& t : tools()) {
      under_tool[t.name].rounds.push_back(program.seconds(t.executable, t.before, ""));
    }
  }
  std::printf("%s: time under the spy / without one\n", title.c_str());
  for (const char* spy : spies) {
    print(spy, rounds, [&](auto seconds) { return seconds(spied[spy]) / seconds(plain); });
  }
  std::printf("%s: time that the spy adds / that the tool adds on malloc\n", title.c_str());
  for (const tool& t : tools()) {
    for (const std::string& rival : t.rivals) {
      const std::string name = rival + " / " + t.name;
      if (!under_tool[t.name].is_there()) {
        std::printf("  %-46s not installed\n", name.c_str());
        continue;
      }
      print(name, rounds, [&](auto seconds) {
        return (seconds(spied[rival]) - seconds(plain)) / (seconds(under_tool[t.name]) - seconds(on_malloc));
      });
    }
  }
}

} // namespace

int main(int argc, char** argv) {
  try {
    const auto rounds = static_cast<std::size_t>(argc > 1 ? std::max(1, std::atoi(argv[1])) : 5);
    const std::string folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    measure(runs(folder, "expressions", "15"), "expressions", rounds);
#if MALLOCSPY_BENCH_LUA
    measure(runs(folder, "lua", "15"), "lua", rounds);
#endif
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mallocspy_bench_spies: %s\n", error.what());
    return 2;
  }
}
