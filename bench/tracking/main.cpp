// SPDX-License-Identifier: MIT
// mallocspy_bench_tracking: what it adds to a program's time to track its blocks with call stacks, by this library and by
// others. The same source is built twice: on malloc for heaptrack and valgrind, on CoTaskMemAlloc for the spies.
#include "driver/subprocess.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace mallocspy::bench;

struct way {
  const char* name;
  bool on_malloc;
  std::vector<std::string> before; // the command that runs the program; empty: none
  const char* spy;
};

struct folder {
  folder() : path(std::filesystem::temp_directory_path() / ("mallocspy_bench_" + std::to_string(getpid()))) {
    std::filesystem::create_directory(path);
  }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  std::filesystem::path path;
};

// Seconds of one run of the program.
struct timing {
  double program; // processor's time of its thread, as it printed it; less than 0: the tool is not installed
  double all;     // processor's time of all processes, those of the tool included
  double clock;   // from its start to its end, the tool's too
};

double now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double processor_time_of_children() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

timing run(const way& w, const std::string& own_folder, const std::string& program, int times) {
  std::vector<std::string> command = w.before;
  command.push_back(own_folder + (w.on_malloc ? "/bench_tracked_malloc" : "/bench_tracked_task"));
  command.push_back(program);
  command.push_back(std::to_string(times));
  if (w.spy != nullptr) {
    command.emplace_back(w.spy);
  }
  const double before = processor_time_of_children();
  const double began = now();
  const finished ended = run_program(command);
  const double took = now() - began;
  if (ended.status == 127 && !w.before.empty()) {
    return {-1, -1, -1};
  }
  const std::size_t at = ended.out.find("seconds ");
  if (ended.status != 0 || at == std::string::npos) {
    throw std::runtime_error(std::string(w.name) + ": " + last_line(ended.err));
  }
  return {std::stod(ended.out.substr(at + 8)), processor_time_of_children() - before, took};
}

// Two lengths, whose difference is what runs cost without start-up and end.
struct two_lengths {
  timing shorter;
  timing longer;
};

constexpr int few = 3;

int many_of(const way& w) {
  return w.before.empty() ? 63 : 13;
}

// Seconds of one run of the program, without start-up and end.
timing cost_of(const two_lengths& t, int many) {
  return {t.longer.program, (t.longer.all - t.shorter.all) / (many - few),
          (t.longer.clock - t.shorter.clock) / (many - few)};
}

timing least(const timing& a, const timing& b) {
  return {std::min(a.program, b.program), std::min(a.all, b.all), std::min(a.clock, b.clock)};
}

// The times of one way: those of each round, and the least of all. What else a machine does only adds to them.
struct measured {
  std::vector<timing> rounds;
  two_lengths shortest{};

  void add(const two_lengths& t, int many) {
    shortest = rounds.empty() ? t : two_lengths{least(shortest.shorter, t.shorter), least(shortest.longer, t.longer)};
    rounds.push_back(cost_of(t, many));
  }
};

// What a way adds to the time of its program / what another one adds to that of its own.
struct added {
  double program;
  double all;
  double clock;
};

added added_of(const timing& own, const timing& plain, const timing& rival, const timing& rivals_plain) {
  return {(own.program - plain.program) / (rival.program - rivals_plain.program),
          (own.all - plain.all) / (rival.all - rivals_plain.all),
          (own.clock - plain.clock) / (rival.clock - rivals_plain.clock)};
}

void measure(const std::string& program, const std::vector<way>& ways, const std::string& own_folder, int rounds) {
  std::map<std::string, measured> found;
  for (int round = 0; round < rounds; ++round) {
    for (const way& w : ways) {
      const timing shorter = run(w, own_folder, program, few);
      found[w.name].add({shorter, run(w, own_folder, program, many_of(w))}, many_of(w));
    }
  }
  std::map<std::string, timing> best;
  for (const way& w : ways) {
    best[w.name] = cost_of(found[w.name].shortest, many_of(w));
  }
  std::printf("%s\n  %-28s %14s %34s %18s %14s\n", program.c_str(), "", "time / plain", "added / heaptrack's (of rounds)",
              "of all processes", "on the clock");
  for (const way& w : ways) {
    const char* plain = w.on_malloc ? "malloc" : "task allocator";
    const timing& own = best[w.name];
    if (own.program < 0) {
      std::printf("  %-28s not installed\n", w.name);
      continue;
    }
    std::printf("  %-28s %14.2f", w.name, own.program / best[plain].program);
    if (best["heaptrack"].program > 0) {
      double lowest = 1e9;
      double highest = -1e9;
      for (std::size_t i = 0; i < found[w.name].rounds.size(); ++i) {
        const added a = added_of(found[w.name].rounds[i], found[plain].rounds[i], found["heaptrack"].rounds[i],
                                 found["malloc"].rounds[i]);
        lowest = std::min(lowest, a.program);
        highest = std::max(highest, a.program);
      }
      const added a = added_of(own, best[plain], best["heaptrack"], best["malloc"]);
      std::printf(" %12.3f (%7.3f to %7.3f) %18.3f %14.3f", a.program, lowest, highest, a.all, a.clock);
    }
    std::printf("\n");
  }
}

} // namespace

int main(int argc, char** argv) {
  try {
    const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 5;
    const std::string own_folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    const folder temporary;
    const std::vector<way> ways = {
        {"malloc", true, {}, nullptr},
        {"heaptrack", true, {"heaptrack", "-o", (temporary.path / "heaptrack").string()}, nullptr},
        {"valgrind", true, {"valgrind", "--quiet", "--leak-check=no", "--num-callers=16"}, nullptr},
        {"task allocator", false, {}, "none"},
        {"a spy that does nothing", false, {}, "pass_through"},
        {"leak_tracker without stacks", false, {}, "leak_tracker_without_stacks"},
        {"leak_tracker, 16 frames", false, {}, "leak_tracker"},
        {"trace, 16 frames", false, {}, "trace"},
    };
    measure("expressions", ways, own_folder, rounds);
#if MALLOCSPY_BENCH_LUA
    measure("lua", ways, own_folder, rounds);
#endif
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mallocspy_bench_tracking: %s\n", error.what());
    return 2;
  }
}
