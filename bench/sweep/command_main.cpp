// SPDX-License-Identifier: MIT
// mallocspy_bench_command: what the command takes: sweeps by snapshots, by reruns, and by the loop that people write by
// hand; run against heaptrack; and its start-up. The first argument is the number of rounds.
#include "driver/subprocess.hpp"
#include "sweep/work.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace mallocspy::bench;

const std::string command = MALLOCSPY_COMMAND;
const std::string program = MALLOCSPY_SWEPT_PROGRAM;
const std::string by_hand = MALLOCSPY_FAILING_MALLOC;

double now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double seconds_of(const std::vector<std::string>& words, int expected, const std::string& preload = "") {
  const double began = now();
  const finished ended = run_program(words, preload);
  const double taken = now() - began;
  if (expected >= 0 && ended.status != expected) {
    std::fprintf(stderr, "mallocspy_bench_command: %s ended with %d: %s\n", words[0].c_str(), ended.status,
                 last_line(ended.err).c_str());
    std::exit(2);
  }
  return taken;
}

std::vector<std::string> behind(std::vector<std::string> front, const std::vector<std::string>& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

struct spread {
  std::vector<double> values;
  double median() {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }
  double half_range() {
    std::sort(values.begin(), values.end());
    return (values.back() - values.front()) / 2;
  }
};

// A loop over all allocations, with the library that fails one.
double restart_loop(const std::vector<std::string>& words) {
  const std::string counts = (std::filesystem::temp_directory_path() / "mallocspy_bench_counts").string();
  std::filesystem::remove(counts);
  ::setenv("FAILING_MALLOC_COUNT", counts.c_str(), 1);
  ::unsetenv("FAILING_MALLOC_NTH");
  seconds_of(words, 0, by_hand);
  ::unsetenv("FAILING_MALLOC_COUNT");
  unsigned long count = 0;
  std::ifstream(counts) >> count;
  std::filesystem::remove(counts);
  const double began = now();
  for (unsigned long n = 1; n <= count; ++n) {
    ::setenv("FAILING_MALLOC_NTH", std::to_string(n).c_str(), 1);
    seconds_of(words, -1, by_hand);
  }
  ::unsetenv("FAILING_MALLOC_NTH");
  return now() - began;
}

void sweeps(int rounds) {
  const std::string steps = std::to_string(steps_per_millisecond());
  std::printf(
      "sweep of a program by snapshots, divided by a sweep of it by reruns, and by a loop with a library that fails one\n"
      "allocation in each run and compares nothing\n\n%10s %7s %-10s %22s %22s\n",
      "program", "points", "", "snapshots / reruns", "snapshots / loop");
  for (const int milliseconds : {2, 20, 200}) {
    for (const std::string& how : {std::string("stops"), std::string("tolerates")}) {
      const std::vector<std::string> words = {program, std::to_string(milliseconds), "0", how, steps};
      spread reruns;
      spread loop;
      for (int i = 0; i < (milliseconds == 200 ? 1 : rounds); ++i) {
        const double by_snapshots = seconds_of(behind({command, "sweep", "--"}, words), 0);
        reruns.values.push_back(by_snapshots / seconds_of(behind({command, "sweep", "--replay", "--"}, words), 0));
        loop.values.push_back(by_snapshots / restart_loop(words));
      }
      std::printf("%7d ms %7u %-10s %14.3f +- %.3f %14.3f +- %.3f\n", milliseconds, points_of(milliseconds), how.c_str(),
                  reruns.median(), reruns.half_range(), loop.median(), loop.half_range());
      std::fflush(stdout);
    }
  }
}

// What run adds to a program, divided by what heaptrack adds.
void tracking(int rounds) {
  const std::vector<std::vector<std::string>> programs = {
      {"lua5.4", "-e", "local t={} for i=1,600000 do t[i%5000]={tostring(i)} end"},
      {"sqlite3", ":memory:",
       "create table t(a,b); with recursive n(i) as (select 1 union all select i+1 from n where i<200000) insert into t "
       "select i, "
       "hex(i) from n; select count(*) from t where b like '%3%';"},
  };
  std::printf("\nrun with leaks against heaptrack: time / plain; added / heaptrack's\n\n");
  const std::string folder = (std::filesystem::temp_directory_path() / "mallocspy_bench_heaptrack").string();
  for (const std::vector<std::string>& words : programs) {
    spread slower;
    spread added;
    bool has_rival = true;
    for (int i = 0; i < rounds && has_rival; ++i) {
      const double plain = seconds_of(words, 0);
      const double own = seconds_of(behind({command, "run", "--output", "/dev/null", "--"}, words), 0);
      const double began = now();
      has_rival = run_program(behind({"heaptrack", "-o", folder}, words)).status == 0;
      const double rival = now() - began;
      slower.values.push_back(own / plain);
      added.values.push_back((own - plain) / (rival - plain));
    }
    for (const char* ending : {"", ".gz", ".zst"}) {
      std::filesystem::remove(folder + ending);
    }
    std::printf("%-10s %10.2f", words[0].c_str(), slower.median());
    has_rival ? std::printf(" %10.2f +- %.2f\n", added.median(), added.half_range())
              : std::printf("   heaptrack is not installed\n");
    std::fflush(stdout);
  }
}

void start_up(int rounds) {
  spread ratio;
  for (int i = 0; i < 10 * rounds; ++i) {
    const double plain = seconds_of({"/bin/true"}, 0);
    ratio.values.push_back(seconds_of({command, "run", "--output", "/dev/null", "--", "/bin/true"}, 0) / plain);
  }
  std::printf("\nan empty run: `mallocspy run -- true` / `true`: %.1f times\n", ratio.median());
}

} // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 3;
  // Reruns copy the working directory: it is to be an empty one.
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("mallocspy_bench_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::filesystem::current_path(folder);
  sweeps(rounds);
  tracking(rounds);
  start_up(rounds);
  std::filesystem::current_path("/");
  std::filesystem::remove_all(folder);
  return 0;
}
