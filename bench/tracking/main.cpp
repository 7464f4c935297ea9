// SPDX-License-Identifier: MIT
// mallocspy_bench_tracking: what it adds to a program's time to track its blocks with call stacks, by this library and by
// others. The same source is built twice: on malloc for heaptrack and valgrind, on CoTaskMemAlloc for the spies. Times are
// taken inside the program, so what the tools do before and after it does not count.
#include "driver/subprocess.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
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

// returns: the seconds that the program printed; less than 0 if the tool is not installed
double run_once(const way& w, const std::string& own_folder, const std::string& program, const char* times) {
  std::vector<std::string> command = w.before;
  command.push_back(own_folder + (w.on_malloc ? "/bench_tracked_malloc" : "/bench_tracked_task"));
  command.push_back(program);
  command.emplace_back(times);
  if (w.spy != nullptr) {
    command.emplace_back(w.spy);
  }
  const finished ended = run_program(command);
  if (ended.status == 127 && !w.before.empty()) {
    return -1;
  }
  const std::size_t at = ended.out.find("seconds ");
  if (ended.status != 0 || at == std::string::npos) {
    throw std::runtime_error(std::string(w.name) + ": " + last_line(ended.err));
  }
  return std::stod(ended.out.substr(at + 8));
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure(const std::string& program, const std::vector<way>& ways, const std::string& own_folder, int rounds) {
  std::map<std::string, std::vector<double>> relative; // added time, as a multiple of heaptrack's
  std::map<std::string, std::vector<double>> slower;   // time, as a multiple of the program's by itself
  std::vector<const way*> present;
  for (int round = 0; round < rounds; ++round) {
    std::map<std::string, double> seconds;
    for (const way& w : ways) {
      seconds[w.name] = run_once(w, own_folder, program, w.before.empty() ? "30" : "3");
    }
    const double heaptrack = seconds["heaptrack"] - seconds["malloc"];
    for (const way& w : ways) {
      const double plain = w.on_malloc ? seconds["malloc"] : seconds["task allocator"];
      if (seconds[w.name] > 0) {
        slower[w.name].push_back(seconds[w.name] / plain);
        if (seconds["heaptrack"] > 0) {
          relative[w.name].push_back((seconds[w.name] - plain) / heaptrack);
        }
      }
    }
  }
  std::printf("%s\n  %-28s %12s %22s\n", program.c_str(), "", "time / plain", "added / heaptrack's");
  for (const way& w : ways) {
    if (slower[w.name].empty()) {
      std::printf("  %-28s not installed\n", w.name);
    } else if (relative[w.name].empty()) {
      std::printf("  %-28s %12.2f\n", w.name, median(slower[w.name]));
    } else {
      std::printf("  %-28s %12.2f %22.3f\n", w.name, median(slower[w.name]), median(relative[w.name]));
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
