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
timing run_once(const way& w, const std::string& own_folder, const std::string& program) {
  const int few = 3;
  const int many = w.before.empty() ? 63 : 13;
  const timing shorter = run(w, own_folder, program, few);
  const timing longer = run(w, own_folder, program, many);
  return {longer.program, (longer.all - shorter.all) / (many - few), (longer.clock - shorter.clock) / (many - few)};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Ratios of one way, a value for each round.
struct ratios {
  std::vector<double> slower;      // time of the program's thread / that of the program by itself
  std::vector<double> added;       // what is added to that / what heaptrack adds
  std::vector<double> added_all;   // the same for the time of all processes
  std::vector<double> added_clock; // the same for the time on the clock
};

void measure(const std::string& program, const std::vector<way>& ways, const std::string& own_folder, int rounds) {
  std::map<std::string, ratios> found;
  for (int round = 0; round < rounds; ++round) {
    std::map<std::string, timing> t;
    for (const way& w : ways) {
      t[w.name] = run_once(w, own_folder, program);
    }
    const timing rival{t["heaptrack"].program - t["malloc"].program, t["heaptrack"].all - t["malloc"].all,
                       t["heaptrack"].clock - t["malloc"].clock};
    for (const way& w : ways) {
      const timing& plain = t[w.on_malloc ? "malloc" : "task allocator"];
      const timing& own = t[w.name];
      if (own.program > 0) {
        found[w.name].slower.push_back(own.program / plain.program);
        if (t["heaptrack"].program > 0) {
          found[w.name].added.push_back((own.program - plain.program) / rival.program);
          found[w.name].added_all.push_back((own.all - plain.all) / rival.all);
          found[w.name].added_clock.push_back((own.clock - plain.clock) / rival.clock);
        }
      }
    }
  }
  std::printf("%s\n  %-28s %14s %22s %18s %14s\n", program.c_str(), "", "time / plain", "added / heaptrack's",
              "of all processes", "on the clock");
  for (const way& w : ways) {
    const ratios& r = found[w.name];
    if (r.slower.empty()) {
      std::printf("  %-28s not installed\n", w.name);
    } else if (r.added.empty()) {
      std::printf("  %-28s %14.2f\n", w.name, median(r.slower));
    } else {
      std::printf("  %-28s %14.2f %22.3f %18.3f %14.3f\n", w.name, median(r.slower), median(r.added), median(r.added_all),
                  median(r.added_clock));
    }
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
